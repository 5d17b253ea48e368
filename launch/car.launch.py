# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""Runs only the agent, on a car: it answers `camera/image_raw` with commands, and stands still until it has a model.

ros2 launch deepracer_ros car.launch.py model:=path/to/model
"""

import runpy
from pathlib import Path
from types import SimpleNamespace

from launch import LaunchContext, LaunchDescription
from launch.actions import DeclareLaunchArgument, OpaqueFunction
from launch_ros.actions import Node

shared = SimpleNamespace(**runpy.run_path(str(Path(__file__).with_name("shared.py"))))

ON_A_CAR = {
    "simulation.cars": 1,
    "simulation.real_time": True,
    "agent.live_camera": True,
    "agent.explore": False,
    "agent.random_before_model": False,
}
"""Parameters that no parameter file may change on a car."""


def generate_launch_description() -> LaunchDescription:
    """Return the launch description."""
    return LaunchDescription(
        [
            DeclareLaunchArgument(
                "model",
                default_value="",
                description="run folder or model folder; empty: the models of params_file's `run` in its S3 server",
            ),
            shared.autostart_argument(),
            *shared.common_arguments(params_file=shared.config_file("car.yaml"), use_sim_time="false"),
            OpaqueFunction(function=drive),
        ]
    )


def drive(context: LaunchContext) -> list[Node]:
    """Return the agent."""
    model = shared.text(context, "model")
    ours = {"agent.model": shared.string(str(Path(model).resolve())), **ON_A_CAR} if model else ON_A_CAR
    return [shared.node(context, "agent_node", ours, shared.sim_time(), shared.autostart())]
