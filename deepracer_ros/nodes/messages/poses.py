# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""Conversion between poses of cars (x, y and yaw on the ground) and ROS messages."""

import math

from geometry_msgs.msg import Pose, Quaternion, Twist

from deepracer_ros.nodes.messages.errors import MessageError
from deepracer_ros.simulation.simulator import CarStates


def to_quaternion(yaw: float) -> Quaternion:
    """Return the quaternion of a yaw angle, rad, anticlockwise about the vertical axis."""
    return Quaternion(z=math.sin(0.5 * yaw), w=math.cos(0.5 * yaw))


def to_pose(states: CarStates, car: int) -> Pose:
    """Return the world pose of the base_link of a car.

    Args:
        states: States of all cars.
        car: Index of the car.
    """
    pose = Pose(orientation=to_quaternion(float(states.yaw[car])))
    pose.position.x, pose.position.y = float(states.x[car]), float(states.y[car])
    return pose


def from_pose(pose: Pose) -> tuple[float, float, float]:
    """Return x, m, y, m, and yaw, rad, of a pose; height, roll and pitch are ignored, since cars are on the ground.

    Raises:
        MessageError: if a number is not finite or the quaternion is not a unit quaternion.
    """
    q, p = pose.orientation, pose.position
    if not all(map(math.isfinite, (p.x, p.y, q.x, q.y, q.z, q.w))):
        raise MessageError("pose: found NaN or infinity, expected finite numbers")
    length = q.x * q.x + q.y * q.y + q.z * q.z + q.w * q.w
    if not 0.5 < length < 2.0:
        raise MessageError(f"pose: found a quaternion of length {math.sqrt(length):.3g}, expected 1")
    yaw = math.atan2(2.0 * (q.w * q.z + q.x * q.y), q.w * q.w + q.x * q.x - q.y * q.y - q.z * q.z)
    return p.x, p.y, yaw


def to_twist(states: CarStates, car: int) -> Twist:
    """Return the velocity of a car along the world axes, m/s, and its yaw rate, rad/s.

    Args:
        states: States of all cars.
        car: Index of the car.
    """
    cos_yaw, sin_yaw = math.cos(states.yaw[car]), math.sin(states.yaw[car])
    ahead, left = float(states.speed[car]), float(states.lateral_speed[car])
    twist = Twist()
    twist.linear.x = ahead * cos_yaw - left * sin_yaw
    twist.linear.y = ahead * sin_yaw + left * cos_yaw
    twist.angular.z = float(states.yaw_rate[car])
    return twist
