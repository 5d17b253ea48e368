"""Evaluation: every car of an environment drives one episode, and what came of it is counted."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from math import inf
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from deepracer_ros.race.referee import Verdict
from deepracer_ros.race.status import Status
from deepracer_ros.race.track import Track
from deepracer_ros.simulation.environment import Outcome
from deepracer_ros.simulation.sensors import Observations
from deepracer_ros.simulation.simulator import CarStates

Floats = NDArray[np.float64]
Driver = Callable[[Observations], tuple[Floats, Floats]]
"""Observations (N, *shape) by sensor to (N,) steering angles, rad, + left, and (N,) speeds, m/s."""


class Course(Protocol):
    """What an evaluation drives on; `simulation.environment.Environment` is one."""

    @property
    def tracks(self) -> Sequence[Track]:
        """The tracks."""

    @property
    def car_track(self) -> NDArray[np.int64]:
        """(N,) the index of each car's track."""

    @property
    def objects(self) -> Floats:
        """(N, K, 3) poses x, y, m, and yaw, rad, of what stands on each car's road now."""

    def reset(self) -> Outcome:
        """Start a new episode of every car."""

    def step(self, steering: Floats, speed: Floats) -> Outcome:
        """Drive for one control period."""


@dataclass(frozen=True, eq=False)
class Trajectory:
    """What one car drove, from its start to the end of its episode; arrays (steps + 1,).

    Attributes:
        x: m.
        y: m.
        speed: Measured, m/s.
        steering: Measured, rad, + left.
    """

    x: Floats
    y: Floats
    speed: Floats
    steering: Floats


@dataclass(frozen=True, eq=False)
class Attempt:
    """One episode of one car.

    Attributes:
        track: Name of the track.
        start: Arc length where the car's front started, m.
        status: How the episode ended; IN_PROGRESS if the evaluation was stopped before.
        progress: Of the lap, %.
        lap_seconds: Time of the lap, s of simulation; None if it was not completed.
        steps: Of the episode.
        trajectory: What was driven, if it was recorded.
        objects: (K, 3) poses x, y, m, and yaw, rad, of what stood on the road.
    """

    track: str
    start: float
    status: Status
    progress: float
    lap_seconds: float | None
    steps: int
    trajectory: Trajectory | None = None
    objects: Floats = field(default_factory=lambda: np.zeros((0, 3)))

    @property
    def completed(self) -> bool:
        """Whether the lap was completed."""
        return self.status == Status.LAP_COMPLETE


@dataclass(frozen=True, eq=False)
class Evaluation:
    """What came of every attempt.

    Attributes:
        attempts: One of each car, in the order of the cars.
    """

    attempts: tuple[Attempt, ...]

    @property
    def laps_attempted(self) -> int:
        """How many attempts were made."""
        return len(self.attempts)

    @property
    def laps_completed(self) -> int:
        """How many of them completed their lap."""
        return len(self._lap_seconds)

    @property
    def all_completed(self) -> bool:
        """Whether every lap was completed."""
        return self.laps_completed == self.laps_attempted

    @property
    def mean_lap_seconds(self) -> float | None:
        """Mean time of the completed laps, s of simulation; None if there is none."""
        return float(np.mean(self._lap_seconds)) if self._lap_seconds else None

    @property
    def best_lap_seconds(self) -> float | None:
        """Time of the fastest lap, s of simulation; None if there is none."""
        return min(self._lap_seconds, default=None)

    @property
    def mean_progress(self) -> float:
        """Mean progress of the attempts, %."""
        return float(np.mean([attempt.progress for attempt in self.attempts]))

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
    """Let every car drive its first episode to the end.

    Args:
        environment: Its referee should have a `RefereeConfig.for_evaluation()`.
        driver: Drives all cars.
        stop_on_failure: Stop at the first failure: enough to know that not every lap is complete.
        record: Keep what was driven.
        timeout_seconds: Stop after this time of the clock on the wall, s; the rules end every episode anyway.
    """
    deadline = time.monotonic() + timeout_seconds
    outcome = environment.reset()
    verdict = outcome.verdict
    start, objects = verdict.station.copy(), environment.objects.copy()
    final = _Final(verdict)
    driven = [_motion(outcome.states)] if record else []
    while not final.ended.all() and time.monotonic() < deadline:
        outcome = environment.step(*driver(outcome.observations))
        final.update(outcome.verdict)
        if record:
            driven.append(_motion(outcome.states))
        if stop_on_failure and final.failed.any():
            break
    tracks = [environment.tracks[track].name for track in environment.car_track]
    history = np.stack(driven, axis=-1) if record else None
    attempts = [final.attempt(car, name, start[car], objects[car], history) for car, name in enumerate(tracks)]
    return Evaluation(tuple(attempts))


class _Final:
    """The last verdict on the first episode of every car."""

    def __init__(self, verdict: Verdict) -> None:
        self.ended: NDArray[np.bool_] = np.zeros(len(verdict.status), dtype=bool)
        self._status = verdict.status.copy()
        self._progress = verdict.progress.copy()
        self._lap_seconds = verdict.lap_seconds.copy()
        self._steps = verdict.step.copy()

    @property
    def failed(self) -> NDArray[np.bool_]:
        """(N,) whose episode ended without its lap."""
        failed: NDArray[np.bool_] = self.ended & (self._status != Status.LAP_COMPLETE)
        return failed

    def update(self, verdict: Verdict) -> None:
        """Take in a verdict; a car whose first episode is over is left as it ended."""
        running = ~self.ended
        for mine, new in (
            (self._status, verdict.status),
            (self._progress, verdict.progress),
            (self._lap_seconds, verdict.lap_seconds),
            (self._steps, verdict.step),
        ):
            np.copyto(mine, new, where=running)
        self.ended |= verdict.ended

    def attempt(self, car: int, track: str, start: float, objects: Floats, history: Floats | None) -> Attempt:
        """Return what came of one car among `objects` (K, 3); `history` is (4, N, steps + 1)."""
        status, steps = Status(self._status[car]), int(self._steps[car])
        seconds = float(self._lap_seconds[car]) if status == Status.LAP_COMPLETE else None
        trajectory = Trajectory(*history[:, car, : steps + 1]) if history is not None else None
        progress = float(self._progress[car])
        return Attempt(track, float(start), status, progress, seconds, steps, trajectory, objects)


def _motion(states: CarStates) -> Floats:
    """Return a copy (4, N) of what a `Trajectory` holds."""
    return np.stack([states.x, states.y, states.speed, states.steering])
