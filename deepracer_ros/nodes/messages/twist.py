# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""Conversion between commands of a car and the Twist messages on `cmd_vel`, by the kinematic bicycle model."""

import math

from geometry_msgs.msg import Twist

from deepracer_ros.nodes.messages.errors import MessageError

SLOWEST = 1e-3
"""Speed below which a car cannot turn, m/s: its steering angle is then 0."""


def to_twist_command(steering: float, speed: float, wheelbase: float) -> Twist:
    """Return the Twist of a command: speed v, and yaw rate v tan(steering) / wheelbase.

    Args:
        steering: Steering angle, rad, positive to the left.
        speed: Speed, m/s.
        wheelbase: Wheelbase of the car, m.
    """
    twist = Twist()
    twist.linear.x, twist.angular.z = speed, speed * math.tan(steering) / wheelbase
    return twist


def from_twist_command(twist: Twist, wheelbase: float, steering_limit: float) -> tuple[float, float]:
    """Return steering angle, rad, positive to the left, and speed, m/s, of a Twist.

    The steering angle is atan(wheelbase yaw_rate / v), limited to what the car can steer. A car cannot turn in place.

    Args:
        twist: The message; only `linear.x` and `angular.z` are used.
        wheelbase: Wheelbase of the car, m.
        steering_limit: Greatest steering angle to either side, rad.

    Raises:
        MessageError: if a number is not finite.
    """
    speed, yaw_rate = twist.linear.x, twist.angular.z
    if not (math.isfinite(speed) and math.isfinite(yaw_rate)):
        raise MessageError(f"cmd_vel: found {speed} m/s and {yaw_rate} rad/s, expected finite numbers")
    if abs(speed) < SLOWEST:
        return 0.0, speed
    steering = math.atan(wheelbase * yaw_rate / speed)
    return min(max(steering, -steering_limit), steering_limit), speed
