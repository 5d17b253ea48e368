"""Episodes as they can be seen in segments: how far they got, what they were rewarded."""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from deepracer_ros.experience.segment import Segment
from deepracer_ros.run.progress import ProgressRecord

RECENT = 100
"""Episodes in the recent means."""
COMPLETE = 99.999
"""Progress of a completed lap, %: it is capped at 100 and stored in single precision."""


@dataclass(frozen=True)
class RecentEpisodes:
    """Means over the last episodes; None before the first ended."""

    reward: float | None
    progress: float | None
    lap_rate: float | None


class EpisodeStatistics:
    """Follows the episodes of all cars of all workers through their segments.

    Attributes:
        episodes: Ended so far.
        laps: Of these, completed.
    """

    def __init__(self, earlier: ProgressRecord | None = None) -> None:
        """Begin without any episode, or count on from the last record of the training that is resumed."""
        self.episodes = earlier.episodes if earlier else 0
        self.laps = earlier.laps_completed if earlier else 0
        self._running: dict[tuple[str, int], float] = {}
        self._ended: deque[tuple[float, float]] = deque(maxlen=RECENT)

    def add(self, segments: Sequence[Segment]) -> None:
        """Take in segments; those of one car in their order."""
        for segment in segments:
            car = (segment.worker, segment.car)
            total, start = self._running.get(car, 0.0), 0
            for end in np.flatnonzero(segment.terminated | segment.truncated):
                total += float(segment.reward[start : end + 1].sum())
                progress = float(segment.progress[end])
                self._ended.append((total, progress))
                self.episodes += 1
                self.laps += progress >= COMPLETE
                total, start = 0.0, int(end) + 1
            self._running[car] = total + float(segment.reward[start:].sum())

    def recent(self) -> RecentEpisodes:
        """Return means over the last episodes."""
        if not self._ended:
            return RecentEpisodes(None, None, None)
        reward, progress = np.array(self._ended).T
        return RecentEpisodes(float(reward.mean()), float(progress.mean()), float((progress >= COMPLETE).mean()))
