# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""Runs several cars in one ROS domain, each with its own simulation and agent in a namespace: car_1, car_2, ...

ros2 launch deepracer_ros fleet.launch.py cars:=3 track:=oval model:=runs/latest
"""

import runpy
from pathlib import Path
from types import SimpleNamespace

from launch import LaunchContext, LaunchDescription, LaunchDescriptionEntity
from launch.actions import DeclareLaunchArgument, OpaqueFunction

shared = SimpleNamespace(**runpy.run_path(str(Path(__file__).with_name("shared.py"))))


def generate_launch_description() -> LaunchDescription:
    """Return the launch description."""
    return LaunchDescription(
        [
            DeclareLaunchArgument("cars", default_value="2", description="number of cars"),
            DeclareLaunchArgument("track", default_value="technical", description="name of a track, or a route file"),
            DeclareLaunchArgument(
                "model", default_value="", description="run folder or model folder; empty: no agents"
            ),
            DeclareLaunchArgument("view", default_value="false", description="true: start an rviz for each car"),
            shared.autostart_argument(),
            shared.frame_prefix_argument(),
            *shared.common_arguments(params_file=shared.config_file("training.yaml")),
            OpaqueFunction(function=fleet),
        ]
    )


def fleet(context: LaunchContext) -> list[LaunchDescriptionEntity]:
    """Return the cars, each with names and frames of its own.

    Raises:
        RuntimeError: if the number of cars is not a number of at least 1.
    """
    namespace, prefix = (shared.text(context, name) for name in ("namespace", "frame_prefix"))
    names = [f"car_{number}" for number in range(1, shared.number(context, "cars") + 1)]
    return [
        shared.include(
            "drive.launch.py",
            cars="1",
            namespace=f"{namespace.rstrip('/')}/{name}" if namespace else name,
            frame_prefix=f"{prefix}{name}/",
        )
        for name in names
    ]
