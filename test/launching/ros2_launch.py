# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""Runs a launch file where ROS's `launch` is not installed: `ros2_launch.py FILE NAME:=VALUE ...`.

It behaves as `ros2 launch deepracer_ros FILE` does: Ctrl-C ends all processes, the end is 0, or 1 after an exception.
Options: `--record FILE` writes a line of JSON for everything that is declared, included or started; `--describe`
starts nothing; `--without PACKAGE` lets a package be missing. Packages of ROS that are not ours count as installed,
but of them nothing is started.
"""

import argparse
import asyncio
import json
import os
import signal
import sys
import types
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import actions
import substitutions
from actions import ExecuteProcess, Shutdown, load
from substitutions import PACKAGE, Context

ROOT = Path(__file__).resolve().parents[2]
INTERFACE = {
    "launch": (actions, "LaunchDescription", "LaunchDescriptionEntity"),
    "launch.actions": (
        actions, "AppendEnvironmentVariable", "DeclareLaunchArgument", "ExecuteProcess", "GroupAction",
        "IncludeLaunchDescription", "LogInfo", "OpaqueFunction", "SetEnvironmentVariable", "SetLaunchConfiguration",
        "Shutdown",
    ),
    "launch.conditions": (substitutions, "IfCondition", "UnlessCondition"),
    "launch.events": (actions,),
    "launch.events.process": (actions,),
    "launch.launch_description_sources": (actions, "PythonLaunchDescriptionSource"),
    "launch.substitutions": (
        substitutions, "Command", "FindExecutable", "LaunchConfiguration", "PathJoinSubstitution",
    ),
    "launch_ros": (actions,),
    "launch_ros.actions": (actions, "Node"),
    "launch_ros.parameter_descriptions": (substitutions, "ParameterValue"),
    "launch_ros.substitutions": (
        substitutions, "ExecutableInPackage", "FindPackagePrefix", "FindPackageShare",
    ),
}  # fmt: skip
"""What there is of each module; a launch file that imports anything else fails."""

FAILURES = (RuntimeError, LookupError, OSError, ValueError, AssertionError)
"""Exceptions of a launch file that end the launch with one line."""


def install() -> None:
    """Put the modules in the place of ROS's."""
    for name, (source, *names) in INTERFACE.items():
        module = types.ModuleType(name)
        module.__path__ = []  # type: ignore[attr-defined]
        vars(module).update({each: getattr(source, each) for each in names})
        sys.modules[name] = module
    sys.modules["launch"].LaunchContext = Context  # type: ignore[attr-defined]
    sys.modules["launch.events.process"].ProcessExited = SimpleNamespace  # type: ignore[attr-defined]


class Service:
    """One launch: it visits the description, runs the processes, and ends."""

    def __init__(self, context: Context, starts: bool) -> None:
        self.context, self.starts, self.code = context, starts, 0
        self.tasks: set[asyncio.Task[None]] = set()
        self.count = 0
        self.ending = asyncio.Event()
        context.start = self.start  # type: ignore[attr-defined]

    def visit(self, entity: Any) -> None:
        """Execute an entity and what follows from it."""
        if entity.condition is not None and not entity.condition.evaluate(self.context):
            return
        if isinstance(entity, Shutdown):
            self.end(entity.reason)
            return
        for following in entity.execute(self.context) or ():
            self.visit(following)

    def start(self, action: ExecuteProcess) -> None:
        """Start a process, unless the launch ends."""
        self.count += 1
        action.label += f"-{self.count}"
        if self.starts and not self.context.is_shutdown:
            task = asyncio.get_running_loop().create_task(self.keep(action))
            self.tasks.add(task)
            task.add_done_callback(self.tasks.discard)

    async def keep(self, action: ExecuteProcess) -> None:
        """Run a process until its end, and again if it is to be respawned."""
        while not self.context.is_shutdown:
            process = await asyncio.create_subprocess_exec(*action.command, env=action.environment)
            print(f"[INFO] [{action.label}]: process started with pid [{process.pid}]", flush=True)
            stopping = asyncio.create_task(self.stop(process, *action.patience))
            code = await process.wait()
            stopping.cancel()
            print(f"[{action.label}]: process has ended [pid {process.pid}, exit code {code}]", flush=True)
            if action.on_exit is not None:
                with_event = SimpleNamespace(returncode=code, process_name=action.label)
                self.attempt(lambda event=with_event: self.visit(action.on_exit(event, self.context)))
            if not action.respawns:
                return
            await asyncio.wait([asyncio.create_task(self.ending.wait())], timeout=action.respawn_delay)

    async def stop(self, process: asyncio.subprocess.Process, term: float, kill: float) -> None:
        """Stop a process when the launch ends: SIGINT, after a time SIGTERM, then SIGKILL."""
        await self.ending.wait()
        for number, pause in ((signal.SIGINT, term), (signal.SIGTERM, kill), (signal.SIGKILL, 0.0)):
            process.send_signal(number)
            await asyncio.sleep(pause)

    def attempt(self, act: Callable[[], None]) -> None:
        """Do something; a failure ends the launch with exit code 1."""
        try:
            act()
        except FAILURES as error:
            print(f"[ERROR] [launch]: Caught exception in launch (see debug for traceback): {error}", file=sys.stderr)
            self.code = 1
            self.end(str(error))

    def end(self, reason: str) -> None:
        """Begin to end the launch."""
        if not self.context.is_shutdown:
            print(f"[INFO] [launch]: shutdown: {reason}", flush=True)
        self.context.is_shutdown = True
        self.ending.set()

    async def run(self, file: Path) -> int:
        """Run a launch file and return the exit code."""
        for number in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(number, self.end, f"signal {number}")
        self.attempt(lambda: self.visit(load(file)))
        while self.tasks:
            await asyncio.wait(set(self.tasks))
        return self.code


def main() -> int:
    """Run the launch file of the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file")
    parser.add_argument("arguments", nargs="*")
    parser.add_argument("--record", type=Path)
    parser.add_argument("--describe", action="store_true")
    parser.add_argument("--without", action="append", default=[])
    options = parser.parse_intermixed_args()
    install()
    depends = {element.text for element in ElementTree.parse(ROOT / "package.xml").findall("exec_depend")}
    packages = {name: Path("/opt/ros", str(name)) for name in sorted(depends - set(options.without))}
    values = dict(word.split(":=", 1) for word in options.arguments)

    async def run() -> int:
        with open(options.record or os.devnull, "w", buffering=1) as file:
            context = Context(values, {**packages, PACKAGE: ROOT}, lambda record: file.write(f"{json.dumps(record)}\n"))
            return await Service(context, not options.describe).run(ROOT / "launch" / options.file)

    return asyncio.run(run())


if __name__ == "__main__":
    sys.exit(main())
