"""Trains a policy by `deepracer train`, which starts the nodes and the servers, and ends when they do.

ros2 launch deepracer_ros training.launch.py track:=oval seed:=3
"""

import shlex

from launch import LaunchContext, LaunchDescription
from launch.actions import DeclareLaunchArgument, ExecuteProcess, IncludeLaunchDescription, OpaqueFunction, Shutdown
from launch.conditions import IfCondition
from launch.events.process import ProcessExited
from launch.launch_description_sources import PythonLaunchDescriptionSource
from launch.substitutions import LaunchConfiguration, PathJoinSubstitution
from launch_ros.substitutions import ExecutableInPackage, FindPackageShare

OPTIONS = {
    "config": "ROS 2 parameter file (the package's config/training.yaml)",
    "track": "track names or DeepRacer route files, NAME[,NAME] (that of the config)",
    "seed": "what every random draw derives from",
    "jobs": "simulation jobs; tracks are shared out among them",
    "reward": "Python file with reward_function(params) (the weighted terms of the config)",
    "simulator": "embedded or gazebo",
    "redis": "URL of a Redis server (a local one is started)",
    "s3": "URL of an S3 server, or aws (a local one is started)",
    "name": "name of the run; an existing one goes on (time and track)",
    "runs": "folder of all runs (runs, where ros2 launch was started)",
}
"""Options of `deepracer train`; one that is not given has the command's own default."""


def generate_launch_description() -> LaunchDescription:
    """Return the description."""
    return LaunchDescription(
        [
            *(DeclareLaunchArgument(name, default_value="", description=text) for name, text in OPTIONS.items()),
            DeclareLaunchArgument(
                "arguments", default_value="", description="more for `deepracer train`, as '--set learning.epochs=6'"
            ),
            DeclareLaunchArgument("view", default_value="false", description="true: rviz shows the first job"),
            OpaqueFunction(function=train),
            IncludeLaunchDescription(
                PythonLaunchDescriptionSource(
                    PathJoinSubstitution([FindPackageShare("deepracer_ros"), "launch", "view.launch.py"])
                ),
                condition=IfCondition(LaunchConfiguration("view")),
            ),
        ]
    )


def train(context: LaunchContext) -> list[ExecuteProcess]:
    """Return the training's process with the options that were given."""
    options = given(context) + shlex.split(LaunchConfiguration("arguments").perform(context))
    command = [ExecutableInPackage("deepracer", "deepracer_ros"), "train", *options]
    return [
        ExecuteProcess(
            cmd=command,
            name="training",
            output="screen",
            additional_env={"PYTHONUNBUFFERED": "1"},
            # It stops its processes and servers in order, and saves the state.
            sigterm_timeout="30",
            sigkill_timeout="10",
            on_exit=end,
        )
    ]


def given(context: LaunchContext) -> list[str]:
    """Return `--NAME VALUE` for each of the options that is not empty."""
    values = {name: LaunchConfiguration(name).perform(context) for name in OPTIONS}
    return [word for name, value in values.items() if value for word in (f"--{name}", value)]


def end(event: ProcessExited, context: LaunchContext) -> Shutdown:
    """End the launch with its process, and with an error if that had one: only an exception makes ros2 launch fail."""
    if event.returncode and not context.is_shutdown:
        raise RuntimeError(f"{event.process_name}: ended with exit code {event.returncode}")
    return Shutdown(reason=f"{event.process_name} has ended")
