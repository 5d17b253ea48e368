"""The agent's commands for one car in the forms that car bases and simulators of others take."""

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


class CommandOutput(Protocol):
    """A topic that carries the commands of one car."""

    def publish(self, steering: float, speed: float, stamp: Time) -> None:
        """Publish a command, steering in rad, + left, and speed in m/s, if somebody listens."""


class TwistOutput:
    """`cmd_vel`: speed and the yaw rate of the circle that the steering angle means."""

    def __init__(self, node: Node) -> None:
        """Open the topic."""
        self._wheelbase = read_vehicle().wheelbase
        self._publisher = node.create_publisher(Twist, "cmd_vel", 10)

    def publish(self, steering: float, speed: float, stamp: Time) -> None:
        """Publish a command, steering in rad, + left, and speed in m/s, if somebody listens."""
        if self._publisher.get_subscription_count():
            twist = Twist()
            twist.linear.x, twist.angular.z = speed, speed * math.tan(steering) / self._wheelbase
            self._publisher.publish(twist)


class CommandOutputs:
    """`cmd_vel` and, where ackermann_msgs is installed, `ackermann_cmd`, beside `drive`; for a single car only.

    Who takes these may go on with the last command for ever, so a stop follows when no command has for
    `max_age` seconds.
    """

    def __init__(self, node: Node, max_age: float) -> None:
        """Open the topics."""
        missing: list[str] = []
        self._outputs: list[CommandOutput] = [TwistOutput(node)]
        with where_installed("ackermann_cmd", missing):
            from deepracer_ros.nodes.outputs.ackermann import AckermannOutput

            self._outputs.append(AckermannOutput(node))
        report_missing(node, missing)
        self._max_age, self._moving, self._at = max_age, False, 0.0
        self._watch = node.create_timer(WATCH_PERIOD, self._stop_if_old)

    def publish(self, steering: NDArray[np.float64], speed: NDArray[np.float64], stamp: Time) -> None:
        """Publish the command (1,) of a single car; nothing for a fleet.

        Args:
            steering: rad, + left.
            speed: m/s.
            stamp: Of the frame that it answers.
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
