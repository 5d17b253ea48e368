# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""Rewards by a user's DeepRacer `reward_function(params)`, called for every car and step."""

import itertools
import math
import sys
import traceback
import weakref
from collections.abc import Callable, Sequence
from pathlib import Path
from types import CodeType, ModuleType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from deepracer_ros.errors import FatalError, InputError
from deepracer_ros.race.episode import EpisodeTable
from deepracer_ros.race.track import Track
from deepracer_ros.race.vehicle import read_vehicle
from deepracer_ros.rewards.names import FUNCTION
from deepracer_ros.rewards.params import Eye, Params, make_params, waypoints

Floats = NDArray[np.float64]
GREATEST = 1e5
"""Greatest absolute value of a reward, as DeepRacer has it."""
COPIES = itertools.count(1)
"""Numbers of the copies of reward modules in this process."""


class RewardError(FatalError):
    """An error of a user's reward function.

    Attributes:
        params: The params of the call that failed; None if it failed outside of a call.
    """

    def __init__(self, message: str, params: Params | None = None) -> None:
        """Keep the message, one line, and the params."""
        super().__init__(message)
        self.params = params


class RewardFunction:
    """A `Reward` with one term, computed by a user's DeepRacer `reward_function(params)`.

    Every car has its own copy of the file's module, and of the modules beside the file that it imports, because reward
    functions keep values of earlier steps in global variables.
    """

    names: tuple[str, ...] = (FUNCTION,)

    def __init__(self, path: Path) -> None:
        """Load the reward function from a file.

        The file is the user's own code and runs with the user's permissions.

        Args:
            path: A Python file that defines `reward_function(params)`.

        Raises:
            InputError: if the file cannot be read, is not Python, raises an error, or does not define the function.
        """
        self._path = path
        self._code = _compile(path)
        self._folder = str(path.resolve().parent)
        self._modules: list[str] = []
        weakref.finalize(self, _remove, self._modules)
        self._functions = [self._load()]
        self._camera = Eye.of(read_vehicle())
        self._waypoints: dict[Track, list[tuple[float, float]]] = {}

    def __call__(self, episodes: EpisodeTable, tracks: Sequence[Track]) -> Floats:
        """Return the rewards (1, N) of N cars; 0 for a car at its start, for which the function is not called.

        Args:
            episodes: State of the cars' episodes.
            tracks: The tracks that `episodes.track` refers to.

        Raises:
            InputError: if the function raises an error or does not return a finite number.
        """
        cars = len(episodes.track)
        while len(self._functions) < cars:
            self._functions.append(self._load())
        rewards = np.zeros(cars)
        rows = zip(*(column.tolist() for column in episodes), strict=True)
        for car, row in enumerate(rows):
            state = dict(zip(EpisodeTable._fields, row, strict=True))
            if state["step"] > 0:
                track, reverse = tracks[state["track"]], state["track"] >= len(tracks) // 2
                params = make_params(state, track, self._points(track), reverse, self._camera)
                rewards[car] = self._call(self._functions[car], params)
        return rewards[None]

    def _load(self) -> Callable[[Params], Any]:
        """Run the file as a new module and return its reward function."""
        # Dataclasses and pickle find a class by the name of its module.
        name = f"{self._path.stem}_{next(COPIES)}"
        module = ModuleType(name)
        module.__file__ = str(self._path)
        sys.modules[name] = module
        self._modules.append(name)
        known = set(sys.modules)
        sys.path.insert(0, self._folder)
        try:
            self._guarded(None, exec, self._code, module.__dict__)
        finally:
            sys.path.remove(self._folder)
            _forget(set(sys.modules) - known, self._folder)
        function = getattr(module, FUNCTION, None)
        if not callable(function):
            names = [name for name in vars(module) if not name.startswith("__")]
            raise InputError(f"{self._path}: found {', '.join(names) or 'nothing'}, expected {FUNCTION}(params)")
        return function  # type: ignore[no-any-return]

    def _call(self, function: Callable[[Params], Any], params: Params) -> float:
        # The function may change its params.
        value = self._guarded(params, function, dict(params))
        try:
            reward = float(value)
        except (TypeError, ValueError, OverflowError):
            reward = math.nan
        if abs(reward) <= GREATEST:
            return reward
        line = getattr(getattr(function, "__code__", None), "co_firstlineno", 1)
        shown = repr(value)
        shown = shown if len(shown) <= 80 else f"{shown[:77]}..."
        raise RewardError(
            f"{self._path}:{line}: {FUNCTION} returned {shown} at steps {params['steps']}, expected a number from "
            f"-{GREATEST:g} to {GREATEST:g}",
            params,
        )

    def _guarded(self, params: Params | None, function: Callable[..., Any], *arguments: Any) -> Any:  # noqa: ANN401
        """Call the user's code; any error of it becomes a `RewardError` of one line with file and line number."""
        try:
            return function(*arguments)
        except (Exception, SystemExit) as error:  # a user's code may raise any error
            lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__)
                     if frame.filename == str(self._path)]  # fmt: skip
            what = " ".join(str(error).split())
            when = "" if params is None else f" at steps {params['steps']}"
            raise RewardError(
                f"{self._path}:{lines[-1] if lines else 1}: {type(error).__name__}: {what}{when}, "
                f"expected {FUNCTION}(params) to return a number",
                params,
            ) from error

    def _points(self, track: Track) -> list[tuple[float, float]]:
        if track not in self._waypoints:
            self._waypoints[track] = waypoints(track)
        return self._waypoints[track]


def _remove(names: list[str]) -> None:
    """Remove the modules of a reward that is no longer used."""
    for name in names:
        sys.modules.pop(name, None)


def _forget(names: set[str], folder: str) -> None:
    """Remove modules of a folder from Python's modules, so that the next copy imports its own."""
    for name in names:
        file = getattr(sys.modules[name], "__file__", None)
        if file and str(Path(file).parent) == folder:
            del sys.modules[name]


def _compile(path: Path) -> CodeType:
    try:
        return compile(path.read_bytes(), str(path), "exec", dont_inherit=True)
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror}); expected a file with {FUNCTION}") from error
    except SyntaxError as error:
        raise InputError(f"{path}:{error.lineno or 1}: {error.msg}, expected Python") from error
    except ValueError as error:  # the file contains null bytes
        raise InputError(f"{path}: {error}, expected Python") from error
