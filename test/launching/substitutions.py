# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""Substitutions, conditions and parameters of launch files, with the results of ROS's `launch` and `launch_ros`."""

import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import yaml

PACKAGE = "deepracer_ros"


class Context:
    """What a launch file sees of the launch: its configurations, and whether the launch ends.

    Attributes:
        values: Launch configurations by name.
        packages: Packages that count as installed, by name; the value is their share folder.
        record: Takes what the launch file declares, includes and starts.
        is_shutdown: Whether the launch ends.
        scopes: Configurations and environment outside of each open scope.
    """

    def __init__(
        self, values: dict[str, str], packages: dict[str, Path], record: Callable[[dict[str, Any]], object]
    ) -> None:
        self.values, self.packages, self.record = dict(values), packages, record
        self.is_shutdown = False
        self.environment = os.environ
        self.scopes: list[tuple[dict[str, str], dict[str, str]]] = []


class Substitution:
    """Text that is known when the launch runs."""

    def perform(self, context: Context) -> str:
        raise NotImplementedError


def text(value: Any, context: Context) -> str:
    """Return the text of a string, a substitution or a list of them."""
    if isinstance(value, list | tuple):
        return "".join(text(part, context) for part in value)
    if isinstance(value, Substitution):
        return value.perform(context)
    assert isinstance(value, str), f"found {value!r}, expected text or a substitution"
    return value


class LaunchConfiguration(Substitution):
    def __init__(self, name: str, *, default: Any = None) -> None:
        self.name, self.default = name, default

    def perform(self, context: Context) -> str:
        if self.name in context.values:
            return context.values[self.name]
        if self.default is None:
            raise RuntimeError(f"launch configuration '{self.name}' does not exist")
        return text(self.default, context)


class PathJoinSubstitution(Substitution):
    def __init__(self, parts: list[Any]) -> None:
        self.parts = parts

    def perform(self, context: Context) -> str:
        return os.path.join(*(text(part, context) for part in self.parts))


class FindExecutable(Substitution):
    def __init__(self, *, name: Any) -> None:
        self.name = name

    def perform(self, context: Context) -> str:
        name = text(self.name, context)
        beside = Path(sys.executable).parent / name  # where pip puts what a ROS installation has on its path
        found = str(beside) if beside.is_file() else shutil.which(name)
        if found is None:
            raise RuntimeError(f"executable '{name}' not found on the PATH")
        return found


class Command(Substitution):
    def __init__(self, command: list[Any]) -> None:
        self.command = command

    def perform(self, context: Context) -> str:
        command = shlex.split(text(self.command, context))
        return subprocess.run(command, capture_output=True, text=True, check=True, timeout=30).stdout


class FindPackagePrefix(Substitution):
    def __init__(self, package: Any) -> None:
        self.package = package

    def perform(self, context: Context) -> str:
        name = text(self.package, context)
        if name not in context.packages:
            raise LookupError(f"package '{name}' not found, searching: []")
        return str(context.packages[name])


class FindPackageShare(FindPackagePrefix):
    pass


class ExecutableInPackage(FindPackagePrefix):
    """The command of an executable; of ours, as a module that runs in this Python."""

    def __init__(self, executable: Any, package: Any) -> None:
        super().__init__(package)
        self.executable = executable

    def perform(self, context: Context) -> str:
        share, name = super().perform(context), text(self.executable, context)
        return str(Path(share, "lib", text(self.package, context), name))

    def command(self, context: Context) -> list[str]:
        path = self.perform(context)
        if text(self.package, context) != PACKAGE:
            return [path]
        name = Path(path).name
        return [sys.executable, "-m", f"{PACKAGE}.{'cli.main' if name == 'deepracer' else f'nodes.{name}'}"]


def is_true(value: Any, context: Context) -> bool:
    """Return the value of a condition."""
    if isinstance(value, bool):
        return value
    word = text(value, context).strip().lower()
    if word not in ("true", "1", "false", "0"):
        raise RuntimeError(f"condition: found {word!r}, expected true or false")
    return word in ("true", "1")


class IfCondition:
    def __init__(self, value: Any) -> None:
        self.value = value

    def evaluate(self, context: Context) -> bool:
        return is_true(self.value, context)


class UnlessCondition(IfCondition):
    def evaluate(self, context: Context) -> bool:
        return not super().evaluate(context)


class ParameterValue:
    """A parameter whose type does not follow from its text."""

    def __init__(self, value: Any, *, value_type: type) -> None:
        self.value, self.value_type = value, value_type

    def evaluate(self, context: Context) -> Any:
        found = text(self.value, context)
        return found if self.value_type is str else self.value_type(yaml.safe_load(found))


def parameter(value: Any, context: Context) -> Any:
    """Return the value that a node gets: text is read as YAML, unless it is a `ParameterValue`."""
    if isinstance(value, ParameterValue):
        return value.evaluate(context)
    if isinstance(value, list | tuple):
        return [parameter(item, context) for item in value]
    if isinstance(value, str | Substitution):
        found = text(value, context)
        return yaml.safe_load(found) if found else ""
    return value
