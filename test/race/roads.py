# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""Roads whose numbers can be worked out by hand, and states of cars on them."""

import numpy as np

from deepracer_ros.race.track import Track
from deepracer_ros.simulation.simulator import CarStates

FRONT = 0.14
HALF_WIDTH = 0.4
RADIUS = 2.0


def straight():
    """Return an open road along the x axis, 10 m long and 0.8 m wide."""
    x = np.linspace(0.0, 10.0, 21)
    y = np.full_like(x, HALF_WIDTH)
    return Track.from_route("straight", np.column_stack([x, 0 * x, x, y, x, -y]))


def circle():
    """Return an anticlockwise loop of radius 2 m around the origin, 0.8 m wide, in 720 waypoints."""
    angle = np.linspace(0.0, 2.0 * np.pi, 721)
    ring = np.column_stack([np.cos(angle), np.sin(angle)])
    ring[-1] = ring[0]
    return Track.from_route(
        "circle", np.hstack([RADIUS * ring, (RADIUS - HALF_WIDTH) * ring, (RADIUS + HALF_WIDTH) * ring])
    )


def at(x, y=0.0, yaw=0.0, speed=0.0, lateral_speed=0.0, yaw_rate=0.0, steering=0.0):
    """Return the states of cars at poses."""
    columns = (x, y, yaw, speed, lateral_speed, yaw_rate, steering)
    return CarStates(*map(np.array, np.broadcast_arrays(*(np.atleast_1d(np.asarray(c, float)) for c in columns))))


def on_circle(angle):
    """Return the pose of a car that goes round anticlockwise on the centre line."""
    return RADIUS * np.cos(angle), RADIUS * np.sin(angle), (angle + 1.5 * np.pi) % (2.0 * np.pi) - np.pi
