# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""Input and output of drive commands of one car on `ackermann_cmd` (ackermann_msgs)."""

from collections.abc import Callable

import numpy as np
from ackermann_msgs.msg import AckermannDriveStamped
from builtin_interfaces.msg import Time
from rclpy.node import Node
from sensor_msgs.msg import JointState

from deepracer_ros.nodes.inputs import Inputs
from deepracer_ros.nodes.messages.drive import to_drive
from deepracer_ros.nodes.qos import in_order

TOPIC = "ackermann_cmd"


class AckermannInput:
    """Receives commands of a driver other than the agent on `ackermann_cmd`, and passes them on as drive messages.

    In lock-step a command answers the frame with the same stamp; in real time every command is used.
    """

    def __init__(self, inputs: Inputs, drive: Callable[[JointState], None]) -> None:
        """Open the topic.

        Args:
            inputs: Subscriptions of the simulation.
            drive: Receives each command as a drive message.
        """
        self._drive = drive
        inputs.subscribe(AckermannDriveStamped, TOPIC, self._on_command, in_order(10))

    def _on_command(self, message: AckermannDriveStamped) -> None:
        steering, speed = np.array([message.drive.steering_angle]), np.array([message.drive.speed])
        self._drive(to_drive(steering, speed, np.zeros(1, np.float32), ["car_0"], TOPIC, message.header.stamp))


class AckermannOutput:
    """Publishes the commands of the agent on `ackermann_cmd`."""

    def __init__(self, node: Node) -> None:
        """Open the topic."""
        self._publisher = node.create_publisher(AckermannDriveStamped, TOPIC, 10)

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
        if self._publisher.get_subscription_count():
            message = AckermannDriveStamped()
            message.header.stamp = stamp
            message.header.frame_id = "base_link"
            message.drive.steering_angle, message.drive.speed = steering, speed
            self._publisher.publish(message)
