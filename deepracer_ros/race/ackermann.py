"""What axles and steering hinges of a car must do so that all wheels roll about one point."""

import numpy as np
from numpy.typing import NDArray

from deepracer_ros.race.vehicle import Vehicle

Floats = NDArray[np.float64]


def axle_commands(steering: Floats, speed: Floats, vehicle: Vehicle) -> Floats:
    """Return the axles' speeds and the hinges' angles on a circle about one point on the rear axle's line.

    With the curvature k = tan(steering) / wheelbase of the middle rear point's path, the front wheel `left` of
    the middle stands at atan(wheelbase k / (1 - k left)), and the middle of the front axle moves 1 / cos(steering)
    times as fast as that of the rear one.

    Args:
        steering: (N,) angle of the virtual wheel midway between the front wheels, rad, + left.
        speed: (N,) of base_link along its x axis, m/s.
        vehicle: The car.

    Returns:
        (N, 4): rad/s of the front and the rear axle's wheels in the mean; rad of the left and right hinge.
    """
    across = np.tan(steering)
    aside = across / vehicle.wheelbase * vehicle.front_track / 2.0
    rolling = speed / vehicle.wheel_radius
    hinges = np.arctan2(across, 1.0 - aside), np.arctan2(across, 1.0 + aside)
    return np.stack([rolling / np.cos(steering), rolling, *hinges], axis=1)


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
