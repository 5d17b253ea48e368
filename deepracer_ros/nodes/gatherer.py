# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""Matching of a camera frame with the other observations of the same stamp."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from numpy.typing import NDArray
from rclpy.qos import QoSProfile
from sensor_msgs.msg import Image, PointCloud2

from deepracer_ros.nodes.inputs import Inputs
from deepracer_ros.nodes.messages.sensors import from_points, sensor_topic
from deepracer_ros.nodes.messages.stamps import to_nanoseconds
from deepracer_ros.nodes.messages.state import from_state, state_block
from deepracer_ros.rewards.names import reward_names
from deepracer_ros.simulation.sensors import CAMERA, STATE, sensor_specs
from deepracer_ros.training.config import RunConfig

MOST_PENDING = 8
"""Number of stamps whose observations are kept; older ones are dropped and counted."""

Deliver = Callable[[Image, dict[str, NDArray[Any]]], None]
"""Receives a camera frame and the other observations (N, *shape) of its stamp, by sensor name."""


class Gatherer:
    """Keeps the newest frame until all other observations of its stamp have arrived, in any order.

    Attributes:
        dropped: Number of stamps whose observations were dropped.
    """

    def __init__(
        self, inputs: Inputs, names: Sequence[str], config: RunConfig, quality: QoSProfile, deliver: Deliver
    ) -> None:
        """Subscribe to the sensors.

        Args:
            inputs: Subscriptions of the agent.
            names: Names of the sensors that the policy reads; the agent itself subscribes to the camera.
            config: Configuration of the run.
            quality: Quality of service of the subscriptions.
            deliver: Called with a frame and the other observations (N, *shape) of its stamp, by sensor name.

        Raises:
            InputError: if there is no such sensor.
        """
        self.dropped = 0
        self._deliver = deliver
        self._specs = {name: spec for name, spec in sensor_specs(config, names).items() if name != CAMERA}
        self._terms = reward_names(config.reward)
        self._image: Image | None = None
        self._pending: dict[int, dict[str, NDArray[Any]]] = {}
        for name in self._specs:
            topic = "race/state" if name == STATE else sensor_topic(name)
            inputs.subscribe(PointCloud2, topic, partial(self._take, name), quality)

    @property
    def is_needed(self) -> bool:
        """Whether the policy reads a sensor other than the camera."""
        return bool(self._specs)

    def put(self, image: Image) -> None:
        """Add a frame; it is delivered as soon as all other observations of its stamp are present."""
        self._image = image
        self._try()

    def _take(self, name: str, message: PointCloud2) -> None:
        block = self._read(name, message)
        self._pending.setdefault(to_nanoseconds(message.header.stamp), {})[name] = block
        while len(self._pending) > MOST_PENDING:
            del self._pending[next(iter(self._pending))]
            self.dropped += 1
        self._try()

    def _read(self, name: str, message: PointCloud2) -> NDArray[Any]:
        if name == STATE:
            return state_block(from_state(message, self._terms))
        return from_points(message, self._specs[name], name)

    def _try(self) -> None:
        image = self._image
        if image is None:
            return
        found = self._pending.get(to_nanoseconds(image.header.stamp), {})
        if len(found) == len(self._specs):
            self._image = None
            self._deliver(image, found)
