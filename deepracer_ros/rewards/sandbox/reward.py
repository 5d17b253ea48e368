# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""A user's reward function as a `Reward`, computed in a sandboxed process."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from deepracer_ros.errors import InputError
from deepracer_ros.race.episode import EpisodeTable
from deepracer_ros.race.track import Track
from deepracer_ros.race.vehicle import read_vehicle
from deepracer_ros.rewards.names import FUNCTION
from deepracer_ros.rewards.output import Printed, RewardOutput
from deepracer_ros.rewards.params import Eye
from deepracer_ros.rewards.sandbox import wire
from deepracer_ros.rewards.sandbox.confinement import Confinement, find_confinement
from deepracer_ros.rewards.sandbox.process import LostError, Process
from deepracer_ros.rewards.source import RewardError

Floats = NDArray[np.float64]


class SandboxedReward:
    """A `Reward` with one term, computed by a user's `reward_function(params)` in a process of its own.

    A process that dies or is stuck is replaced once; the functions in the new one begin without the values that they
    kept. The process ends with this object, and with the process that holds it.
    """

    names: tuple[str, ...] = (FUNCTION,)

    def __init__(
        self,
        path: Path,
        output: RewardOutput | None = None,
        *,
        confinement: Confinement | None = None,
        replacements: int = 1,
        wait: bool = True,
    ) -> None:
        """Start the process and load the file in it.

        Args:
            path: A Python file that defines `reward_function(params)`.
            output: Receives what the first car's function prints; by default it is printed.
            confinement: The means by which the process is confined; by default all that the machine has.
            replacements: How often a process that has died or is stuck is replaced.
            wait: Whether to wait until the file is loaded; otherwise `wait` must be called before the first reward.

        Raises:
            InputError: if the file cannot be read, is not Python, raises an error, or does not define the function.
        """
        self._path, self._output = path, output or Printed()
        self._eye = Eye.of(read_vehicle())
        self._confinement, self._replacements = confinement or find_confinement(), replacements
        self._tracks: Sequence[Track] = ()
        self._process = self._start()
        if wait:
            self.wait()

    def wait(self) -> None:
        """Wait until the file is loaded in the process.

        Raises:
            InputError: if the file cannot be read, is not Python, raises an error, or does not define the function.
        """
        try:
            greeting = self._process.await_greeting()
        except LostError as lost:
            raise RewardError(f"{lost}, expected a file with {FUNCTION}(params)") from None
        if greeting[:1] == wire.ERROR:
            try:
                message = _one_line(wire.unpack_fields(greeting).get("message"))
            except ValueError as error:
                message = f"{self._path}: its process answered wrongly: {error}"
            self._process.close()
            raise InputError(message)

    def __call__(self, episodes: EpisodeTable, tracks: Sequence[Track]) -> Floats:
        """Return the rewards (1, N) of N cars; 0 for a car at its start, for which the function is not called.

        Args:
            episodes: State of the cars' episodes.
            tracks: The tracks that `episodes.track` refers to.

        Raises:
            RewardError: if the function fails, or its process dies or is stuck too often.
        """
        try:
            return self._ask(episodes, tracks)
        except LostError as lost:
            if self._replacements == 0:
                raise RewardError(f"{lost}, expected {FUNCTION}(params) to return a number") from None
            self._replacements -= 1
            self._output.warn(f"{lost}; replaced by a new process")
            self._process, self._tracks = self._start(), ()
            self.wait()
        return self(episodes, tracks)

    def _ask(self, episodes: EpisodeTable, tracks: Sequence[Track]) -> Floats:
        if tracks is not self._tracks:
            self._process.send(wire.pack_roads(tracks))
            self._tracks = tracks
        answer = self._process.ask(wire.pack_step(episodes))
        try:
            if answer[:1] == wire.ERROR:
                fields = wire.unpack_fields(answer)
                params = fields.get("params")
                raise RewardError(_one_line(fields.get("message")), params if isinstance(params, dict) else None)
            return wire.unpack_rewards(answer, len(episodes.track))[None]
        except ValueError as error:
            raise RewardError(f"{self._path}: its process answered wrongly: {error}") from error

    def _start(self) -> Process:
        return Process(self._path, self._eye, self._confinement, self._output)

    def close(self) -> None:
        """End the process."""
        self._process.close()


def _one_line(message: object) -> str:
    return " ".join(str(message).split())[:1000]
