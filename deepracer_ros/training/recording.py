# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""Assembly of the control steps of all cars and their division into segments."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from deepracer_ros.experience.segment import Segment
from deepracer_ros.race.status import Status
from deepracer_ros.simulation.sensors import SensorSpec

Command = tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64], int]
"""Command of all cars: steering (N,), rad, speed (N,), m/s, log-probability (N,), and the version of the model."""


@dataclass(eq=False)
class Step:
    """The parts of one control step that have arrived; the step is complete when all parts are present.

    Attributes:
        observations: (N, *shape) observations by sensor name.
        verdict: (N,) structured array: reward, reward terms, progress, status, terminated, truncated, track; None
            until it arrives.
        command: Steering (N,), speed (N,), log-probability (N,) and model version of the answer to the observations;
            None until it arrives.
    """

    observations: dict[str, NDArray[Any]] = field(default_factory=dict)
    verdict: NDArray[np.void] | None = None
    command: Command | None = None


class SegmentCutter:
    """Assembles control steps in order and divides them into segments of T steps, for all N cars at once.

    Attributes:
        dropped_steps: Number of steps that were dropped because a part of them, or of an earlier step, is missing.
    """

    def __init__(
        self,
        tracks: Sequence[str],
        worker: str,
        steps: int,
        sensors: Mapping[str, SensorSpec],
        terms: Sequence[str] = (),
    ) -> None:
        """Start with an empty segment.

        Args:
            tracks: Names of the tracks of the simulation job; `verdict["track"]` is an index into them.
            worker: Unique name of this recorder.
            steps: T, the number of steps in one segment.
            sensors: Sensors that are recorded, by name.
            terms: Names of the reward terms; the verdict has a field `term_NAME` for each.
        """
        self._tracks, self._worker, self._length = tracks, worker, steps
        self._sensors, self._terms = dict(sensors), tuple(terms)
        self._pending: dict[int, Step] = {}
        self._next = -1
        self._start: int | None = None
        self._sequence = 0
        self._filled = 0
        self._buffer: _Buffer | None = None
        self.dropped_steps = 0

    def take_start(self) -> int | None:
        """Return the first step of the current sequence once, None afterwards; earlier steps will not be recorded."""
        start, self._start = self._start, None
        return start

    def step(self, number: int) -> Step | None:
        """Return the step with this number to add a part to it; None if the step has passed."""
        if number < self._next - 1:  # observations repeat, but only a restarted simulation goes back
            self._give_up({})
        if number < self._next:
            return None
        if len(self._pending) > 2 * self._length and number not in self._pending:
            self._give_up({})
        return self._pending.setdefault(number, Step())

    def _is_complete(self, step: Step) -> bool:
        return step.verdict is not None and step.command is not None and len(step.observations) == len(self._sensors)

    def _give_up(self, kept: dict[int, Step]) -> None:
        """Drop all steps except `kept` and the open segment; recording starts again at the next complete step."""
        self.dropped_steps += len(self._pending) - len(kept) + self._filled
        self._pending, self._buffer, self._filled, self._next = kept, None, 0, -1

    def cut(self) -> tuple[int, list[Segment]] | None:
        """Process complete steps until a segment of every car is full; call repeatedly until it returns None.

        The last observation of a segment is also the first observation of the next one.

        Returns:
            The number of the last step and one segment per car, or None if there are not enough complete steps.
        """
        while (step := self._next_complete()) is not None:
            number = self._next
            if self._filled < self._length:
                del self._pending[number]
                self._next += 1
                self._put(step)
                continue
            assert self._buffer is not None
            self._buffer.put_outcome(self._length, step)
            segments = self._buffer.segments(self._tracks, self._worker, self._sequence)
            # The step stays pending: it begins the next segment.
            self._buffer, self._filled = None, 0
            self._sequence += 1
            return number, segments
        return None

    def _next_complete(self) -> Step | None:
        """Return the expected step if it is complete, or the first complete one if the expected step cannot complete.

        Every topic keeps its order. So if a later step is complete, a step with a missing part stays incomplete.
        """
        step = self._pending.get(self._next)
        if step is not None and self._is_complete(step):
            return step
        first = min((number for number, later in self._pending.items() if self._is_complete(later)), default=None)
        if first is None:
            return None
        self._give_up({number: later for number, later in self._pending.items() if number >= first})
        self._next = self._start = first
        return self._pending[first]

    def _put(self, step: Step) -> None:
        if self._buffer is None:
            assert step.command is not None
            self._buffer = _Buffer(self._sensors, self._terms, len(step.command[0]), self._length)
        self._buffer.put_outcome(self._filled, step)
        self._buffer.put_command(self._filled, step)
        self._filled += 1


class _Buffer:
    """Arrays for T + 1 observations and T steps of N cars."""

    def __init__(self, sensors: Mapping[str, SensorSpec], terms: tuple[str, ...], cars: int, steps: int) -> None:
        self._observations = {
            name: np.empty((cars, steps + 1, *spec.shape), spec.dtype) for name, spec in sensors.items()
        }
        names = ("steering", "speed", "reward", "log_probability", "progress")
        self._floats = {name: np.zeros((cars, steps), np.float32) for name in names}
        self._flags = {name: np.zeros((cars, steps), np.uint8) for name in ("terminated", "truncated", "valid")}
        self._terms = {name: np.zeros((cars, steps), np.float32) for name in terms}
        self._track: NDArray[np.int64] = np.zeros(cars, np.int64)
        self._version = np.iinfo(np.int64).max

    def put_outcome(self, t: int, step: Step) -> None:
        """Store observation t, and the outcome of step t - 1."""
        verdict = step.verdict
        assert verdict is not None
        for name, block in self._observations.items():
            block[:, t] = step.observations[name]
        self._track = verdict["track"]
        if t == 0:
            return
        for name in ("reward", "progress"):
            self._floats[name][:, t - 1] = verdict[name]
        for name in ("terminated", "truncated"):
            self._flags[name][:, t - 1] = verdict[name]
        for name, values in self._terms.items():
            values[:, t - 1] = verdict[f"term_{name}"]
        # No action leads to the start of an episode, or to the place where a car is put back.
        self._flags["valid"][:, t - 1] = (verdict["status"] != Status.PREPARE) & (verdict["status"] != Status.PAUSE)

    def put_command(self, t: int, step: Step) -> None:
        """Store the command that answered observation t."""
        assert step.command is not None
        *commands, version = step.command
        for name, values in zip(("steering", "speed", "log_probability"), commands, strict=True):
            self._floats[name][:, t] = values
        self._version = min(self._version, version)

    def segments(self, tracks: Sequence[str], worker: str, sequence: int) -> list[Segment]:
        """Return one segment per car; the arrays are views of this buffer."""
        return [
            Segment(
                observations={name: block[car] for name, block in self._observations.items()},
                **{name: array[car] for name, array in (self._floats | self._flags).items()},
                model_version=int(self._version),
                track=tracks[int(self._track[car])],
                worker=worker,
                car=car,
                sequence=sequence,
                terms={name: values[car] for name, values in self._terms.items()},
            )
            for car in range(len(self._track))
        ]
