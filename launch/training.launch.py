# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""Runs `deepracer train`, which starts the nodes and servers and trains a policy.

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
    "config": "ROS 2 parameter file (default: the package's config/training.yaml)",
    "track": "track names or DeepRacer route files, NAME[,NAME] (default: the tracks in the config)",
    "seed": "seed of all random draws",
    "jobs": "simulation jobs; the tracks are divided among them",
    "reward": "Python file with reward_function(params) (default: the reward in the config)",
    "simulator": "embedded or gazebo",
    "redis": "URL of a Redis server (default: a local one is started)",
    "s3": "URL of an S3 server, or aws (default: a local one is started)",
    "name": "name of the run; an existing run resumes (default: time and track)",
    "runs": "folder of all runs (default: runs below the current folder)",
}
"""Options of `deepracer train` by name, with their descriptions; the command has the defaults."""


def generate_launch_description() -> LaunchDescription:
    """Return the launch description."""
    return LaunchDescription(
        [
            *(DeclareLaunchArgument(name, default_value="", description=text) for name, text in OPTIONS.items()),
            DeclareLaunchArgument(
                "arguments",
                default_value="",
                description="more options of `deepracer train`, for example '--set learning.epochs=6'",
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
    """Return the process of `deepracer train` with the given options."""
    options = given(context) + shlex.split(LaunchConfiguration("arguments").perform(context))
    command = [ExecutableInPackage("deepracer", "deepracer_ros"), "train", *options]
    return [
        ExecuteProcess(
            cmd=command,
            name="training",
            output="screen",
            additional_env={"PYTHONUNBUFFERED": "1"},
            # The command needs time to stop its processes and servers in order and to save the state.
            sigterm_timeout="30",
            sigkill_timeout="10",
            on_exit=end,
        )
    ]


def given(context: LaunchContext) -> list[str]:
    """Return `--NAME VALUE` for each option that is not empty."""
    values = {name: LaunchConfiguration(name).perform(context) for name in OPTIONS}
    return [word for name, value in values.items() if value for word in (f"--{name}", value)]


def end(event: ProcessExited, context: LaunchContext) -> Shutdown:
    """Return the action that ends the launch; raise an exception if the process failed, so that ros2 launch fails."""
    if event.returncode and not context.is_shutdown:
        raise RuntimeError(f"{event.process_name}: ended with exit code {event.returncode}")
    return Shutdown(reason=f"{event.process_name} has ended")
