# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""The subscriptions of a node: a message that cannot be used is counted and reported, and never ends the node."""

from collections.abc import Callable
from typing import Any

from rclpy.node import Node
from rclpy.qos import QoSProfile

from deepracer_ros.nodes.messages.errors import MessageError

try:
    from rclpy.event_handler import SubscriptionEventCallbacks
except ImportError:  # Humble
    from rclpy.qos_event import SubscriptionEventCallbacks


class Inputs:
    """The subscriptions of one node.

    Attributes:
        refused: Number of messages that could not be used.
        incompatible: Topics with a publisher whose quality of service does not fit the subscription.
    """

    def __init__(self, node: Node) -> None:
        """Keep the node, which gets the subscriptions."""
        self.refused = 0
        self.incompatible: set[str] = set()
        self._node, self._error = node, ""

    def subscribe(self, kind: type, topic: str, handle: Callable[[Any], None], quality: QoSProfile) -> None:
        """Subscribe to a topic.

        Args:
            kind: Type of the messages.
            topic: Name of the topic.
            handle: Called with each message. It raises `MessageError` for a message that cannot be used.
            quality: Quality of service.
        """

        def take(message: Any) -> None:  # noqa: ANN401 - depends on the topic
            try:
                handle(message)
            except MessageError as error:
                self.refuse(str(error))

        def mismatch(info: object) -> None:
            self.incompatible.add(topic)

        events = SubscriptionEventCallbacks(incompatible_qos=mismatch)
        self._node.create_subscription(kind, topic, take, quality, event_callbacks=events)

    def refuse(self, why: str) -> None:
        """Count a message that cannot be used, and keep the reason for the next `take_error`."""
        self.refused += 1
        self._error = why

    def take_error(self) -> str:
        """Return why the last message since the last call was refused; empty if there was none."""
        error, self._error = self._error, ""
        return error

    def warning(self) -> str:
        """Return what keeps messages from arriving; empty if nothing is known."""
        if not self.incompatible:
            return ""
        return f"{', '.join(sorted(self.incompatible))}: found a publisher with an incompatible quality of service"
