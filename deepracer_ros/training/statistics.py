"""What can be seen in segments: how far episodes got, what they were rewarded for, and how fast steps come."""

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from deepracer_ros.experience.segment import Segment

RECENT = 100
"""Episodes in the recent means."""
COMPLETE = 99.999
"""Progress of a completed lap, %: it is capped at 100 and stored in single precision."""
RATE_SECONDS = 5.0
"""What a rate is measured over."""


@dataclass(frozen=True)
class RecentEpisodes:
    """Means over the last episodes."""

    reward: float | None = None
    """Mean of the sum of rewards; None before the first episode ended."""
    progress: float | None = None
    """Mean progress at the end, % of a lap; None before the first episode ended."""
    lap_rate: float | None = None
    """Part of the episodes that completed the lap, 0 to 1; None before the first episode ended."""
    terms: Mapping[str, float] = field(default_factory=dict)
    """Mean of the sum of each weighted reward term, by its name; empty before the first episode ended."""


@dataclass
class _Sums:
    """What one episode was rewarded so far."""

    reward: float = 0.0
    terms: dict[str, float] = field(default_factory=dict)

    def add(self, segment: Segment, steps: slice) -> None:
        """Add some steps of a segment."""
        self.reward += _sum(segment.reward, steps)
        for name, values in segment.terms.items():
            self.terms[name] = self.terms.get(name, 0.0) + _sum(values, steps)


@dataclass(frozen=True)
class _Episode:
    """An episode that ended."""

    sums: _Sums
    progress: float


class EpisodeStatistics:
    """Follows the episodes of all cars of all workers through their segments.

    Attributes:
        episodes: Ended so far.
        laps: Ended with the lap complete so far.
    """

    def __init__(self, episodes: int = 0, laps: int = 0) -> None:
        """Begin without any episode, or count on from a training that is resumed.

        Args:
            episodes: Ended before.
            laps: Ended before with the lap complete.
        """
        self.episodes, self.laps = episodes, laps
        self._running: dict[tuple[str, int], _Sums] = {}
        self._ended: deque[_Episode] = deque(maxlen=RECENT)

    def add(self, segments: Sequence[Segment]) -> None:
        """Take in segments; those of one car in their order."""
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
        """Return means over the last episodes."""
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
    """What the trainer did, for diagnostics."""

    updates: int = 0
    """Updates since this process began."""
    waited_seconds: float = 0.0
    """Waiting for experience, in all."""


class Rate:
    """How fast a count grows, over the last few seconds.

    Attributes:
        value: Per second; 0 before anything was counted.
    """

    def __init__(self, seconds: float = RATE_SECONDS) -> None:
        """Measure over so many seconds."""
        self.value = 0.0
        self._seconds = seconds
        self._seen: deque[tuple[float, float]] = deque()

    def add(self, now: float, count: float) -> float:
        """Take in a count and return the rate.

        Args:
            now: When it was read, s, ascending.
            count: What is counted, ascending.
        """
        self._seen.append((now, count))
        while len(self._seen) > 2 and self._seen[1][0] <= now - self._seconds:
            self._seen.popleft()
        since, before = self._seen[0]
        self.value = (count - before) / (now - since) if now > since else 0.0
        return self.value
