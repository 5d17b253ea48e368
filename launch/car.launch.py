# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""Runs only the agent, on a car: it answers `camera/image_raw` with commands, and stands still until it has a model.

ros2 launch deepracer_ros car.launch.py model:=path/to/model
"""

from launch import LaunchContext, LaunchDescription
from launch.actions import DeclareLaunchArgument, Shutdown
from launch.events.process import ProcessExited
from launch.substitutions import LaunchConfiguration, PathJoinSubstitution
from launch_ros.actions import Node
from launch_ros.parameter_descriptions import ParameterValue
from launch_ros.substitutions import FindPackageShare


def generate_launch_description() -> LaunchDescription:
    """Return the launch description."""
    default = PathJoinSubstitution([FindPackageShare("deepracer_ros"), "config", "car.yaml"])
    model = ParameterValue(LaunchConfiguration("model"), value_type=str)
    return LaunchDescription(
        [
            DeclareLaunchArgument("config", default_value=default, description="ROS 2 parameter file"),
            DeclareLaunchArgument(
                "model",
                default_value="",
                description="run folder or model folder; empty: the models of the config's `run` in its S3 server",
            ),
            Node(
                package="deepracer_ros",
                executable="agent_node",
                output="screen",
                parameters=[LaunchConfiguration("config"), {"agent.model": model}],
                on_exit=end,
            ),
        ]
    )


def end(event: ProcessExited, context: LaunchContext) -> Shutdown:
    """Return the action that ends the launch; raise an exception if the process failed, so that ros2 launch fails."""
    if event.returncode and not context.is_shutdown:
        raise RuntimeError(f"{event.process_name}: ended with exit code {event.returncode}")
    return Shutdown(reason=f"{event.process_name} has ended")
