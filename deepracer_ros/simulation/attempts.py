# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""Results of an evaluation: the attempt of each car, and what all of them together show."""

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from deepracer_ros.race.status import Status

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Trajectory:
    """Motion of one car from the start to the end of its episode; arrays have the shape (steps + 1,).

    Attributes:
        x: World position of base_link along x, m.
        y: World position of base_link along y, m.
        speed: Measured longitudinal speed, m/s.
        steering: Measured steering angle, rad, + left.
    """

    x: Floats
    y: Floats
    speed: Floats
    steering: Floats


@dataclass(frozen=True, eq=False)
class Attempt:
    """Result of one episode of one car.

    Attributes:
        track: Name of the track.
        start: Arc length at the car's front at the start, m.
        status: Status at the end of the episode; IN_PROGRESS if the evaluation stopped before the end.
        progress: Progress of the lap, %.
        lap_times: Time of each completed lap, with its penalties, s of simulation.
        steps: Number of steps of the episode.
        trajectory: Motion of the car; None if it was not recorded.
        objects: (K, 3) poses x, y, m, and yaw, rad, of the objects on the road.
        reward: Sum of the rewards.
        laps: Number of laps to drive.
        failures: Failures after which the car was put back on the road, in their order.
    """

    track: str
    start: float
    status: Status
    progress: float
    lap_times: tuple[float, ...]
    steps: int
    trajectory: Trajectory | None = None
    objects: Floats = field(default_factory=lambda: np.zeros((0, 3)))
    reward: float = 0.0
    laps: int = 1
    failures: tuple[Status, ...] = ()

    @property
    def lap_seconds(self) -> float | None:
        """Time of the last lap, s of simulation; None if the laps were not completed."""
        return self.lap_times[-1] if self.completed else None

    @property
    def completed(self) -> bool:
        """Whether the car completed its laps."""
        return self.status == Status.LAP_COMPLETE


@dataclass(frozen=True, eq=False)
class Evaluation:
    """Results of an evaluation.

    Attributes:
        attempts: One attempt per car, in the order of the cars.
        optimal_lap_seconds: Time of the one track's time-optimal lap, s; None if it is not known.
    """

    attempts: tuple[Attempt, ...]
    optimal_lap_seconds: float | None = None

    @property
    def laps_attempted(self) -> int:
        """Number of laps to drive in all attempts."""
        return sum(attempt.laps for attempt in self.attempts)

    @property
    def laps_completed(self) -> int:
        """Number of completed laps in all attempts."""
        return len(self.lap_times)

    @property
    def all_completed(self) -> bool:
        """Whether every attempt completed its laps."""
        return self.laps_completed == self.laps_attempted

    @property
    def mean_lap_seconds(self) -> float | None:
        """Mean time of the completed laps, s of simulation; None if no lap was completed."""
        return float(np.mean(self.lap_times)) if self.lap_times else None

    @property
    def best_lap_seconds(self) -> float | None:
        """Time of the fastest lap, s of simulation; None if no lap was completed."""
        return min(self.lap_times, default=None)

    @property
    def mean_progress(self) -> float:
        """Mean progress of the attempts, %."""
        return float(np.mean([attempt.progress for attempt in self.attempts]))

    @property
    def mean_reward(self) -> float:
        """Mean of the attempts' sums of rewards."""
        return float(np.mean([attempt.reward for attempt in self.attempts]))

    @cached_property
    def lap_times(self) -> tuple[float, ...]:
        """Time of every completed lap, s of simulation."""
        return tuple(time for attempt in self.attempts for time in attempt.lap_times)
