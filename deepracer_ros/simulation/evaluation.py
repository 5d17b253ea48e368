# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""Evaluation: every car of an environment drives one episode; the results are collected."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from math import inf

import numpy as np
from numpy.typing import NDArray

from deepracer_ros.race.status import Status
from deepracer_ros.simulation.course import Course
from deepracer_ros.simulation.environment import Outcome
from deepracer_ros.simulation.sensors import Observations
from deepracer_ros.simulation.simulator import CarStates

Floats = NDArray[np.float64]
Driver = Callable[[Observations], tuple[Floats, Floats]]
"""A function from observations (N, *shape) by sensor to steering angles (N,), rad, + left, and speeds (N,), m/s."""


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
        lap_seconds: Time of the last lap, s of simulation; None if the laps were not completed.
        steps: Number of steps of the episode.
        trajectory: Motion of the car; None if it was not recorded.
        objects: (K, 3) poses x, y, m, and yaw, rad, of the objects on the road.
        reward: Sum of the rewards.
    """

    track: str
    start: float
    status: Status
    progress: float
    lap_seconds: float | None
    steps: int
    trajectory: Trajectory | None = None
    objects: Floats = field(default_factory=lambda: np.zeros((0, 3)))
    reward: float = 0.0

    @property
    def completed(self) -> bool:
        """Whether the car completed its laps."""
        return self.status == Status.LAP_COMPLETE


@dataclass(frozen=True, eq=False)
class Evaluation:
    """Results of an evaluation.

    Attributes:
        attempts: One attempt per car, in the order of the cars.
    """

    attempts: tuple[Attempt, ...]

    @property
    def laps_attempted(self) -> int:
        """Number of attempts."""
        return len(self.attempts)

    @property
    def laps_completed(self) -> int:
        """Number of attempts that completed their lap."""
        return len(self._lap_seconds)

    @property
    def all_completed(self) -> bool:
        """Whether every attempt completed its lap."""
        return self.laps_completed == self.laps_attempted

    @property
    def mean_lap_seconds(self) -> float | None:
        """Mean time of the completed laps, s of simulation; None if no lap was completed."""
        return float(np.mean(self._lap_seconds)) if self._lap_seconds else None

    @property
    def best_lap_seconds(self) -> float | None:
        """Time of the fastest lap, s of simulation; None if no lap was completed."""
        return min(self._lap_seconds, default=None)

    @property
    def mean_progress(self) -> float:
        """Mean progress of the attempts, %."""
        return float(np.mean([attempt.progress for attempt in self.attempts]))

    @property
    def mean_reward(self) -> float:
        """Mean of the attempts' sums of rewards."""
        return float(np.mean([attempt.reward for attempt in self.attempts]))

    @cached_property
    def _lap_seconds(self) -> list[float]:
        return [attempt.lap_seconds for attempt in self.attempts if attempt.completed and attempt.lap_seconds]


def evaluate(
    environment: Course,
    driver: Driver,
    *,
    stop_on_failure: bool = False,
    record: bool = False,
    timeout_seconds: float = inf,
) -> Evaluation:
    """Drive one episode of every car to its end and return the results.

    Args:
        environment: The cars on their tracks; its referee should use `RefereeConfig.for_evaluation()`.
        driver: Computes the commands of all cars from their observations.
        stop_on_failure: Whether to stop at the first car that does not complete its lap.
        record: Whether to record trajectories.
        timeout_seconds: Wall-clock time after which to stop, s; the rules of an episode end it in any case.
    """
    deadline = time.monotonic() + timeout_seconds
    outcome = environment.reset()
    tally = Tally(environment, outcome, record=record)
    while not tally.ended.all() and time.monotonic() < deadline:
        outcome = environment.step(*driver(outcome.observations))
        tally.update(outcome)
        if stop_on_failure and tally.failed.any():
            break
    return tally.evaluation()


class Tally:
    """Collects the results of the first episode of every car, outcome by outcome.

    Attributes:
        ended: Whether each car's episode is over (N,).
    """

    def __init__(self, environment: Course, outcome: Outcome, *, record: bool = False) -> None:
        """Begin with the outcome of a reset.

        Args:
            environment: The cars on their tracks.
            outcome: Outcome of the environment's reset, the start of every car's episode.
            record: Whether to record trajectories.
        """
        verdict = outcome.verdict
        self.ended: NDArray[np.bool_] = np.zeros(len(verdict.status), dtype=bool)
        self._tracks = [environment.tracks[track].name for track in environment.car_track]
        self._start, self._objects = verdict.station.copy(), environment.objects.copy()
        self._status = verdict.status.copy()
        self._progress = verdict.progress.copy()
        self._lap_seconds = verdict.lap_seconds.copy()
        self._steps = verdict.step.copy()
        self._laps = verdict.lap.copy()
        self._reward = verdict.reward.copy()
        self._driven = [_motion(outcome.states)] if record else []

    @property
    def failed(self) -> NDArray[np.bool_]:
        """Whether each car's episode ended without a completed lap (N,)."""
        failed: NDArray[np.bool_] = self.ended & (self._status != Status.LAP_COMPLETE)
        return failed

    @property
    def laps(self) -> int:
        """Number of laps that all cars together have completed, also within an episode of several laps."""
        return int(self._laps.sum())

    def update(self, outcome: Outcome) -> None:
        """Add the outcome of the next step.

        Args:
            outcome: Outcome of the environment's step.
        """
        running, verdict = ~self.ended, outcome.verdict
        for mine, new in (
            (self._status, verdict.status),
            (self._progress, verdict.progress),
            (self._lap_seconds, verdict.lap_seconds),
            (self._steps, verdict.step),
            (self._laps, verdict.lap),
        ):
            np.copyto(mine, new, where=running)
        self._reward += np.where(running, verdict.reward, 0.0)
        self.ended |= verdict.ended
        if self._driven:
            self._driven.append(_motion(outcome.states))

    def evaluation(self) -> Evaluation:
        """Return the results up to now."""
        history = np.stack(self._driven, axis=-1) if self._driven else None
        return Evaluation(tuple(self._attempt(car, history) for car in range(len(self._tracks))))

    def _attempt(self, car: int, history: Floats | None) -> Attempt:
        """Return the result of one car; `history` is (4, N, steps + 1) or None."""
        status, steps = Status(self._status[car]), int(self._steps[car])
        seconds = float(self._lap_seconds[car]) if status == Status.LAP_COMPLETE else None
        trajectory = Trajectory(*history[:, car, : steps + 1]) if history is not None else None
        progress, start = float(self._progress[car]), float(self._start[car])
        reward, objects = float(self._reward[car]), self._objects[car]
        return Attempt(self._tracks[car], start, status, progress, seconds, steps, trajectory, objects, reward)


def _motion(states: CarStates) -> Floats:
    """Return a copy (4, N) of the states that a `Trajectory` records."""
    return np.stack([states.x, states.y, states.speed, states.steering])
