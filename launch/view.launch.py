# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""Shows the car, its camera, the track, the fleet and the driven path in rviz, for every simulator and driver.

ros2 launch deepracer_ros view.launch.py
"""

from launch import LaunchDescription
from launch.actions import DeclareLaunchArgument
from launch.conditions import IfCondition
from launch.substitutions import Command, FindExecutable, LaunchConfiguration, PathJoinSubstitution
from launch_ros.actions import Node
from launch_ros.parameter_descriptions import ParameterValue
from launch_ros.substitutions import FindPackageShare


def generate_launch_description() -> LaunchDescription:
    """Return the launch description."""
    share = FindPackageShare("deepracer_ros")
    path = PathJoinSubstitution([share, "urdf", "deepracer.urdf.xacro"])
    urdf = Command([FindExecutable(name="xacro"), " ", path, " simulator:=", LaunchConfiguration("urdf_for")])
    time = {"use_sim_time": ParameterValue(LaunchConfiguration("use_sim_time"), value_type=bool)}
    return LaunchDescription(
        [
            DeclareLaunchArgument(
                "rviz_config",
                default_value=PathJoinSubstitution([share, "config", "deepracer.rviz"]),
                description="configuration file of rviz",
            ),
            DeclareLaunchArgument("rviz", default_value="true", description="false: only robot_state_publisher"),
            DeclareLaunchArgument(
                "urdf_for", default_value="none", description="simulator of the URDF: none, classic or gz"
            ),
            DeclareLaunchArgument(
                "use_sim_time", default_value="true", description="true: simulation time; false: a real car"
            ),
            Node(
                package="robot_state_publisher",
                executable="robot_state_publisher",
                parameters=[time, {"robot_description": ParameterValue(urdf, value_type=str)}],
            ),
            Node(
                package="rviz2",
                executable="rviz2",
                arguments=["-d", LaunchConfiguration("rviz_config")],
                parameters=[time],
                condition=IfCondition(LaunchConfiguration("rviz")),
            ),
        ]
    )
