# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""What the topics with the commands of one car have in common."""

from typing import Any

from builtin_interfaces.msg import Time
from rclpy.node import Node


class CommandTopic:
    """Publishes the commands of one car on a topic; a subclass makes its messages."""

    def __init__(self, node: Node, kind: type, topic: str) -> None:
        """Open the topic.

        Args:
            node: ROS node of the agent.
            kind: Type of the messages.
            topic: Name of the topic.
        """
        self._publisher = node.create_publisher(kind, topic, 10)

    @property
    def receivers(self) -> int:
        """Number of subscriptions of the topic."""
        return self._publisher.get_subscription_count()

    def publish(self, steering: float, speed: float, stamp: Time) -> None:
        """Publish a command if the topic has subscribers.

        Args:
            steering: Steering angle, rad, positive to the left.
            speed: Speed, m/s.
            stamp: Stamp of the frame that the command answers.
        """
        if self.receivers:
            self._publisher.publish(self.message(steering, speed, stamp))

    def message(self, steering: float, speed: float, stamp: Time) -> Any:  # noqa: ANN401 - depends on the topic
        """Return the message of a command.

        Args:
            steering: Steering angle, rad, positive to the left.
            speed: Speed, m/s.
            stamp: Stamp of the frame that the command answers.
        """
        raise NotImplementedError
