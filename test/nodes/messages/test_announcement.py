# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""An announcement names a model of its own run, or nothing."""

from dataclasses import replace

import pytest
from rclpy.serialization import deserialize_message, serialize_message
from std_msgs.msg import String

from deepracer_ros.models.pointer import Pointer
from deepracer_ros.nodes.messages.announcement import from_published, to_published
from deepracer_ros.training.config import RunConfig
from deepracer_ros.training.policies import make_manifest


def test_an_announcement_is_for_its_own_run_only() -> None:
    manifest = replace(make_manifest(RunConfig(), "mine", 0, 0), version=7, sha256="ab" * 32)
    message = deserialize_message(serialize_message(to_published(manifest, 1.5)), String)
    assert from_published(message, "mine") == Pointer(7, "ab" * 32)
    assert from_published(message, "another") is None


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "{}", '{"run": "mine"}', '{"run": "mine", "version": "7", "sha256": "ab"}']
)
def test_a_malformed_announcement_announces_nothing(text: str) -> None:
    assert from_published(String(data=text), "mine") is None
