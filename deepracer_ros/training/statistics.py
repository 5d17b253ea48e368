# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""Statistics of a training: returns and progress of episodes, counts, and rates."""

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from deepracer_ros.experience.segment import Segment

RECENT = 100
"""Number of episodes in the means of recent episodes."""
COMPLETE = 99.999
"""Progress from which a lap counts as complete, %; below 100 because progress is stored in single precision."""
RATE_SECONDS = 5.0
"""Time over which a rate is measured, s."""


@dataclass(frozen=True)
class RecentEpisodes:
    """Means over the last `RECENT` episodes."""

    reward: float | None = None
    """Mean return (sum of rewards); None before the first episode ended."""
    progress: float | None = None
    """Mean progress at the end of an episode, % of a lap; None before the first episode ended."""
    lap_rate: float | None = None
    """Fraction of the episodes that completed the lap, 0 to 1; None before the first episode ended."""
    terms: Mapping[str, float] = field(default_factory=dict)
    """Mean sum of each weighted reward term, by name; empty before the first episode ended."""


@dataclass
class _Sums:
    """Sums of reward and reward terms of one episode so far."""

    reward: float = 0.0
    terms: dict[str, float] = field(default_factory=dict)

    def add(self, segment: Segment, steps: slice) -> None:
        """Add steps of a segment."""
        self.reward += _sum(segment.reward, steps)
        for name, values in segment.terms.items():
            self.terms[name] = self.terms.get(name, 0.0) + _sum(values, steps)


@dataclass(frozen=True)
class _Episode:
    """An episode that has ended."""

    sums: _Sums
    progress: float


class EpisodeStatistics:
    """Statistics of the episodes of all cars and workers, computed from their segments.

    Attributes:
        episodes: Number of episodes that have ended.
        laps: Number of episodes that ended with a complete lap.
    """

    def __init__(self, episodes: int = 0, laps: int = 0) -> None:
        """Start without episodes, or with the counts of a training that resumes.

        Args:
            episodes: Number of episodes that ended before.
            laps: Number of episodes that ended before with a complete lap.
        """
        self.episodes, self.laps = episodes, laps
        self._running: dict[tuple[str, int], _Sums] = {}
        self._ended: deque[_Episode] = deque(maxlen=RECENT)

    def add(self, segments: Sequence[Segment]) -> None:
        """Add segments; the segments of one car must come in order."""
        for segment in segments:
            car = (segment.worker, segment.car)
            sums, start = self._running.get(car) or _Sums(), 0
            for end in np.flatnonzero(segment.terminated | segment.truncated):
                sums.add(segment, slice(start, int(end) + 1))
                progress = float(segment.progress[end])
                self._ended.append(_Episode(sums, progress))
                self.episodes += 1
                self.laps += progress >= COMPLETE
                sums, start = _Sums(), int(end) + 1
            sums.add(segment, slice(start, None))
            self._running[car] = sums

    def recent(self) -> RecentEpisodes:
        """Return the means over the last `RECENT` episodes."""
        if not self._ended:
            return RecentEpisodes()
        progress = np.array([episode.progress for episode in self._ended])
        names = dict.fromkeys(name for episode in self._ended for name in episode.sums.terms)
        return RecentEpisodes(
            float(np.mean([episode.sums.reward for episode in self._ended])),
            float(progress.mean()),
            float((progress >= COMPLETE).mean()),
            {name: float(np.mean([e.sums.terms.get(name, 0.0) for e in self._ended])) for name in names},
        )


def _sum(values: NDArray[np.float32], steps: slice) -> float:
    return float(values[steps].sum(dtype=np.float64))


@dataclass
class TrainerCounts:
    """Counts of a trainer since its process started, for diagnostics."""

    updates: int = 0
    """Number of updates since the process started."""
    waited_seconds: float = 0.0
    """Total time of waiting for experience, s."""


class Rate:
    """The growth rate of a count over the last few seconds.

    Attributes:
        value: Growth of the count per second; 0 before the second count.
    """

    def __init__(self, seconds: float = RATE_SECONDS) -> None:
        """Measure over the last `seconds` s."""
        self.value = 0.0
        self._seconds = seconds
        self._seen: deque[tuple[float, float]] = deque()

    def add(self, now: float, count: float) -> float:
        """Add a count and return the rate per second.

        Args:
            now: Time of the count, s, ascending.
            count: Value of the count, ascending.
        """
        self._seen.append((now, count))
        while len(self._seen) > 2 and self._seen[1][0] <= now - self._seconds:
            self._seen.popleft()
        since, before = self._seen[0]
        self.value = (count - before) / (now - since) if now > since else 0.0
        return self.value
