"""Runs the agent alone, on a car: it answers `camera/image_raw` with commands, and stands still until it has a model.

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
    """Return the description."""
    default = PathJoinSubstitution([FindPackageShare("deepracer_ros"), "config", "car.yaml"])
    model = ParameterValue(LaunchConfiguration("model"), value_type=str)
    return LaunchDescription(
        [
            DeclareLaunchArgument("config", default_value=default, description="ROS 2 parameter file"),
            DeclareLaunchArgument(
                "model",
                default_value="",
                description="run or model folder; empty: the models of the config's `run` in its S3 server",
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
    """End the launch with its process, and with an error if that had one: only an exception makes ros2 launch fail."""
    if event.returncode and not context.is_shutdown:
        raise RuntimeError(f"{event.process_name}: ended with exit code {event.returncode}")
    return Shutdown(reason=f"{event.process_name} has ended")
