# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""Runs one car in real time, or several that race each other, driven by a model if one is given.

ros2 launch deepracer_ros drive.launch.py track:=oval model:=runs/latest
ros2 launch deepracer_ros drive.launch.py track:=oval model:=runs/latest cars:=2     a head-to-head race
"""

import runpy
from pathlib import Path
from types import SimpleNamespace

from launch import LaunchContext, LaunchDescription, LaunchDescriptionEntity
from launch.actions import DeclareLaunchArgument, OpaqueFunction

shared = SimpleNamespace(**runpy.run_path(str(Path(__file__).with_name("shared.py"))))

REAL_TIME = {"simulation.real_time": True, "camera.width": 160, "camera.height": 120}
"""Parameters that simulation and agent must have in common, as the number of cars."""


def generate_launch_description() -> LaunchDescription:
    """Return the launch description."""
    return LaunchDescription(
        [
            DeclareLaunchArgument("track", default_value="technical", description="name of a track, or a route file"),
            DeclareLaunchArgument("model", default_value="", description="run folder or model folder; empty: no agent"),
            DeclareLaunchArgument(
                "simulator",
                default_value="embedded",
                description="embedded or gazebo (Classic, by `make gazebo`); none: another program simulates the car",
            ),
            shared.cars_argument(),
            DeclareLaunchArgument(
                "stamped_cmd_vel",
                default_value="",
                description="true: cmd_vel has TwistStamped; false: Twist (default: that of params_file)",
            ),
            DeclareLaunchArgument("view", default_value="false", description="true: start rviz"),
            shared.autostart_argument(),
            shared.frame_prefix_argument(),
            *shared.common_arguments(params_file=shared.config_file("training.yaml")),
            OpaqueFunction(function=drive),
        ]
    )


def drive(context: LaunchContext) -> list[LaunchDescriptionEntity]:
    """Return rviz if it is wanted, the simulation if it is ours, and the agent if a model is given."""
    track, model, simulator, prefix = (
        shared.text(context, name) for name in ("track", "model", "simulator", "frame_prefix")
    )
    cars = shared.number(context, "cars")
    common: dict[str, object] = {"simulation.cars": cars, **REAL_TIME}
    if shared.text(context, "stamped_cmd_vel"):
        common["agent.stamped_cmd_vel"] = shared.is_true(context, "stamped_cmd_vel")
    if cars > 1:
        common |= {"race.type": "head_to_head", "race.cars": cars}
    actions: list[LaunchDescriptionEntity] = []
    if shared.is_true(context, "view"):
        actions.append(
            shared.include("view.launch.py", params_file="")
        )  # first, since it says whether its programs are missing
    if simulator != "none":
        ours = {"tracks": [track], "simulation.simulator": shared.string(simulator), **common, **shared.autostart()}
        # It gets no use_sim_time, since it is the source of that time.
        actions.append(
            shared.node(context, "simulation_node", ours | ({"frame_prefix": shared.string(prefix)} if prefix else {}))
        )
    if model:
        ours = {"agent.model": shared.string(str(Path(model).resolve())), "agent.explore": False, **common}
        actions.append(shared.node(context, "agent_node", ours, shared.sim_time(), shared.autostart()))
    return actions
