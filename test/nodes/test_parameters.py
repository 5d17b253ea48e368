"""Every key of the configuration is a declared ROS parameter that says what it means."""

import pytest
import rclpy

from deepracer_ros.nodes.base import make_node
from deepracer_ros.nodes.parameters import read_config, read_place
from deepracer_ros.reference import keys_of
from deepracer_ros.training.config import RunConfig


@pytest.fixture
def node():
    rclpy.init(args=["--ros-args", "-p", "learning.epochs:=5", "-p", "reward.progress:=2.0", "-p", "job:=3"])
    made = make_node("probe")
    yield made
    made.destroy_node()
    rclpy.shutdown()


def test_all_keys_are_declared_with_meaning_range_and_value(node):
    config = read_config(node)
    assert (config.learning.epochs, config.reward, read_place(node).job) == (5, {"progress": 2.0}, 3)
    for key in keys_of(RunConfig):
        if key.default in ((), {}) or key.name == "reward":
            continue  # without a value there is no type, and the reward's terms are parameters of their own
        descriptor = node.describe_parameter(key.name)
        assert key.text in descriptor.description
        assert descriptor.additional_constraints == key.limits
        assert descriptor.read_only
    assert node.get_parameter("learning.epochs").value == 5
    assert node.get_parameter("trainer.max_seconds").value == 600.0
    assert node.describe_parameter("camera.width").additional_constraints == "8 to 4096 pixels"


def test_declaring_changes_nothing_when_it_is_read_again(node):
    assert read_config(node) == read_config(node)
