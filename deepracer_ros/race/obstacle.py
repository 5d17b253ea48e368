"""Boxes on the road, and whether a car touches one."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import cos, sin

import numpy as np
from numpy.typing import NDArray

from deepracer_ros.race.compilation import compiled

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Obstacle:
    """A box that stands on the ground; by default of the size of DeepRacer's."""

    x: float
    """Middle of the box, m."""
    y: float
    """Middle of the box, m."""
    yaw: float = 0.0
    """Direction of its length, rad."""
    length: float = 0.4
    """m."""
    width: float = 0.5
    """m."""
    track: int = 0
    """On which of several tracks it stands."""


def flatten_obstacles(obstacles: Sequence[Obstacle]) -> Floats:
    """Return (K, 6) rows of track, x, y, yaw, length, width for the kernels."""
    rows = [(o.track, o.x, o.y, o.yaw, o.length, o.width) for o in obstacles]
    return np.array(rows, dtype=np.float64).reshape(-1, 6)


@compiled
def touches_obstacle(
    obstacles: Floats, track: int, pose: tuple[float, float, float], length: float, width: float
) -> bool:
    """Say whether a rectangle touches an obstacle of its track.

    Args:
        obstacles: As `flatten_obstacles` makes them.
        track: Where the rectangle is.
        pose: x and y of its middle, m, and direction of its length, rad.
        length: Of the rectangle, m.
        width: Of the rectangle, m.
    """
    for k in range(len(obstacles)):
        if obstacles[k, 0] == track:
            other = (obstacles[k, 1], obstacles[k, 2], obstacles[k, 3])
            if overlap(pose, length, width, other, obstacles[k, 4], obstacles[k, 5]):
                return True
    return False


@compiled
def overlap(
    pose: tuple[float, float, float],
    length: float,
    width: float,
    other: tuple[float, float, float],
    other_length: float,
    other_width: float,
) -> bool:
    """Say whether two rectangles overlap: no side of either may separate them (separating axis theorem)."""
    apart_x, apart_y = other[0] - pose[0], other[1] - pose[1]
    across = abs(cos(other[2] - pose[2]))
    aslant = abs(sin(other[2] - pose[2]))
    for yaw, half_length, half_width, far_length, far_width in (
        (pose[2], 0.5 * length, 0.5 * width, 0.5 * other_length, 0.5 * other_width),
        (other[2], 0.5 * other_length, 0.5 * other_width, 0.5 * length, 0.5 * width),
    ):
        ahead = abs(apart_x * cos(yaw) + apart_y * sin(yaw))
        aside = abs(apart_y * cos(yaw) - apart_x * sin(yaw))
        if ahead > half_length + far_length * across + far_width * aslant:
            return False
        if aside > half_width + far_length * aslant + far_width * across:
            return False
    return True
