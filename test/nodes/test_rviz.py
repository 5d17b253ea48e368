# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""The rviz config shows topics that a simulation publishes, by displays that rviz has."""

from collections.abc import Iterator
from typing import Any

import pytest
import rclpy
import yaml

from deepracer_ros.nodes.messages.frames import fixed_joints
from deepracer_ros.nodes.messages.state import state_type
from deepracer_ros.nodes.outputs.description import robot_description
from deepracer_ros.nodes.simulation_node import SimulationNode
from deepracer_ros.share import share_directory

TYPES = {
    "MarkerArray": "visualization_msgs/msg/MarkerArray",
    "PointCloud2": "sensor_msgs/msg/PointCloud2",
    "Path": "nav_msgs/msg/Path",
    "RobotModel": "std_msgs/msg/String",
    "Image": "sensor_msgs/msg/Image",
    "Odometry": "nav_msgs/msg/Odometry",
}
"""What rviz_default_plugins' displays of these names show."""
OTHERS = {
    "rviz_common": {"Displays", "Views", "Time", "Selection", "Tool Properties"},
    "rviz_default_plugins": {
        *TYPES, "TF", "MoveCamera", "Select", "FocusCamera", "Measure", "Orbit", "ThirdPersonFollower", "TopDownOrtho",
    },
}  # fmt: skip
"""Plugins of rviz on Jazzy; an unknown one is an empty line in its window."""


SHOWN = {
    "deepracer.rviz": {"MarkerArray", "PointCloud2", "Path", "RobotModel", "Image"},
    "car.rviz": {"RobotModel", "Image", "Odometry"},
}
"""The displays of each configuration."""


def read(name: str) -> dict[str, Any]:
    return yaml.safe_load((share_directory() / "config" / name).read_text())


@pytest.fixture(scope="module", params=SHOWN)
def name(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture(scope="module")
def config(name: str) -> dict[str, Any]:
    return read(name)


@pytest.fixture(scope="module")
def published() -> Iterator[dict[str, str]]:
    rclpy.init(args=["--ros-args", "-p", "simulation.cars:=1", "-p", "tracks:=[oval]"])
    simulation = SimulationNode()
    # asked of the node, not of the ROS graph: that may know another node of this name, from a process just killed
    yield {publisher.topic_name: message_name(publisher.msg_type) for publisher in simulation.publishers}
    simulation.close()
    simulation.node.destroy_node()
    rclpy.shutdown()


def message_name(message: type) -> str:
    """Its name in ROS, e.g. 'sensor_msgs/msg/Image'."""
    return f"{message.__module__.split('.')[0]}/msg/{message.__name__}"


def classes(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        yield from [value["Class"]] if value.get("Class") else []
        value = list(value.values())
    if isinstance(value, list):
        for item in value:
            yield from classes(item)


def displays(config: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {display["Class"].split("/")[1]: display for display in config["Visualization Manager"]["Displays"]}


def test_plugins_are_rviz_s(config):
    for name in classes(config):
        package, plugin = name.split("/")
        assert plugin in OTHERS[package]


def test_every_display_s_topic_is_published_with_its_type(name, config, published):
    shown = displays(config)
    assert shown.keys() - {"TF"} == SHOWN[name]
    for kind in SHOWN[name]:
        message = TYPES[kind]
        topic = shown[kind]["Description Topic" if kind == "RobotModel" else "Topic"]
        assert published[f"/{topic['Value']}"] == message  # relative, so that it follows rviz into a namespace
        latched = kind in ("RobotModel", "MarkerArray")
        assert topic["Durability Policy"] == ("Transient Local" if latched else "Volatile")


def test_the_fleet_s_colour_is_a_field_of_its_points():
    fleet = displays(read("deepracer.rviz"))["PointCloud2"]
    assert fleet["Channel Name"] == "reward"
    assert fleet["Channel Name"] in state_type(()).names


def test_frames_are_in_the_tree(config):
    manager = config["Visualization Manager"]
    frames = {"map", "odom", "base_link", *(joint.child_frame_id for joint in fixed_joints(robot_description()))}
    views = [manager["Views"]["Current"], *manager["Views"]["Saved"]]
    used = {manager["Global Options"]["Fixed Frame"], *(view["Target Frame"] for view in views)}
    assert used - {"<Fixed Frame>"} <= frames
