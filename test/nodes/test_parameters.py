# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""Every key of the configuration is a declared ROS parameter: described, read-only or really changeable."""

import pytest
import rclpy
from rclpy.parameter import Parameter

from deepracer_ros.errors import InputError
from deepracer_ros.nodes.base import make_node
from deepracer_ros.nodes.parameters import follow_changes, read_config, read_place
from deepracer_ros.reference import keys_of
from deepracer_ros.training.config import Place, RunConfig

CHANGEABLE = ("agent.max_age", "learning.learning_rate")


@pytest.fixture
def make():
    """Return a node with these parameters."""
    made = []

    def make(*given):
        rclpy.init(args=["--ros-args", *(word for value in given for word in ("-p", value))])
        made.append(make_node("probe"))
        return made[-1]

    yield make
    for node in made:
        node.destroy_node()
    rclpy.try_shutdown()


@pytest.fixture
def node(make):
    return make("learning.epochs:=5", "reward.progress:=2.0", "job:=3")


def set_to(node, name, value):
    """Return whether a parameter took a value, and why not."""
    (result,) = node.set_parameters([Parameter(name, value=value)])
    return result.successful, result.reason


def test_all_keys_are_declared_with_meaning_range_and_value(node):
    config = read_config(node, CHANGEABLE)
    assert (config.learning.epochs, config.reward, read_place(node).job) == (5, {"progress": 2.0}, 3)
    for key in (*keys_of(RunConfig), *keys_of(Place)):
        if key.name == "reward":
            continue  # its terms are parameters of their own
        descriptor = node.describe_parameter(key.name)
        assert key.text in descriptor.description
        assert descriptor.additional_constraints == key.limits
        assert descriptor.read_only == (key.name not in CHANGEABLE)
        assert descriptor.type == node.get_parameter(key.name).type_.value != Parameter.Type.NOT_SET.value
    assert node.get_parameter("learning.epochs").value == 5
    assert node.get_parameter("trainer.max_seconds").value == 600.0
    assert node.get_parameter("network.critic_reads").value == []
    assert node.describe_parameter("camera.width").additional_constraints == "8 to 4096 pixels"


def test_ranges_are_numbers_too(node):
    read_config(node)
    (width,) = node.describe_parameter("camera.width").integer_range
    assert (width.from_value, width.to_value) == (8, 4096)
    (discount,) = node.describe_parameter("learning.discount_factor").floating_point_range
    assert (discount.from_value, discount.to_value) == (0.0, 1.0)


def test_declaring_changes_nothing_when_it_is_read_again(node):
    assert read_config(node) == read_config(node)


def test_a_changeable_key_changes_and_no_other_says_so(node):
    config, found = read_config(node, CHANGEABLE), []
    read_place(node)
    follow_changes(node, config, found.append)
    assert set_to(node, "agent.max_age", 0.5) == (True, "")
    assert set_to(node, "learning.learning_rate", 1e-4) == (True, "")
    assert [(new.agent.max_age, new.learning.learning_rate) for new in found] == [
        (0.5, config.learning.learning_rate), (0.5, 1e-4),
    ]  # fmt: skip
    for name, value, reason in (
        ("agent.max_age", -1.0, "out of range"),
        ("agent.max_age", 0.0, "parameter: agent.max_age: found 0.0, expected above 0 s"),
        ("agent.max_age", "long", "Wrong parameter type"),
        ("learning.epochs", 7, "read-only"),
        ("reward.progress", 7.0, "read-only"),
        ("job", 7, "read-only"),
    ):
        taken, why = set_to(node, name, value)
        assert not taken
        assert reason in why
    assert node.get_parameter("agent.max_age").value == 0.5
    assert node.get_parameter("learning.epochs").value == 5
    assert len(found) == 2


def test_a_parameter_of_ros_is_none_of_ours(node):
    found = []
    follow_changes(node, read_config(node, CHANGEABLE), found.append)
    assert set_to(node, "use_sim_time", True) == (True, "")
    assert found == []


def test_parameters_of_other_nodes_are_ignored_and_misspelt_ones_are_not(make):
    node = make("publish_frequency:=30.0", "frame_id:=base", "learning.epochs:=5")
    assert read_config(node).learning.epochs == 5


def test_a_misspelt_section_or_key_is_an_error(make):
    with pytest.raises(InputError, match="found unknown key 'learn.epochs', perhaps 'learner'"):
        read_config(make("learn.epochs:=5"))


def test_a_misspelt_key_is_an_error(make):
    with pytest.raises(InputError, match="learning: unknown key 'epoch', perhaps 'epochs'"):
        read_config(make("learning.epoch:=5"))


def test_a_password_is_not_shown(make):
    node = make("experience.url:=redis://user:secret@host:1")
    assert read_config(node).experience.url == "redis://user:secret@host:1"
    assert node.get_parameter("experience.url").value == "redis://user:***@host:1"
