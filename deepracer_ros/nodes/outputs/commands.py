"""Output of the agent's commands for one car on `cmd_vel` and `ackermann_cmd`."""

import math
import time
from typing import Protocol

import numpy as np
from builtin_interfaces.msg import Time
from geometry_msgs.msg import Twist
from numpy.typing import NDArray
from rclpy.node import Node

from deepracer_ros.nodes.outputs.optional import report_missing, where_installed
from deepracer_ros.race.vehicle import read_vehicle

WATCH_PERIOD = 0.05
"""Period of the check for an old command, s."""


class CommandOutput(Protocol):
    """Protocol of a topic for the commands of one car."""

    def publish(self, steering: float, speed: float, stamp: Time) -> None:
        """Publish a command if the topic has subscribers.

        Args:
            steering: Steering angle, rad, positive to the left.
            speed: Speed, m/s.
            stamp: Stamp of the frame that the command answers.
        """


class TwistOutput:
    """Publishes commands on `cmd_vel`: speed, and the yaw rate of the kinematic bicycle model."""

    def __init__(self, node: Node) -> None:
        """Open the topic."""
        self._wheelbase = read_vehicle().wheelbase
        self._publisher = node.create_publisher(Twist, "cmd_vel", 10)

    def publish(self, steering: float, speed: float, stamp: Time) -> None:
        """Publish a command if the topic has subscribers.

        Args:
            steering: Steering angle, rad, positive to the left.
            speed: Speed, m/s.
            stamp: Stamp of the frame that the command answers.
        """
        if self._publisher.get_subscription_count():
            twist = Twist()
            twist.linear.x, twist.angular.z = speed, speed * math.tan(steering) / self._wheelbase
            self._publisher.publish(twist)


class CommandOutputs:
    """Publishes commands on `cmd_vel` and, if ackermann_msgs is installed, on `ackermann_cmd`; for a single car only.

    A receiver may keep the last command for ever, so a stop is sent if there is no new command for `max_age` seconds.
    """

    def __init__(self, node: Node, max_age: float) -> None:
        """Open the topics.

        Args:
            node: ROS node of the agent.
            max_age: Time without a command after which a stop is sent, s.
        """
        missing: list[str] = []
        self._outputs: list[CommandOutput] = [TwistOutput(node)]
        with where_installed("ackermann_cmd", missing):
            from deepracer_ros.nodes.outputs.ackermann import AckermannOutput

            self._outputs.append(AckermannOutput(node))
        report_missing(node, missing)
        self._max_age, self._moving, self._at = max_age, False, 0.0
        self._watch = node.create_timer(WATCH_PERIOD, self._stop_if_old)

    def publish(self, steering: NDArray[np.float64], speed: NDArray[np.float64], stamp: Time) -> None:
        """Publish the command if there is one car; with several cars nothing is published.

        Args:
            steering: (N,) steering angle, rad, positive to the left.
            speed: (N,) speed, m/s.
            stamp: Stamp of the frame that the command answers.
        """
        if len(speed) == 1:
            self._send(float(steering[0]), float(speed[0]), stamp)

    def _send(self, steering: float, speed: float, stamp: Time) -> None:
        self._moving, self._at = speed != 0.0, time.monotonic()
        for output in self._outputs:
            output.publish(steering, speed, stamp)

    def _stop_if_old(self) -> None:
        if self._moving and time.monotonic() - self._at > self._max_age:
            self._send(0.0, 0.0, Time())
