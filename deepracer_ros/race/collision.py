# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""Collision tests between cars and objects on the road: scalar numba functions on rectangles."""

from math import cos, sin

import numpy as np
from numpy.typing import NDArray

from deepracer_ros.race.compilation import compiled

Floats = NDArray[np.float64]
Pose = tuple[float, float, float]
"""x and y of a rectangle's middle, m, and the direction of its length, rad."""
Size = tuple[float, float]
"""Length and width of a rectangle, m."""


@compiled
def touches_object(objects: Floats, car: int, shape: Size, pose: Pose, size: Size) -> bool:
    """Return whether a rectangle touches an object on a car's road.

    Args:
        objects: (N, K, 3) poses x, y, m, and yaw, rad, of the objects on the road of each car.
        car: Index of the car.
        shape: Length and width of an object, m.
        pose: x and y of the rectangle's middle, m, and the direction of its length, rad.
        size: Length and width of the rectangle, m.
    """
    for k in range(objects.shape[1]):
        other = (objects[car, k, 0], objects[car, k, 1], objects[car, k, 2])
        if overlap(pose, size, other, shape):
            return True
    return False


@compiled
def overlap(pose: Pose, size: Size, other: Pose, other_size: Size) -> bool:
    """Return whether two rectangles overlap: no side of either separates them (separating axis theorem).

    Args:
        pose: x and y of the first rectangle's middle, m, and the direction of its length, rad.
        size: Length and width of the first rectangle, m.
        other: x and y of the second rectangle's middle, m, and the direction of its length, rad.
        other_size: Length and width of the second rectangle, m.
    """
    apart_x, apart_y = other[0] - pose[0], other[1] - pose[1]
    reach = 0.5 * (size[0] + size[1] + other_size[0] + other_size[1])
    if apart_x * apart_x + apart_y * apart_y > reach * reach:
        return False
    across = abs(cos(other[2] - pose[2]))
    aslant = abs(sin(other[2] - pose[2]))
    for yaw, half_length, half_width, far_length, far_width in (
        (pose[2], 0.5 * size[0], 0.5 * size[1], 0.5 * other_size[0], 0.5 * other_size[1]),
        (other[2], 0.5 * other_size[0], 0.5 * other_size[1], 0.5 * size[0], 0.5 * size[1]),
    ):
        ahead = abs(apart_x * cos(yaw) + apart_y * sin(yaw))
        aside = abs(apart_y * cos(yaw) - apart_x * sin(yaw))
        if ahead > half_length + far_length * across + far_width * aslant:
            return False
        if aside > half_width + far_length * aslant + far_width * across:
            return False
    return True
