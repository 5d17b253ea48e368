# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""The process that stops a car when its agent is silent, stuck or killed.

The agent starts it (`nodes.guard`) and writes one byte for each command into a pipe. A receiver may keep the last
command for ever, so the guard publishes stops on the agent's topics while a moving command has no successor. The end
of the pipe is the end of the agent, in whatever way it ended.
"""

import argparse
import os
import select
import signal
import sys
import time
from contextlib import suppress
from dataclasses import dataclass

import numpy as np
import rclpy
from geometry_msgs.msg import Twist, TwistStamped
from rclpy.duration import Duration
from rclpy.node import Node
from rclpy.publisher import Publisher
from rclpy.signals import SignalHandlerOptions
from rclpy.utilities import try_shutdown
from sensor_msgs.msg import JointState

from deepracer_ros.machine import hurry
from deepracer_ros.nodes.messages.drive import to_drive
from deepracer_ros.nodes.messages.frames import BASE_FRAME
from deepracer_ros.nodes.outputs.optional import where_installed
from deepracer_ros.nodes.qos import LOCK_STEP, in_order

MOVING, STANDING = b"m", b"s"
"""What the agent writes for a command with and without speed."""
TICK = 0.01
"""Greatest time between two looks at the clock, s."""
REPEAT = 0.05
"""Time between two stops, s."""
MOST_RECEIVERS = 255
"""Greatest number of subscriptions that a sign of life can tell."""
LAST_STOPS = 10
"""Number of stops after the end of the agent."""
LAST_SECONDS = 2.0
"""Longest time for which the last stop is sent again to a receiver that has not acknowledged it, s."""


@dataclass(frozen=True)
class Topics:
    """Full names of the agent's topics; an empty name is not published.

    Attributes:
        cmd_vel: Topic of Twist or TwistStamped.
        ackermann_cmd: Topic of AckermannDriveStamped.
        drive: Topic of the pipeline's drive messages.
        stamped: Whether `cmd_vel` has TwistStamped.
        frame: Name of the frame of the car.
    """

    cmd_vel: str
    ackermann_cmd: str = ""
    drive: str = ""
    stamped: bool = False
    frame: str = BASE_FRAME


class Stops:
    """Publishes stops on all topics of the agent."""

    def __init__(self, node: Node, topics: Topics) -> None:
        """Open the topics.

        Args:
            node: ROS node of the guard.
            topics: The agent's topics.
        """
        self._node, self._stamped, self._frame = node, topics.stamped, topics.frame
        self._twist = node.create_publisher(TwistStamped if topics.stamped else Twist, topics.cmd_vel, in_order(10))
        self._drive = node.create_publisher(JointState, topics.drive, LOCK_STEP) if topics.drive else None
        self._ackermann: Publisher | None = None
        with where_installed("ackermann_cmd", []):  # the agent reports what is not installed
            from ackermann_msgs.msg import AckermannDriveStamped

            self._ackermann_type = AckermannDriveStamped
            self._ackermann = node.create_publisher(AckermannDriveStamped, topics.ackermann_cmd, in_order(10))

    def publish(self) -> None:
        """Publish one stop on each topic, with the present time as its stamp."""
        stamp = self._node.get_clock().now().to_msg()
        twist = Twist()
        if self._stamped:
            twist = TwistStamped()
            twist.header.stamp, twist.header.frame_id = stamp, self._frame
        self._twist.publish(twist)
        if self._ackermann is not None:
            message = self._ackermann_type()
            message.header.stamp, message.header.frame_id = stamp, self._frame
            self._ackermann.publish(message)
        if self._drive is not None:
            zeros = np.zeros(1)
            self._drive.publish(to_drive(zeros, zeros, np.zeros(1, np.float32), ["car_0"], "command_guard", stamp))

    @property
    def _publishers(self) -> list[Publisher]:
        return [publisher for publisher in (self._twist, self._ackermann, self._drive) if publisher is not None]

    @property
    def receivers(self) -> int:
        """Number of subscriptions, over all topics, that would receive a stop."""
        return sum(publisher.get_subscription_count() for publisher in self._publishers)

    def deliver(self, seconds: float = 0.0) -> bool:
        """Wait until all stops have arrived, at most so many seconds for each topic; return whether they have.

        A receiver that this process has discovered may not have discovered this process yet, and then loses a stop.
        """
        return all(publisher.wait_for_all_acked(Duration(seconds=seconds)) for publisher in self._publishers)


def watch(stops: Stops, limit: float, commands: int = 0, signs: int = 1) -> None:
    """Publish stops while a moving command has had no successor for `limit` seconds; return at the end of the agent.

    Args:
        stops: Publishes the stops.
        limit: Longest silence after a moving command, s.
        commands: File descriptor from which the agent's bytes are read.
        signs: File descriptor to which a byte is written at each look at the clock, as a sign of life: the number of
            subscriptions that a stop would reach. While the car stands, they are those that have acknowledged one.
    """
    moving, heard, due, probed, reached = False, time.monotonic(), 0.0, 0, 0
    while True:
        ready, _, _ = select.select([commands], [], [], TICK)
        now = time.monotonic()
        if ready:
            told = os.read(commands, 4096)
            if not told:
                return
            moving, heard = told.endswith(MOVING), now
        if moving and now - heard > limit and now >= due:
            stops.publish()
            due = now + REPEAT
        receivers = stops.receivers
        if receivers > probed and not moving:
            stops.publish()
        probed = receivers
        if reached != probed and (moving or stops.deliver()):
            reached = probed
        with suppress(BlockingIOError):  # the agent is stuck and does not read
            os.write(signs, bytes([min(reached, MOST_RECEIVERS)]))


def main() -> int:
    """Guard the agent that started this process until it ends, and return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--limit", type=float, required=True, help="longest silence after a moving command, s")
    parser.add_argument("--cmd-vel", required=True, help="full name of the topic")
    parser.add_argument("--ackermann-cmd", required=True, help="full name of the topic")
    parser.add_argument("--drive", default="", help="full name of the topic; empty: none")
    parser.add_argument("--frame", default=BASE_FRAME, help="name of the frame of the car")
    parser.add_argument("--stamped", action="store_true", help="TwistStamped instead of Twist")
    options = parser.parse_args()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)  # the end of the agent ends the guard, which then sends the last stops
    hurry()
    os.set_blocking(1, False)
    rclpy.init(args=[], signal_handler_options=SignalHandlerOptions.NO)
    node = Node("command_guard", start_parameter_services=False, enable_rosout=False)
    topics = Topics(options.cmd_vel, options.ackermann_cmd, options.drive, options.stamped, options.frame)
    stops = Stops(node, topics)
    try:
        watch(stops, options.limit)
    except BrokenPipeError:
        pass  # the agent has ended
    finally:
        for _ in range(LAST_STOPS):
            stops.publish()
            time.sleep(REPEAT)
        stops.deliver(LAST_SECONDS)
        node.destroy_node()
        try_shutdown()
    return 0


if __name__ == "__main__":
    sys.exit(main())
