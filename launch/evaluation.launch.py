# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""Runs `deepracer evaluate`, which drives laps with a model and writes report, plot and video.

ros2 launch deepracer_ros evaluation.launch.py model:=runs/latest track:=oval laps:=3
"""

from launch import LaunchContext, LaunchDescription
from launch.actions import DeclareLaunchArgument, ExecuteProcess, OpaqueFunction, Shutdown
from launch.events.process import ProcessExited
from launch.substitutions import LaunchConfiguration
from launch_ros.substitutions import ExecutableInPackage

OPTIONS = {
    "model": "run folder or model folder (default: runs/latest below the current folder)",
    "track": "track names or DeepRacer route files, NAME[,NAME] (default: the tracks of the training)",
    "laps": "laps on each track (default: 10)",
    "simulator": "embedded or gazebo (default: embedded)",
    "output": "folder of the report (default: next to the model)",
}
"""Options of `deepracer evaluate` by name, with their descriptions; the command has the defaults."""


def generate_launch_description() -> LaunchDescription:
    """Return the launch description."""
    return LaunchDescription(
        [
            *(DeclareLaunchArgument(name, default_value="", description=text) for name, text in OPTIONS.items()),
            OpaqueFunction(function=evaluate),
        ]
    )


def evaluate(context: LaunchContext) -> list[ExecuteProcess]:
    """Return the process of `deepracer evaluate` with the given options."""
    options = given(context)
    return [
        ExecuteProcess(
            cmd=[ExecutableInPackage("deepracer", "deepracer_ros"), "evaluate", *options],
            name="evaluation",
            output="screen",
            additional_env={"PYTHONUNBUFFERED": "1"},
            on_exit=end,
        )
    ]


def given(context: LaunchContext) -> list[str]:
    """Return `--NAME VALUE` for each option that is not empty."""
    values = {name: LaunchConfiguration(name).perform(context) for name in OPTIONS}
    return [word for name, value in values.items() if value for word in (f"--{name}", value)]


def end(event: ProcessExited, context: LaunchContext) -> Shutdown:
    """Return the action that ends the launch; raise an exception if the process failed, so that ros2 launch fails."""
    if event.returncode and not context.is_shutdown:
        raise RuntimeError(f"{event.process_name}: ended with exit code {event.returncode}")
    return Shutdown(reason=f"{event.process_name} has ended")
