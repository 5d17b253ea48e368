# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""The odometry of car 0: its continuous pose in the frame odom, and where odom lies in the map (REP 105)."""

import math
from typing import NamedTuple

from builtin_interfaces.msg import Time
from nav_msgs.msg import Odometry
from rclpy.node import Node

from deepracer_ros.nodes.messages.poses import to_quaternion
from deepracer_ros.race.actions import FASTEST
from deepracer_ros.race.control import CONTROL_PERIOD
from deepracer_ros.simulation.environment import Outcome

JUMP = 2.0 * FASTEST * CONTROL_PERIOD
"""Distance between two frames that no car drives, m: it was placed there."""


class Planar(NamedTuple):
    """A pose on the ground: x, m, y, m, and yaw, rad, of a frame in another one."""

    x: float
    y: float
    yaw: float

    def __matmul__(self, other: "Planar") -> "Planar":
        """Return the pose of a frame that has the pose `other` in this frame."""
        cos, sin = math.cos(self.yaw), math.sin(self.yaw)
        yaw = math.remainder(self.yaw + other.yaw, math.tau)
        return Planar(self.x + cos * other.x - sin * other.y, self.y + sin * other.x + cos * other.y, yaw)

    def inverse(self) -> "Planar":
        """Return the pose of the other frame in this one."""
        cos, sin = math.cos(self.yaw), math.sin(self.yaw)
        return Planar(-cos * self.x - sin * self.y, sin * self.x - cos * self.y, -self.yaw)


class Odometer:
    """Tracks car 0: a new episode or another placement moves odom in the map, and the car's pose in odom is continuous.

    Attributes:
        origin: Pose of odom in the map; at the start it is the car's start pose.
        pose: Pose of base_link in odom.
    """

    def __init__(self) -> None:
        """Start with odom at the origin of the map."""
        self.origin = self.pose = Planar(0.0, 0.0, 0.0)
        self._in_map = Planar(math.inf, math.inf, 0.0)
        self._episode = -1

    def note(self, outcome: Outcome, stamp: Time) -> None:
        """Follow the car to its pose in a frame.

        Args:
            outcome: Outcome of the environment's last step.
            stamp: Stamp of the frame.
        """
        states, episode = outcome.states, int(outcome.verdict.episode[0])
        found = Planar(float(states.x[0]), float(states.y[0]), float(states.yaw[0]))
        moved = math.hypot(found.x - self._in_map.x, found.y - self._in_map.y)
        if episode != self._episode or not moved <= JUMP:
            self.origin = found @ self.pose.inverse()
        self._in_map, self._episode = found, episode
        self.pose = self.origin.inverse() @ found


class OdometryOutput:
    """Publishes `odom` (nav_msgs/Odometry): the pose of base_link in odom, and its velocity in base_link.

    The numbers are those of the simulation, so all covariances are 0.
    """

    def __init__(self, node: Node, odometer: Odometer, prefix: str) -> None:
        """Open the topic.

        Args:
            node: ROS node of the simulation.
            odometer: Tracks the car.
            prefix: Prefix of the frames of the car.
        """
        self._odometer, self._prefix = odometer, prefix
        self._publisher = node.create_publisher(Odometry, "odom", 10)

    def publish(self, outcome: Outcome, stamp: Time) -> None:
        """Publish the message of a frame if the topic has subscribers.

        Args:
            outcome: Outcome of the environment's last step.
            stamp: Stamp of the frame.
        """
        if self._publisher.get_subscription_count():
            pose, states = self._odometer.pose, outcome.states
            message = Odometry(child_frame_id=f"{self._prefix}base_link")
            message.header.stamp, message.header.frame_id = stamp, f"{self._prefix}odom"
            message.pose.pose.position.x, message.pose.pose.position.y = pose.x, pose.y
            message.pose.pose.orientation = to_quaternion(pose.yaw)
            twist = message.twist.twist
            twist.linear.x, twist.linear.y = float(states.speed[0]), float(states.lateral_speed[0])
            twist.angular.z = float(states.yaw_rate[0])
            self._publisher.publish(message)
