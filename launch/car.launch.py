# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""Runs the agent on a car: it answers `camera/image_raw` with commands, and stands still until it has a model.

ros2 launch deepracer_ros car.launch.py model:=path/to/model
ros2 launch deepracer_ros car.launch.py model:=path/to/model servos:=true    # and drives the servos of this machine
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
            DeclareLaunchArgument(
                "servos",
                default_value="false",
                description="true: car_guard and car_node drive the servos of this machine, once they are armed",
            ),
            shared.autostart_argument(),
            *shared.common_arguments(params_file=shared.config_file("car.yaml"), use_sim_time="false"),
            OpaqueFunction(function=drive),
        ]
    )


def drive(context: LaunchContext) -> list[Node]:
    """Return the agent and, where it is asked for, what drives the servos."""
    model = shared.text(context, "model")
    ours = {"agent.model": shared.string(str(Path(model).resolve())), **ON_A_CAR} if model else ON_A_CAR
    common = shared.sim_time(), shared.autostart()
    servos = [shared.node(context, "car_guard", ON_A_CAR, *common)] if shared.is_true(context, "servos") else []
    return [shared.node(context, "agent_node", ours, *common), *servos]
