# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""Ackermann geometry: wheel speeds and hinge angles with which all wheels roll about one point without slip."""

import numpy as np
from numpy.typing import NDArray

from deepracer_ros.race.vehicle import Vehicle

Floats = NDArray[np.float64]


def hinge_angles(steering: Floats, vehicle: Vehicle) -> Floats:
    """Return the angles (N, 2), rad, of the left and the right steering hinge.

    The path of the rear axle's middle has the curvature k = tan(steering) / wheelbase. A front wheel at the distance
    y (m, + left) from the middle of its axle then has the angle atan(wheelbase k / (1 - k y)).

    Args:
        steering: (N,) angle of the virtual wheel midway between the front wheels, rad, + left.
        vehicle: The car.
    """
    across = np.tan(steering)
    aside = across / vehicle.wheelbase * vehicle.front_track / 2.0
    return np.stack([np.arctan2(across, 1.0 - aside), np.arctan2(across, 1.0 + aside)], axis=1)


def axle_commands(steering: Floats, speed: Floats, vehicle: Vehicle) -> Floats:
    """Return the wheel speeds and hinge angles that drive a circle about one point on the rear axle's line.

    The middle of the front axle moves 1 / cos(steering) times as fast as the middle of the rear axle.

    Args:
        steering: (N,) angle of the virtual wheel midway between the front wheels, rad, + left.
        speed: (N,) speed of base_link along its x axis, m/s.
        vehicle: The car.

    Returns:
        (N, 4): mean wheel speed of the front axle and of the rear axle, rad/s; angle of the left and of the right
        hinge, rad.
    """
    rolling = speed / vehicle.wheel_radius
    axles = np.stack([rolling / np.cos(steering), rolling], axis=1)
    return np.concatenate([axles, hinge_angles(steering, vehicle)], axis=1)


def wheel_rates(steering: Floats, speed: Floats, vehicle: Vehicle) -> Floats:
    """Return the wheel speeds (N, 4), rad/s: front left, front right, rear left, rear right.

    The speed of a wheel is proportional to its distance from the point about which the car turns.

    Args:
        steering: (N,) angle of the virtual wheel midway between the front wheels, rad, + left.
        speed: (N,) speed of the rear axle's middle, m/s.
        vehicle: The car.
    """
    across = np.tan(steering)
    left = 0.5 * np.array([vehicle.front_track, -vehicle.front_track, vehicle.rear_track, -vehicle.rear_track])
    along = 1.0 - (across / vehicle.wheelbase)[:, None] * left
    along[:, :2] = np.hypot(along[:, :2], across[:, None])
    rates: Floats = (speed / vehicle.wheel_radius)[:, None] * along
    return rates


def middle_angle(hinges: Floats, vehicle: Vehicle) -> Floats:
    """Return the angle (N,), rad, + left, of the virtual wheel midway between the front wheels.

    It is the angle that belongs to the mean of the path curvatures that the two hinge angles give.

    Args:
        hinges: (N, 2) angles of the left and the right steering hinge, rad, + left.
        vehicle: The car.
    """
    across = np.tan(hinges)
    half = vehicle.front_track / 2.0
    curvature: Floats = np.mean(across / (vehicle.wheelbase + across * np.array([half, -half])), axis=1)
    return np.arctan(vehicle.wheelbase * curvature)
