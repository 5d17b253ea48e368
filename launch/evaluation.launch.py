# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""Runs `deepracer evaluate`, which drives laps with a model and writes report, plot and video.

ros2 launch deepracer_ros evaluation.launch.py model:=runs/latest track:=oval laps:=3
"""

import runpy
from pathlib import Path
from types import SimpleNamespace

from launch import LaunchContext, LaunchDescription
from launch.actions import DeclareLaunchArgument, ExecuteProcess, OpaqueFunction
from launch_ros.substitutions import ExecutableInPackage

shared = SimpleNamespace(**runpy.run_path(str(Path(__file__).with_name("shared.py"))))

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
            # An evaluation has no ROS nodes: it takes these arguments so that every launch file has them.
            *shared.common_arguments(of="the nodes (an evaluation has none)"),
            OpaqueFunction(function=evaluate),
        ]
    )


def evaluate(context: LaunchContext) -> list[ExecuteProcess]:
    """Return the process of `deepracer evaluate` with the given options."""
    options = {f"--{name}": shared.text(context, name) for name in OPTIONS}
    return [
        ExecuteProcess(
            cmd=[ExecutableInPackage("deepracer", "deepracer_ros"), "evaluate", *shared.flat(options)],
            name="evaluation",
            output="screen",
            additional_env={"PYTHONUNBUFFERED": "1"},
            on_exit=shared.end,
        )
    ]
