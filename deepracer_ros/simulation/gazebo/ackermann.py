"""What each wheel of a car must do so that all of them roll about one point."""

import numpy as np
from numpy.typing import NDArray

from deepracer_ros.simulation.vehicle import Vehicle

Floats = NDArray[np.float64]


def wheel_commands(steering: Floats, speed: Floats, vehicle: Vehicle) -> Floats:
    """Return every wheel's speed and every hinge's angle on a circle about one point on the rear axle's line.

    With the curvature k = tan(steering) / wheelbase of the middle rear point's path, a point `left` of
    the middle moves (1 - k left) times as fast, and a front wheel stands at atan(wheelbase k / (1 - k left)).

    Args:
        steering: (N,) angle of the virtual wheel midway between the front wheels, rad, + left.
        speed: (N,) of base_link along its x axis, m/s.
        vehicle: The car.

    Returns:
        (N, 6): rad/s of the front left, front right, rear left and rear right wheel; rad of the left
        and right hinge.
    """
    across = np.tan(steering)
    bend = across / vehicle.wheelbase
    left, right = (1.0 - bend * vehicle.front_track / 2.0), (1.0 + bend * vehicle.front_track / 2.0)
    rolling = speed / vehicle.wheel_radius
    return np.stack(
        [
            rolling * np.hypot(left, across),
            rolling * np.hypot(right, across),
            rolling * (1.0 - bend * vehicle.rear_track / 2.0),
            rolling * (1.0 + bend * vehicle.rear_track / 2.0),
            np.arctan2(across, left),
            np.arctan2(across, right),
        ],
        axis=1,
    )


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
