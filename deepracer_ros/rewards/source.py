# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""The file of a user's reward function: it is run as a module, and each error in it becomes one line."""

import ast
import itertools
import reprlib
import sys
import traceback
import weakref
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from types import CodeType, ModuleType
from typing import Any

import numpy as np

from deepracer_ros.errors import FatalError, InputError
from deepracer_ros.rewards.names import FUNCTION
from deepracer_ros.rewards.params import Params

COPIES = itertools.count(1)
"""Numbers of the copies of reward modules in this process."""
MOST_CHARACTERS = 200
"""Greatest length of a user's text in a message."""


class RewardError(FatalError):
    """An error of a user's reward function.

    Attributes:
        params: The params of the call that failed; None if it failed outside of a call.
    """

    def __init__(self, message: str, params: Params | None = None) -> None:
        """Keep the message, one line, and the params."""
        super().__init__(message)
        self.params = params


class RewardFile:
    """A Python file with a reward function. Its modules go with this object."""

    def __init__(self, path: Path) -> None:
        """Compile the file.

        Args:
            path: The file.

        Raises:
            InputError: if the file cannot be read or is not Python.
        """
        self.path = path
        self._code = _compile(path)
        self._folder = str(path.resolve().parent)
        self._modules: list[str] = []
        weakref.finalize(self, _remove, self._modules)

    def load(self) -> ModuleType:
        """Run the file as a new module, and return it; files beside it that it imports are run anew too.

        Raises:
            RewardError: if the file raises an error.
        """
        # Dataclasses and pickle find a class by the name of its module.
        name = f"{self.path.stem}_{next(COPIES)}"
        module = ModuleType(name)
        module.__file__ = str(self.path)
        sys.modules[name] = module
        self._modules.append(name)
        known = set(sys.modules)
        sys.path.insert(0, self._folder)
        try:
            self.call(None, exec, self._code, module.__dict__)
        finally:
            if self._folder in sys.path:
                sys.path.remove(self._folder)
            _forget(set(sys.modules) - known, self._folder)
        return module

    def call(self, params: Params | None, function: Callable[..., Any], *arguments: Any) -> Any:  # noqa: ANN401
        """Call the user's code, and return what it returns.

        Args:
            params: The params of the step, for the message; None outside of a step.
            function: The user's code.
            arguments: Its arguments.

        Raises:
            RewardError: if it raises an error; the message names file, line and step.
        """
        try:
            return function(*arguments)
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # a user's code may raise any error
            frames = traceback.extract_tb(error.__traceback__)
            lines = [frame.lineno for frame in frames if frame.filename == str(self.path)]
            what = shown(error.__str__)
            when = "" if params is None else f" at steps {_step(params)}"
            raise RewardError(
                f"{self.path}:{lines[-1] if lines else 1}: {type(error).__name__}: {what}{when}, "
                f"expected {FUNCTION}(params) to return a number",
                _plain(params),
            ) from error

    def refuse(self, function: Callable[..., Any], value: object, params: Params, expected: str) -> RewardError:
        """Return the error of a function that returned what is no reward.

        Args:
            function: The user's function.
            value: What it returned.
            params: The params of the step.
            expected: What it should return.
        """
        line = getattr(getattr(function, "__code__", None), "co_firstlineno", 1)
        name = getattr(function, "__name__", FUNCTION)
        found = shown(lambda: reprlib.repr(value))
        return RewardError(
            f"{self.path}:{line}: {name} returned {found} at steps {_step(params)}, expected {expected}", _plain(params)
        )


def files_of(path: Path) -> list[Path]:
    """Return a reward file and the files beside it that it imports, directly or through others.

    Args:
        path: A file that Python can compile.
    """
    found, left = [path], [path]
    while left:
        for name in _imports(left.pop()):
            file = path.parent / f"{name}.py"
            if file.is_file() and file not in found:
                found.append(file)
                left.append(file)
    return found


def _imports(path: Path) -> set[str]:
    """Return the names of the modules that a file imports, without those inside packages."""
    names: set[str] = set()
    with suppress(SyntaxError, ValueError):
        for node in ast.walk(ast.parse(path.read_bytes())):
            if isinstance(node, ast.Import):
                names |= {alias.name.split(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module:
                names.add(node.module.split(".")[0])
    return names


def shown(text: Callable[[], str]) -> str:
    """Return a user's text in one line, not longer than `MOST_CHARACTERS`.

    Args:
        text: Returns the text; it is the user's code and may raise any error.
    """
    try:
        line = " ".join(text().split())
    except Exception as error:  # noqa: BLE001 - a user's class may raise any error
        line = f"a value without a text ({type(error).__name__})"
    return line if len(line) <= MOST_CHARACTERS else f"{line[: MOST_CHARACTERS - 3]}..."


def _step(params: Params) -> object:
    """Return the number of the step; of several cars that of the first one."""
    steps = params["steps"]
    return steps[0] if isinstance(steps, np.ndarray) else steps


def _plain(params: Params | None) -> Params | None:
    """Return params with lists in place of the arrays of several cars."""
    if params is None:
        return None
    return {name: value.tolist() if isinstance(value, np.ndarray) else value for name, value in params.items()}


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
