# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""Actions of launch files: each `execute` returns the actions that follow from it, as in ROS's `launch`."""

import os
import runpy
import shlex
from collections.abc import Callable
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any

import yaml
from substitutions import PACKAGE, Context, ExecutableInPackage, LaunchConfiguration, is_true, parameter, text


class LaunchDescriptionEntity:
    """Part of a launch description."""

    condition: Any = None

    def execute(self, context: Context) -> list[Any] | None:
        raise NotImplementedError


class LaunchDescription(LaunchDescriptionEntity):
    def __init__(self, entities: list[Any]) -> None:
        self.entities = entities

    def execute(self, context: Context) -> list[Any]:
        return self.entities


class DeclareLaunchArgument(LaunchDescriptionEntity):
    def __init__(self, name: str, *, default_value: Any = None, description: str = "") -> None:
        self.name, self.default, self.description = name, default_value, description

    def execute(self, context: Context) -> None:
        if self.name not in context.values:
            if self.default is None:
                raise RuntimeError(f"Required launch argument '{self.name}' was not provided")
            context.values[self.name] = text(self.default, context)
        value = context.values[self.name]
        context.record({"argument": self.name, "description": self.description, "value": value})


class OpaqueFunction(LaunchDescriptionEntity):
    def __init__(self, *, function: Callable[[Context], list[Any] | None], condition: Any = None) -> None:
        self.function, self.condition = function, condition

    def execute(self, context: Context) -> list[Any] | None:
        return self.function(context)


class SetLaunchConfiguration(LaunchDescriptionEntity):
    def __init__(self, name: str, value: Any) -> None:
        self.name, self.value = name, value

    def execute(self, context: Context) -> None:
        context.values[self.name] = text(self.value, context)


class SetEnvironmentVariable(LaunchDescriptionEntity):
    def __init__(self, name: str, value: Any) -> None:
        self.name, self.value = name, value

    def execute(self, context: Context) -> None:
        context.environment[self.name] = text(self.value, context)


class AppendEnvironmentVariable(SetEnvironmentVariable):
    def execute(self, context: Context) -> None:
        earlier = context.environment.get(self.name)
        added = text(self.value, context)
        context.environment[self.name] = f"{earlier}{os.pathsep}{added}" if earlier else added


class LogInfo(LaunchDescriptionEntity):
    def __init__(self, *, msg: Any) -> None:
        self.message = msg

    def execute(self, context: Context) -> None:
        print(f"[INFO] [launch.user]: {text(self.message, context)}", flush=True)


class Open(LaunchDescriptionEntity):
    """Start of a scope, which keeps configurations and environment."""

    def execute(self, context: Context) -> None:
        context.scopes.append((dict(context.values), dict(context.environment)))


class Close(LaunchDescriptionEntity):
    """End of a scope."""

    def execute(self, context: Context) -> None:
        context.values, environment = context.scopes.pop()
        context.environment.clear()
        context.environment.update(environment)


class GroupAction(LaunchDescriptionEntity):
    def __init__(self, actions: list[Any], *, condition: Any = None) -> None:
        self.actions, self.condition = actions, condition

    def execute(self, context: Context) -> list[Any]:
        return [Open(), *self.actions, Close()]


class PythonLaunchDescriptionSource:
    def __init__(self, path: Any) -> None:
        self.path = path


class IncludeLaunchDescription(LaunchDescriptionEntity):
    def __init__(self, source: PythonLaunchDescriptionSource, *, launch_arguments: Any = ()) -> None:
        self.source, self.arguments = source, list(launch_arguments)

    def execute(self, context: Context) -> list[Any]:
        path = Path(text(self.source.path, context))
        given = {name: text(value, context) for name, value in self.arguments}
        context.record({"include": str(path), "arguments": given})
        settings = [SetLaunchConfiguration(name, value) for name, value in given.items()]
        return [*settings, load(path)] if path.is_file() else []


def load(path: Path) -> Any:
    """Return the description of a launch file."""
    return runpy.run_path(str(path))["generate_launch_description"]()


class Shutdown(LaunchDescriptionEntity):
    def __init__(self, *, reason: str = "") -> None:
        self.reason = reason


class ExecuteProcess(LaunchDescriptionEntity):
    """A process; only those of this package are started, those of others are only recorded."""

    def __init__(
        self,
        *,
        cmd: list[Any],
        name: Any = None,
        output: str = "log",
        additional_env: dict[str, Any] | None = None,
        sigterm_timeout: str = "5",
        sigkill_timeout: str = "5",
        respawn: Any = False,
        respawn_delay: float = 0.0,
        on_exit: Callable[..., Any] | None = None,
        condition: Any = None,
    ) -> None:
        self.cmd, self.name, self.condition = cmd, name, condition
        self.environment, self.output = dict(additional_env or {}), output
        self.patience = float(sigterm_timeout), float(sigkill_timeout)
        self.respawns, self.respawn_delay, self.on_exit = respawn, respawn_delay, on_exit

    def execute(self, context: Context) -> None:
        prefix = shlex.split(text(LaunchConfiguration("launch-prefix", default=""), context))
        first, *rest = self.cmd
        is_ours = isinstance(first, ExecutableInPackage) and text(first.package, context) == PACKAGE
        found = first.command(context) if isinstance(first, ExecutableInPackage) else [text(first, context)]
        self.command = [*prefix, *found, *(text(word, context) for word in rest), *self.ros_arguments(context)]
        additional = {name: text(value, context) for name, value in self.environment.items()}
        self.environment = {**context.environment, **additional}
        self.respawns = is_true(self.respawns, context)
        self.label = text(self.name or Path(self.command[0]).name, context)
        record = {"process": self.label, "command": self.command, "ours": is_ours, "respawns": self.respawns}
        if isinstance(first, ExecutableInPackage):
            record |= {"package": text(first.package, context), "executable": Path(first.perform(context)).name}
        chosen = {name: value for name, value in self.environment.items() if name.startswith(("ROS_", "GZ_", "FAST"))}
        context.record(record | {"environment": chosen})
        if is_ours:
            context.start(self)  # type: ignore[attr-defined]

    def ros_arguments(self, context: Context) -> list[str]:
        """Return the arguments that ROS adds to the command."""
        return []


class Node(ExecuteProcess):
    def __init__(
        self,
        *,
        package: str,
        executable: str,
        namespace: Any = None,
        parameters: list[Any] = (),
        remappings: list[tuple[str, str]] = (),
        arguments: list[Any] = (),
        ros_arguments: list[Any] = (),
        exec_name: str | None = None,
        **options: Any,
    ) -> None:
        cmd = [ExecutableInPackage(executable, package), *arguments, "--ros-args", *ros_arguments]
        super().__init__(cmd=cmd, name=exec_name, **options)
        self.namespace, self.parameters, self.remappings = namespace, parameters, remappings

    def ros_arguments(self, context: Context) -> list[str]:
        words = []
        if self.namespace is not None:
            name = text(self.namespace, context).rstrip("/")
            words += ["-r", f"__ns:={name if name.startswith('/') else f'/{name}'}"]
        for given in self.parameters:
            path = write(given, context) if isinstance(given, dict) else text(given, context)
            words += ["--params-file", path] if Path(path).is_file() else []
        for source, target in self.remappings:
            words += ["-r", f"{source}:={target}"]
        return words


def write(parameters: dict[str, Any], context: Context) -> str:
    """Write a parameter file with the values of a dictionary, and return its path."""
    values = {name: parameter(value, context) for name, value in parameters.items()}
    with NamedTemporaryFile("w", prefix="launch_params_", delete=False) as file:
        yaml.safe_dump({"/**": {"ros__parameters": values}}, file)
    return file.name
