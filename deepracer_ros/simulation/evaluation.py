# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""Evaluation: every car of an environment drives one episode; the results are collected."""

import time
from collections.abc import Callable
from math import inf

import numpy as np
from numpy.typing import NDArray

from deepracer_ros.race.status import Status
from deepracer_ros.simulation.attempts import Attempt, Evaluation, Trajectory
from deepracer_ros.simulation.course import Course
from deepracer_ros.simulation.environment import Outcome
from deepracer_ros.simulation.sensors import Observations
from deepracer_ros.simulation.simulator import CarStates

Floats = NDArray[np.float64]
Driver = Callable[[Observations], tuple[Floats, Floats]]
"""A function from observations (N, *shape) by sensor to steering angles (N,), rad, + left, and speeds (N,), m/s."""


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
        self._lap_times: list[list[float]] = [[] for _ in self._tracks]
        self._failures: list[list[Status]] = [[] for _ in self._tracks]
        self._laps_to_drive = environment.laps
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
        for car in np.flatnonzero(running & (verdict.lap > self._laps) & ~verdict.terminated):
            self._lap_times[car].append(float(verdict.lap_seconds[car]))
        for car in np.flatnonzero(running & verdict.put_back):
            self._failures[car].append(Status(verdict.status[car]))
        for mine, new in (
            (self._status, verdict.status),
            (self._progress, verdict.progress),
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
        trajectory = Trajectory(*history[:, car, : steps + 1]) if history is not None else None
        progress, start = float(self._progress[car]), float(self._start[car])
        reward, objects = float(self._reward[car]), self._objects[car]
        return Attempt(
            self._tracks[car], start, status, progress, tuple(self._lap_times[car]), steps, trajectory, objects, reward,
            self._laps_to_drive, tuple(self._failures[car]),
        )  # fmt: skip


def _motion(states: CarStates) -> Floats:
    """Return a copy (4, N) of the states that a `Trajectory` records."""
    return np.stack([states.x, states.y, states.speed, states.steering])
