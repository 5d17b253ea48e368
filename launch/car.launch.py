"""Runs the agent alone, on a car: it answers `camera/image_raw` with commands, and stands still until it has a model.

ros2 launch deepracer_ros car.launch.py model:=path/to/model
"""

from launch import LaunchDescription
from launch.actions import DeclareLaunchArgument
from launch.substitutions import LaunchConfiguration, PathJoinSubstitution
from launch_ros.actions import Node
from launch_ros.parameter_descriptions import ParameterValue
from launch_ros.substitutions import FindPackageShare

from deepracer_ros.nodes.launching import end_with


def generate_launch_description() -> LaunchDescription:
    """Return the description."""
    default = PathJoinSubstitution([FindPackageShare("deepracer_ros"), "config", "car.yaml"])
    model = ParameterValue(LaunchConfiguration("model"), value_type=str)
    return LaunchDescription(
        [
            DeclareLaunchArgument("config", default_value=default, description="ROS 2 parameter file"),
            DeclareLaunchArgument(
                "model",
                default_value="",
                description="run or model folder; empty follows the models of the config's run in its S3 server",
            ),
            Node(
                package="deepracer_ros",
                executable="agent_node",
                output="screen",
                parameters=[LaunchConfiguration("config"), {"agent.model": model}],
                on_exit=end_with("agent_node"),
            ),
        ]
    )
