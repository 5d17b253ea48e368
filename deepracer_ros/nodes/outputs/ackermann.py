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
from deepracer_ros.nodes.messages.frames import BASE_FRAME
from deepracer_ros.nodes.outputs.command_topic import CommandTopic
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


class AckermannOutput(CommandTopic):
    """Publishes the commands of the agent on `ackermann_cmd`."""

    def __init__(self, node: Node, frame: str = BASE_FRAME) -> None:
        """Open the topic.

        Args:
            node: ROS node of the agent.
            frame: Name of the frame of the car.
        """
        super().__init__(node, AckermannDriveStamped, TOPIC)
        self._frame = frame

    def message(self, steering: float, speed: float, stamp: Time) -> AckermannDriveStamped:
        """Return the message of a command, as `CommandTopic.message`."""
        message = AckermannDriveStamped()
        message.header.stamp, message.header.frame_id = stamp, self._frame
        message.drive.steering_angle, message.drive.speed = steering, speed
        return message
