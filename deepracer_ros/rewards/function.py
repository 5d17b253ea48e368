# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""Rewards by a user's DeepRacer `reward_function(params)`, called for every car and step."""

import math
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from deepracer_ros.errors import InputError
from deepracer_ros.race.episode import EpisodeTable
from deepracer_ros.race.vehicle import read_vehicle
from deepracer_ros.rewards.names import BATCH_FUNCTION, FUNCTION
from deepracer_ros.rewards.params import WAYPOINTS, Columns, Eye, Params, Road, make_columns, to_rows, waypoints
from deepracer_ros.rewards.source import RewardFile

Floats = NDArray[np.float64]
GREATEST = 1e5
"""Greatest absolute value of a reward, as DeepRacer has it."""
NUMBER = f"a number from -{GREATEST:g} to {GREATEST:g}"
"""What a reward is."""


def _ignore(car: int, step: int) -> None:
    """Do nothing before a call."""


class RewardFunction:
    """A reward with one term, computed in this process by a user's DeepRacer `reward_function(params)`.

    Every car has its own copy of the file's module, and of the modules beside the file that it imports, because reward
    functions keep values of earlier steps in global variables. A file with `reward_function_batch(params)` has one
    module, and its function is called once for all cars on a track.
    """

    names: tuple[str, ...] = (FUNCTION,)

    def __init__(self, path: Path, eye: Eye | None = None, entered: Callable[[int, int], None] = _ignore) -> None:
        """Load the reward function from a file.

        The file is the user's own code and runs with the permissions of this process, see `rewards.sandbox`.

        Args:
            path: A Python file that defines `reward_function(params)` or `reward_function_batch(params)`.
            eye: The car's camera; by default that of the URDF.
            entered: Called with the index of a car and the number of its step, from 1, before the function is called
                for it, and with step 0 before the file is run for it.

        Raises:
            InputError: if the file cannot be read, is not Python, raises an error, or does not define the function.
        """
        self._file = RewardFile(path)
        self._entered = entered
        self._functions: list[Callable[[Params], Any]] = []
        self._is_batch = False
        self._load()
        self._eye = eye or Eye.of(read_vehicle())
        self._tracks: Sequence[Road] = ()
        self._waypoints: list[list[tuple[float, float]]] = []

    def __call__(self, episodes: EpisodeTable, tracks: Sequence[Road]) -> Floats:
        """Return the rewards (1, N) of N cars; 0 for a car at its start, for which the function is not called.

        Args:
            episodes: State of the cars' episodes.
            tracks: The tracks that `episodes.track` refers to.

        Raises:
            RewardError: if the function raises an error or does not return a finite number.
        """
        if tracks is not self._tracks:
            self._tracks, self._waypoints = tracks, [waypoints(track) for track in tracks]
        rewards = np.zeros(len(episodes.track))
        cars = np.flatnonzero(episodes.rewarded)
        columns = make_columns(episodes, cars, tracks, self._eye)
        if self._is_batch:
            for track in np.unique(episodes.track[cars]):
                of_track = columns[WAYPOINTS] == track
                rewards[cars[of_track]] = self._call_batch(
                    {name: column[of_track] for name, column in columns.items()}, cars[of_track]
                )
            return rewards[None]
        while len(self._functions) < len(rewards):
            self._load()
        for car, params in zip(cars.tolist(), to_rows(columns, self._waypoints), strict=True):
            self._entered(car, params["steps"] - 1)
            rewards[car] = self._call(self._functions[car], params)
        return rewards[None]

    def close(self) -> None:
        """Do nothing: the modules go with this object."""

    def _load(self) -> None:
        """Run the file as a new module, for the next car."""
        self._entered(len(self._functions), 0)
        module = self._file.load()
        self._is_batch = callable(getattr(module, BATCH_FUNCTION, None))
        function = getattr(module, BATCH_FUNCTION if self._is_batch else FUNCTION, None)
        if not callable(function):
            names = ", ".join(name for name in vars(module) if not name.startswith("__"))
            raise InputError(f"{self._file.path}: found {names or 'nothing'}, expected {FUNCTION}(params)")
        self._functions.append(function)

    def _call(self, function: Callable[[Params], Any], params: Params) -> float:
        # The function may change its params.
        value = self._file.call(params, function, dict(params))
        try:
            reward = float(value)
        except (TypeError, ValueError, OverflowError):
            reward = math.nan
        if abs(reward) <= GREATEST:
            return reward
        raise self._file.refuse(function, value, params, NUMBER)

    def _call_batch(self, columns: Columns, cars: NDArray[np.int64]) -> Floats:
        """Return the rewards (n,) of n cars on one track."""
        (function,) = self._functions
        params = dict(columns)
        self._entered(int(cars[0]), int(columns["steps"][0]) - 1)
        # The function may change its params.
        own = {name: column.copy() for name, column in columns.items()}
        own[WAYPOINTS] = np.array(self._waypoints[int(columns[WAYPOINTS][0])])
        value = self._file.call(params, function, own)
        try:
            rewards = np.asarray(value, np.float64)
        except (TypeError, ValueError, OverflowError):
            rewards = np.full(len(cars), math.nan)
        if rewards.shape == (len(cars),) and bool((np.abs(rewards) <= GREATEST).all()):
            return rewards
        raise self._file.refuse(function, value, params, f"{len(cars)} numbers, each {NUMBER}")
