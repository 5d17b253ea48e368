# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""Shows the car, its camera, the track, the fleet and the driven path in rviz, for every simulator and driver.

ros2 launch deepracer_ros view.launch.py
"""

import os
import runpy
from hashlib import sha256
from pathlib import Path
from tempfile import NamedTemporaryFile
from types import SimpleNamespace

from launch import LaunchContext, LaunchDescription
from launch.actions import DeclareLaunchArgument, OpaqueFunction
from launch.substitutions import Command, FindExecutable, LaunchConfiguration, PathJoinSubstitution
from launch_ros.actions import Node
from launch_ros.parameter_descriptions import ParameterValue
from launch_ros.substitutions import FindPackagePrefix, FindPackageShare

shared = SimpleNamespace(**runpy.run_path(str(Path(__file__).with_name("shared.py"))))


def generate_launch_description() -> LaunchDescription:
    """Return the launch description."""
    return LaunchDescription(
        [
            DeclareLaunchArgument(
                "rviz_config",
                default_value=shared.config_file("deepracer.rviz"),
                description="configuration file of rviz",
            ),
            DeclareLaunchArgument("rviz", default_value="true", description="false: only robot_state_publisher"),
            DeclareLaunchArgument(
                "urdf_for", default_value="none", description="simulator of the URDF: none, classic or gz"
            ),
            DeclareLaunchArgument(
                "controllers",
                default_value="",
                description="gz only: ros2_control's parameter file; empty: the systems of gz-sim drive the car",
            ),
            shared.frame_prefix_argument(),
            *shared.common_arguments(),
            OpaqueFunction(function=view),
        ]
    )


def view(context: LaunchContext) -> list[Node]:
    """Return robot_state_publisher, and rviz unless it is not wanted.

    Raises:
        RuntimeError: if the package of one of them is not installed.
    """
    prefix, with_rviz = shared.text(context, "frame_prefix"), shared.is_true(context, "rviz")
    for package in ("robot_state_publisher", "rviz2")[: 1 + with_rviz]:
        check_installed(context, package)
    path = PathJoinSubstitution([FindPackageShare("deepracer_ros"), "urdf", "deepracer.urdf.xacro"])
    options = [" simulator:=", LaunchConfiguration("urdf_for"), f" frame_prefix:={prefix}"]
    if controllers := shared.text(context, "controllers"):
        options.append(f" controllers:={controllers} namespace:={shared.text(context, 'namespace')}")
    urdf = ParameterValue(Command([FindExecutable(name="xacro"), " ", path, *options]), value_type=str)
    common = [*shared.parameter_file(context), shared.sim_time()]
    nodes = [
        shared.node(
            context,
            "robot_state_publisher",
            *common,
            {"robot_description": urdf, "frame_prefix": shared.string(prefix)},
            package="robot_state_publisher",
        )
    ]
    if with_rviz:
        config = rviz_config(Path(shared.text(context, "rviz_config")), prefix)
        nodes.append(shared.node(context, "rviz2", *common, package="rviz2", arguments=["-d", str(config)]))
    return nodes


def rviz_config(path: Path, prefix: str) -> Path:
    """Return the configuration file of rviz for a car whose frames have a prefix: a copy in ROS's own folder."""
    if not prefix:
        return path
    text = path.read_text()
    # rviz puts a slash between its TF prefix and the name of a link.
    text = text.replace('TF Prefix: ""', f"TF Prefix: {prefix.rstrip('/')}")
    text = text.replace("Target Frame: base_link", f"Target Frame: {prefix}base_link")
    text = text.replace("Fixed Frame: odom", f"Fixed Frame: {prefix}odom")
    # The name depends on the content, so that launches neither disturb each other nor leave ever more files.
    name = f"deepracer-{sha256(text.encode()).hexdigest()[:16]}.rviz"
    folder = Path(os.environ.get("ROS_HOME") or Path.home() / ".ros")
    folder.mkdir(parents=True, exist_ok=True)
    with NamedTemporaryFile("w", dir=folder, delete=False) as file:
        file.write(text)
    return Path(file.name).replace(folder / name)


def check_installed(context: LaunchContext, package: str) -> None:
    """Check that a package is installed.

    Raises:
        RuntimeError: if it is not.
    """
    try:
        FindPackagePrefix(package).perform(context)
    except LookupError as error:
        name = f"ros-$ROS_DISTRO-{package.replace('_', '-')}"
        raise RuntimeError(
            f"view: found no package {package}, expected it installed (apt-get install {name})"
        ) from error
