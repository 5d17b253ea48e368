# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""Input and output of drive commands of one car on `cmd_vel` (geometry_msgs)."""

from collections.abc import Callable

import numpy as np
from builtin_interfaces.msg import Time
from geometry_msgs.msg import Twist, TwistStamped
from rclpy.node import Node
from sensor_msgs.msg import JointState

from deepracer_ros.nodes.inputs import Inputs
from deepracer_ros.nodes.messages.drive import to_drive
from deepracer_ros.nodes.messages.frames import BASE_FRAME
from deepracer_ros.nodes.messages.twist import from_twist_command, to_twist_command
from deepracer_ros.nodes.outputs.command_topic import CommandTopic
from deepracer_ros.nodes.qos import in_order
from deepracer_ros.race.vehicle import read_vehicle

TOPIC = "cmd_vel"


class TwistInput:
    """Receives commands of a driver other than the agent on `cmd_vel`, and passes them on as drive messages.

    A Twist has no stamp, so it is for real time, as with teleop. In lock-step a TwistStamped answers the frame with the
    same stamp.
    """

    def __init__(self, inputs: Inputs, stamped: bool, drive: Callable[[JointState], None]) -> None:
        """Open the topic.

        Args:
            inputs: Subscriptions of the simulation.
            stamped: Whether the messages are TwistStamped; ROS does not allow two types on one topic.
            drive: Receives each command as a drive message.
        """
        self._vehicle, self._drive = read_vehicle(), drive
        inputs.subscribe(TwistStamped if stamped else Twist, TOPIC, self._on_command, in_order(10))

    def _on_command(self, message: Twist | TwistStamped) -> None:
        twist, stamp = (message.twist, message.header.stamp) if isinstance(message, TwistStamped) else (message, Time())
        steering, speed = from_twist_command(twist, self._vehicle.wheelbase, self._vehicle.steering_limit)
        numbers = np.array([steering]), np.array([speed]), np.zeros(1, np.float32)
        self._drive(to_drive(*numbers, ["car_0"], TOPIC, stamp))


class TwistOutput(CommandTopic):
    """Publishes commands on `cmd_vel`: speed, and the yaw rate of the kinematic bicycle model."""

    def __init__(self, node: Node, stamped: bool, frame: str = BASE_FRAME) -> None:
        """Open the topic.

        Args:
            node: ROS node of the agent.
            stamped: Whether the messages are TwistStamped.
            frame: Name of the frame of the car.
        """
        super().__init__(node, TwistStamped if stamped else Twist, TOPIC)
        self._wheelbase, self._stamped, self._frame = read_vehicle().wheelbase, stamped, frame

    def message(self, steering: float, speed: float, stamp: Time) -> Twist | TwistStamped:
        """Return the message of a command, as `CommandTopic.message`."""
        twist = to_twist_command(steering, speed, self._wheelbase)
        return stamp_twist(twist, stamp, self._frame) if self._stamped else twist


def stamp_twist(twist: Twist, stamp: Time, frame: str) -> TwistStamped:
    """Return the TwistStamped of a twist in a frame."""
    message = TwistStamped(twist=twist)
    message.header.stamp, message.header.frame_id = stamp, frame
    return message
