"""What the wheels and steering hinges of a car must do so that all wheels roll about one point without slip."""

import numpy as np
from numpy.typing import NDArray

from deepracer_ros.race.vehicle import Vehicle

Floats = NDArray[np.float64]


def hinge_angles(steering: Floats, vehicle: Vehicle) -> Floats:
    """Return the angles (N, 2), rad, of the left and the right steering hinge.

    With the curvature k = tan(steering) / wheelbase of the path of the rear axle's middle, a front wheel `left` of
    the middle stands at atan(wheelbase k / (1 - k left)).

    Args:
        steering: (N,) angle of the virtual wheel midway between the front wheels, rad, + left.
        vehicle: The car.
    """
    across = np.tan(steering)
    aside = across / vehicle.wheelbase * vehicle.front_track / 2.0
    return np.stack([np.arctan2(across, 1.0 - aside), np.arctan2(across, 1.0 + aside)], axis=1)


def axle_commands(steering: Floats, speed: Floats, vehicle: Vehicle) -> Floats:
    """Return the axles' speeds and the hinges' angles on a circle about one point on the rear axle's line.

    The middle of the front axle moves 1 / cos(steering) times as fast as that of the rear one.

    Args:
        steering: (N,) angle of the virtual wheel midway between the front wheels, rad, + left.
        speed: (N,) of base_link along its x axis, m/s.
        vehicle: The car.

    Returns:
        (N, 4): rad/s of the front and the rear axle's wheels in the mean; rad of the left and right hinge.
    """
    rolling = speed / vehicle.wheel_radius
    axles = np.stack([rolling / np.cos(steering), rolling], axis=1)
    return np.concatenate([axles, hinge_angles(steering, vehicle)], axis=1)


def wheel_rates(steering: Floats, speed: Floats, vehicle: Vehicle) -> Floats:
    """Return the rates (N, 4), rad/s, of the wheels: front left, front right, rear left, rear right.

    A wheel moves in proportion to its distance from the point about which all of them turn.

    Args:
        steering: (N,) angle of the virtual wheel midway between the front wheels, rad, + left.
        speed: (N,) of the rear axle's middle, m/s.
        vehicle: The car.
    """
    across = np.tan(steering)
    left = 0.5 * np.array([vehicle.front_track, -vehicle.front_track, vehicle.rear_track, -vehicle.rear_track])
    along = 1.0 - (across / vehicle.wheelbase)[:, None] * left
    along[:, :2] = np.hypot(along[:, :2], across[:, None])
    rates: Floats = (speed / vehicle.wheel_radius)[:, None] * along
    return rates


def middle_angle(hinges: Floats, vehicle: Vehicle) -> Floats:
    """Return the angle (N,) of the virtual middle front wheel: that of the mean of the hinges' curvatures.

    Args:
        hinges: (N, 2) angles of the left and the right hinge, rad.
        vehicle: The car.
    """
    across = np.tan(hinges)
    half = vehicle.front_track / 2.0
    curvature: Floats = np.mean(across / (vehicle.wheelbase + across * np.array([half, -half])), axis=1)
    return np.arctan(vehicle.wheelbase * curvature)
