# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""Replay of a bag: whether a model decides on the recorded frames as it did when they were recorded."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rclpy.serialization import deserialize_message
from rosbags.rosbag2 import Reader, ReaderError
from sensor_msgs.msg import Image, JointState, PointCloud2

from deepracer_ros.errors import InputError
from deepracer_ros.learning.policy import Policy
from deepracer_ros.nodes.messages.errors import MessageError
from deepracer_ros.nodes.messages.images import from_image
from deepracer_ros.nodes.messages.stamps import to_nanoseconds
from deepracer_ros.nodes.messages.state import from_state, state_block, terms_of
from deepracer_ros.simulation.sensors import CAMERA, STATE

KINDS = {"camera/image_raw": Image, "race/state": PointCloud2, "drive": JointState}
"""The topics that are read, without their namespace."""
MOST_PENDING = 256
"""Number of frames that are kept until their command is read."""
TOLERANCE = 1e-4
"""Largest difference between two computations of one log-probability, on machines of different kinds."""


@dataclass
class Replay:
    """The comparison of recorded and repeated decisions.

    Attributes:
        same: Number of commands that the model decides again.
        different: Number of commands that it does not.
        others: Number of commands of other models, which are not compared.
        largest: Largest difference of a log-probability.
        first: Stamp of the first command that is different, ns; None if there is none.
    """

    same: int = 0
    different: int = 0
    others: int = 0
    largest: float = 0.0
    first: int | None = field(default=None)


def replay(bag: Path, policy: Policy, version: str) -> Replay:
    """Let a policy judge the recorded commands of its version.

    A recorded command is a draw from the policy's distribution, or its greedy action. In both cases the policy gives it
    the recorded log-probability again if and only if it sees what it saw.

    Args:
        bag: Folder of a bag of `deepracer record` or `ros2 bag record` with the topics of one job or one car.
        policy: The policy.
        version: Version of its model, as it stands in the commands.

    Raises:
        InputError: if the bag cannot be read, or the policy reads a sensor that is not recorded.
    """
    if unknown := set(policy.reads) - {CAMERA, STATE}:
        raise InputError(f"{bag}: the model reads {', '.join(sorted(unknown))}, expected {CAMERA} or {STATE}")
    found, pending = Replay(), dict[int, dict[str, Any]]()
    for topic, message in _messages(bag):
        stamp = to_nanoseconds(message.header.stamp)
        if topic != "drive":
            pending.setdefault(stamp, {})[topic] = message
            while len(pending) > MOST_PENDING:
                del pending[next(iter(pending))]
        elif message.header.frame_id != version:
            found.others += 1
        elif stamp in pending:
            _compare(found, stamp, message, pending[stamp], policy)
    if not found.same + found.different:
        raise InputError(f"{bag}: found {found.others} commands of other models, expected some of version {version}")
    return found


def _messages(bag: Path) -> Iterator[tuple[str, Any]]:
    """Yield the messages on the topics in `KINDS` in the order of the recording."""
    try:
        with Reader(bag) as reader:
            names = {
                connection.id: name
                for connection in reader.connections
                for name in KINDS
                if connection.topic.endswith(f"/{name}")
            }
            wanted = [connection for connection in reader.connections if connection.id in names]
            for connection, _, content in reader.messages(wanted):
                name = names[connection.id]
                yield name, deserialize_message(content, KINDS[name])
    except (OSError, ReaderError) as error:
        raise InputError(f"{bag}: cannot be read ({error}), expected the folder of a bag") from error


def _compare(found: Replay, stamp: int, command: JointState, seen: dict[str, Any], policy: Policy) -> None:
    cars = len(command.name)
    try:
        observations = {name: _observation(name, seen, cars) for name in policy.reads}
    except (KeyError, MessageError):
        return  # a part of the step is not in the bag
    steering, speed = (np.asarray(values, np.float64) for values in (command.position, command.velocity))
    again = policy.log_probability(observations, steering, speed)
    difference = float(np.abs(again - np.asarray(command.effort)).max())
    found.largest = max(found.largest, difference)
    if difference <= TOLERANCE:
        found.same += 1
        return
    found.different += 1
    found.first = stamp if found.first is None else found.first


def _observation(name: str, seen: dict[str, Any], cars: int) -> NDArray[Any]:
    if name == CAMERA:
        image = seen["camera/image_raw"]
        return from_image(image, max(1, image.height // cars))
    message = seen["race/state"]
    return state_block(from_state(message, terms_of(message)))
