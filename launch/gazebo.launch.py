# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""Runs one car in a real Gazebo in real time, driven by a model if one is given.

ros2 launch deepracer_ros gazebo.launch.py track:=oval model:=runs/latest     Gazebo Classic by `make gazebo`
ros2 launch deepracer_ros gazebo.launch.py gz:=true track:=oval               gz-sim by ros_gz (Jazzy with Harmonic)

With Classic, simulation_node runs its own gzserver without a window, and provides the ROS interface of the car. With
gz:=true, ros_gz_bridge provides it, as configured in config/gz_bridge.yaml.
"""

from pathlib import Path

import yaml
from launch import LaunchContext, LaunchDescription, LaunchDescriptionEntity
from launch.actions import (
    AppendEnvironmentVariable,
    DeclareLaunchArgument,
    IncludeLaunchDescription,
    OpaqueFunction,
    SetEnvironmentVariable,
    Shutdown,
)
from launch.conditions import IfCondition, UnlessCondition
from launch.events.process import ProcessExited
from launch.launch_description_sources import PythonLaunchDescriptionSource
from launch.substitutions import LaunchConfiguration, PathJoinSubstitution
from launch_ros.actions import Node
from launch_ros.substitutions import FindPackageShare

CAMERA = {"camera.width": 160, "camera.height": 120}


def generate_launch_description() -> LaunchDescription:
    """Return the launch description."""
    share = FindPackageShare("deepracer_ros")
    gz = LaunchConfiguration("gz")
    return LaunchDescription(
        [
            DeclareLaunchArgument("gz", default_value="false", description="true: gz-sim by ros_gz instead of Classic"),
            DeclareLaunchArgument("track", default_value="technical", description="one of the package's tracks"),
            DeclareLaunchArgument("model", default_value="", description="run folder or model folder; empty: no agent"),
            DeclareLaunchArgument(
                "config",
                default_value=PathJoinSubstitution([share, "config", "training.yaml"]),
                description="ROS 2 parameter file of the nodes",
            ),
            DeclareLaunchArgument("view", default_value="false", description="true: start rviz"),
            OpaqueFunction(function=gz_sim, condition=IfCondition(gz)),
            OpaqueFunction(function=classic, condition=UnlessCondition(gz)),
            OpaqueFunction(function=driver),
        ]
    )


def classic(context: LaunchContext) -> list[LaunchDescriptionEntity]:
    """Return the node that runs Gazebo Classic."""
    track = LaunchConfiguration("track").perform(context)
    ours = {
        "tracks": [track],
        "simulation.simulator": "gazebo",
        "simulation.cars": 1,
        "simulation.real_time": True,
        **CAMERA,
    }
    return [
        Node(
            package="deepracer_ros",
            executable="simulation_node",
            output="screen",
            parameters=[LaunchConfiguration("config"), ours],
            on_exit=end,
        ),
        include("deepracer_ros", "view.launch.py", condition=IfCondition(LaunchConfiguration("view"))),
    ]


def gz_sim(context: LaunchContext) -> list[LaunchDescriptionEntity]:
    """Return gz-sim with the world of the track, the car on the start line, and the bridge."""
    share = Path(FindPackageShare("deepracer_ros").perform(context))
    track = LaunchConfiguration("track").perform(context)
    starts = yaml.safe_load((share / "config" / "gz_start.yaml").read_text())
    if track not in starts:
        raise RuntimeError(f"track: found {track!r}, expected one of {', '.join(starts)}")
    x, y, yaw = map(str, starts[track])
    pose = {"-x": x, "-y": y, "-z": "0.01", "-Y": yaw}
    # The origin of odom is the start pose of the car.
    odom = {"--x": x, "--y": y, "--yaw": yaw, "--frame-id": "map", "--child-frame-id": "odom"}
    return [
        # The worlds name no systems: this adds the system of the camera to those that gz-sim loads by itself.
        SetEnvironmentVariable("GZ_SIM_SERVER_CONFIG_PATH", str(share / "config" / "gz_server.config")),
        # Folders of model://TRACK in the worlds and of package://deepracer_ros in the URDF.
        AppendEnvironmentVariable("GZ_SIM_RESOURCE_PATH", str(share / "worlds" / "models")),
        AppendEnvironmentVariable("GZ_SIM_RESOURCE_PATH", str(share.parent)),
        include(
            "ros_gz_sim",
            "gz_sim.launch.py",
            gz_args=f"-r {share / 'worlds' / track}.world",
            on_exit_shutdown="true",
        ),
        include("deepracer_ros", "view.launch.py", urdf_for="gz", rviz=LaunchConfiguration("view").perform(context)),
        Node(
            package="ros_gz_sim",
            executable="create",
            arguments=["-topic", "robot_description", "-name", "deepracer", *flat(pose)],
        ),
        Node(
            package="ros_gz_bridge",
            executable="parameter_bridge",
            parameters=[{"config_file": str(share / "config" / "gz_bridge.yaml")}],
        ),
        Node(package="tf2_ros", executable="static_transform_publisher", arguments=flat(odom)),
    ]


def driver(context: LaunchContext) -> list[LaunchDescriptionEntity]:
    """Return the agent if a model is given."""
    model = LaunchConfiguration("model").perform(context)
    if not model:
        return []
    ours = {"agent.model": str(Path(model).resolve()), "agent.explore": False, **CAMERA}
    return [
        Node(
            package="deepracer_ros",
            executable="agent_node",
            output="screen",
            parameters=[LaunchConfiguration("config"), ours],
            on_exit=end,
        )
    ]


def include(
    package: str, name: str, condition: IfCondition | None = None, **arguments: str
) -> IncludeLaunchDescription:
    """Return the action that includes a launch file of a package with arguments."""
    return IncludeLaunchDescription(
        PythonLaunchDescriptionSource(PathJoinSubstitution([FindPackageShare(package), "launch", name])),
        launch_arguments=arguments.items(),
        condition=condition,
    )


def flat(options: dict[str, str]) -> list[str]:
    """Return options and their values as a flat list."""
    return [word for item in options.items() for word in item]


def end(event: ProcessExited, context: LaunchContext) -> Shutdown:
    """Return the action that ends the launch; raise an exception if the process failed, so that ros2 launch fails."""
    if event.returncode and not context.is_shutdown:
        raise RuntimeError(f"{event.process_name}: ended with exit code {event.returncode}")
    return Shutdown(reason=f"{event.process_name} has ended")
