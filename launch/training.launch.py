# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""Runs `deepracer train`, which starts the nodes and servers and trains a policy.

ros2 launch deepracer_ros training.launch.py track:=oval seed:=3
"""

import os
import runpy
import shlex
import socket
from pathlib import Path
from types import SimpleNamespace

from launch import LaunchContext, LaunchDescription, LaunchDescriptionEntity
from launch.actions import DeclareLaunchArgument, ExecuteProcess, LogInfo, OpaqueFunction, SetEnvironmentVariable
from launch_ros.substitutions import ExecutableInPackage

shared = SimpleNamespace(**runpy.run_path(str(Path(__file__).with_name("shared.py"))))

OPTIONS = {
    "track": "track names or DeepRacer route files, NAME[,NAME] (default: the tracks in params_file)",
    "seed": "seed of all random draws",
    "jobs": "simulation jobs; the tracks are divided among them",
    "reward": "Python file with reward_function(params) (default: the reward in params_file)",
    "simulator": "embedded or gazebo",
    "redis": "URL of a Redis server (default: a local one is started)",
    "s3": "URL of an S3 server, or aws (default: a local one is started)",
    "name": "name of the run; an existing run resumes (default: time and track)",
    "runs": "folder of all runs (default: runs below the current folder)",
}
"""Options of `deepracer train` by name, with their descriptions; the command has the defaults."""

DOMAIN, RANGE = "ROS_DOMAIN_ID", "ROS_AUTOMATIC_DISCOVERY_RANGE"
DOMAINS = range(102)
"""Domain ids among which a training chooses, as `deepracer train` does."""
HOLDERS: list[socket.socket] = []
"""What reserves the ROS domain of this launch until its end."""


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
            *shared.common_arguments(
                of="the training (default: that of the resumed run, or the package's config/training.yaml)",
                respawn="true: start rviz again when it has ended; the training restarts its own nodes in any case",
            ),
            OpaqueFunction(function=choose_domain),
            OpaqueFunction(function=train),
        ]
    )


def choose_domain(context: LaunchContext) -> list[LaunchDescriptionEntity]:
    """Return the actions that put the training and rviz in a ROS domain that no other training on this machine uses.

    `deepracer train` would choose in the same way, but rviz could not know what it has chosen. A domain that the user
    has chosen stays.

    Raises:
        RuntimeError: if all domains are in use.
    """
    if os.environ.get(DOMAIN):
        return []
    for domain in DOMAINS:
        holder = socket.socket()
        try:
            holder.bind(("127.0.0.1", 7400 + 250 * domain))
        except OSError:
            holder.close()
        else:
            HOLDERS.append(holder)
            return [
                SetEnvironmentVariable(DOMAIN, str(domain)),
                SetEnvironmentVariable(RANGE, os.environ.get(RANGE) or "LOCALHOST"),
                LogInfo(msg=f"{DOMAIN}={domain}: the training's ROS domain on this machine"),
            ]
    raise RuntimeError(f"ROS domains: found all of 0 to {DOMAINS[-1]} in use by other trainings, expected a free one")


def train(context: LaunchContext) -> list[LaunchDescriptionEntity]:
    """Return rviz if it is wanted, and the process of `deepracer train` with the given options."""
    options = {"--config": shared.text(context, "params_file")}
    options |= {"--namespace": shared.text(context, "namespace"), "--log-level": shared.text(context, "log_level")}
    options |= {f"--{name}": shared.text(context, name) for name in OPTIONS}
    more = shlex.split(shared.text(context, "arguments"))
    training = ExecuteProcess(
        cmd=[ExecutableInPackage("deepracer", "deepracer_ros"), "train", *shared.flat(options), *more],
        name="training",
        output="screen",
        additional_env={"PYTHONUNBUFFERED": "1"},
        # The command needs time to stop its processes and servers in order and to save the state.
        sigterm_timeout="30",
        sigkill_timeout="10",
        on_exit=shared.end,
    )
    # The view is first, since it says whether its programs are missing.
    view = [shared.include("view.launch.py", params_file="")] if shared.is_true(context, "view") else []
    return [*view, training]
