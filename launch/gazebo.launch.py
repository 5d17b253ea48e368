# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""Runs one car, or several that race each other, in a real Gazebo in real time, driven by a model if one is given.

ros2 launch deepracer_ros gazebo.launch.py track:=oval model:=runs/latest     Gazebo Classic by `make gazebo`
ros2 launch deepracer_ros gazebo.launch.py gz:=true track:=oval               gz-sim by ros_gz (Jazzy with Harmonic)

With Classic, simulation_node runs its own gzserver without a window, and provides the ROS interface of the car. With
gz:=true, ros_gz_bridge provides it, as configured in config/gz_bridge.yaml; with ros2_control:=true the controllers of
config/gz_controllers.yaml provide all but the camera.
"""

import runpy
from pathlib import Path
from types import SimpleNamespace

import yaml
from launch import LaunchContext, LaunchDescription, LaunchDescriptionEntity
from launch.actions import AppendEnvironmentVariable, DeclareLaunchArgument, OpaqueFunction, SetEnvironmentVariable
from launch_ros.actions import Node
from launch_ros.substitutions import FindPackageShare

shared = SimpleNamespace(**runpy.run_path(str(Path(__file__).with_name("shared.py"))))


def generate_launch_description() -> LaunchDescription:
    """Return the launch description."""
    return LaunchDescription(
        [
            DeclareLaunchArgument("gz", default_value="false", description="true: gz-sim by ros_gz instead of Classic"),
            DeclareLaunchArgument(
                "ros2_control",
                default_value="false",
                description="true: with gz:=true, ros2_control drives the car instead of gz-sim's own systems",
            ),
            DeclareLaunchArgument("track", default_value="technical", description="one of the package's tracks"),
            DeclareLaunchArgument("model", default_value="", description="run folder or model folder; empty: no agent"),
            shared.cars_argument(),
            DeclareLaunchArgument("view", default_value="false", description="true: start rviz"),
            shared.autostart_argument(),
            shared.frame_prefix_argument(),
            *shared.common_arguments(params_file=shared.config_file("training.yaml")),
            OpaqueFunction(function=simulate),
        ]
    )


def simulate(context: LaunchContext) -> list[LaunchDescriptionEntity]:
    """Return the simulation and the agent.

    Raises:
        RuntimeError: if there are several cars in gz-sim, which has one.
    """
    if shared.is_true(context, "gz"):
        if (cars := shared.number(context, "cars")) > 1:
            raise RuntimeError(f"cars: found {cars}, expected 1 with gz:=true")
        stamped = {"stamped_cmd_vel": "true"} if shared.is_true(context, "ros2_control") else {}
        return [*gz_sim(context), shared.include("drive.launch.py", simulator="none", view="false", **stamped)]
    return [shared.include("drive.launch.py", simulator="gazebo")]


def gz_sim(context: LaunchContext) -> list[LaunchDescriptionEntity]:
    """Return gz-sim with the world of the track, the car on the start line, and the bridge.

    Raises:
        RuntimeError: if the package has no such track.
    """
    share = Path(FindPackageShare("deepracer_ros").perform(context))
    track, prefix = shared.text(context, "track"), shared.text(context, "frame_prefix")
    starts = yaml.safe_load((share / "config" / "gz_start.yaml").read_text())
    if track not in starts:
        raise RuntimeError(f"track: found {track!r}, expected one of {', '.join(starts)}")
    with_controllers = shared.is_true(context, "ros2_control")
    x, y, yaw = map(str, starts[track])
    pose = {"-x": x, "-y": y, "-z": "0.01", "-Y": yaw}
    # The origin of odom is the start pose of the car.
    odom = {"--x": x, "--y": y, "--yaw": yaw, "--frame-id": "map", "--child-frame-id": f"{prefix}odom"}
    return [
        # First, since it says whether its programs are missing.
        shared.include(
            "view.launch.py",
            urdf_for="gz",
            rviz=shared.text(context, "view"),
            controllers=str(share / "config" / "gz_controllers.yaml") if with_controllers else "",
            params_file="",
        ),
        # The worlds name no systems: this adds the system of the camera to those that gz-sim loads by itself.
        SetEnvironmentVariable("GZ_SIM_SERVER_CONFIG_PATH", str(share / "config" / "gz_server.config")),
        # Folders of model://TRACK in the worlds and of package://deepracer_ros in the URDF.
        AppendEnvironmentVariable("GZ_SIM_RESOURCE_PATH", str(share / "worlds" / "models")),
        AppendEnvironmentVariable("GZ_SIM_RESOURCE_PATH", str(share.parent)),
        shared.include(
            "gz_sim.launch.py",
            package="ros_gz_sim",
            gz_args=f"-r {share / 'worlds' / track}.world",
            on_exit_shutdown="true",
        ),
        shared.node(
            context,
            "create",
            package="ros_gz_sim",
            once=True,
            arguments=["-topic", "robot_description", "-name", "deepracer", *shared.flat(pose)],
        ),
        shared.node(
            context,
            "parameter_bridge",
            {
                "config_file": str(
                    share / "config" / ("gz_bridge_control.yaml" if with_controllers else "gz_bridge.yaml")
                )
            },
            package="ros_gz_bridge",
        ),
        shared.node(context, "static_transform_publisher", package="tf2_ros", arguments=shared.flat(odom)),
        *([controllers(context, share, prefix)] if with_controllers else []),
    ]


def controllers(context: LaunchContext, share: Path, prefix: str) -> Node:
    """Return the node that starts the controllers, with the topics and frames of simulation_node.

    Args:
        context: Context of the launch.
        share: Folder of the package's files.
        prefix: Prefix of the car's frames.
    """
    topics = "-r ~/reference:=cmd_vel -r ~/odometry:=odom -r ~/tf_odometry:=tf"
    frames = f"-p base_frame_id:={prefix}base_link -p odom_frame_id:={prefix}odom"
    return shared.node(
        context,
        "spawner",
        package="controller_manager",
        once=True,
        arguments=[
            "joint_state_broadcaster",
            "ackermann_steering_controller",
            "--param-file",
            str(share / "config" / "gz_controllers.yaml"),
            "--controller-ros-args",
            f"{topics} {frames}",
        ],
    )
