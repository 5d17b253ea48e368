# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""Computation of the observation `state` of one car: scalar numba functions."""

import numpy as np
from numpy.typing import NDArray

from deepracer_ros.race.compilation import compiled
from deepracer_ros.race.episode import Car, Moving
from deepracer_ros.race.geometry import TrackTable, interpolate
from deepracer_ros.race.state import CURVATURE_AHEAD, OBJECT_RANGE

Floats = NDArray[np.float64]

CURVATURES = 8
"""Index of the first curvature in `STATE_NAMES`."""


@compiled
def fill_state(
    state: NDArray[np.float32],
    number: int,
    car: Car,
    tracks: TrackTable,
    object_places: Floats,
    motions: Floats,
) -> None:
    """Fill one car's row of the observation `state` with the numbers of `STATE_NAMES`.

    Args:
        state: (N, S) observation of all cars; row `number` is filled.
        number: Index of the car.
        car: Record of the car after this step.
        tracks: The tracks of the referee.
        object_places: (N, K, 2) arc length of each object, m, and its distance from the centre line, m, + left.
        motions: (9, N) motion and commands of all cars; rows are `Moving`.
    """
    row = state[number]
    row[0] = car.offset
    row[1] = car.heading_error
    row[2] = motions[Moving.SPEED, number]
    row[3] = motions[Moving.LATERAL_SPEED, number]
    row[4] = motions[Moving.YAW_RATE, number]
    row[5] = motions[Moving.STEERING, number]
    row[6] = car.left
    row[7] = car.right
    fill_curvatures(row, tracks, car.track, car.waypoint, car.station)
    after = CURVATURES + len(CURVATURE_AHEAD)
    row[after], row[after + 1] = next_object(tracks, car.track, car.station, object_places, number)


@compiled
def fill_curvatures(row: NDArray[np.float32], tracks: TrackTable, track: int, waypoint: int, station: float) -> None:
    """Fill in the curvature of the centre line ahead; beyond the end of an open track, the curvature at the end.

    Args:
        row: (S,) observation `state` of one car; its curvatures are filled.
        tracks: The tracks.
        track: Index of the track.
        waypoint: Index of the waypoint before the car's front, where the search along the track begins.
        station: Arc length at the car's front, m.
    """
    first, last = tracks.first[track], tracks.segments[track] - 1
    segment = waypoint if station >= tracks.station[first + waypoint] else 0
    driven = 0.0
    for k in range(len(CURVATURE_AHEAD)):
        wanted = station + CURVATURE_AHEAD[k] - driven
        while wanted > tracks.station[first + segment + 1]:
            if segment < last:
                segment += 1
            elif tracks.closed[track]:
                segment = 0
                driven += tracks.length[track]
                wanted -= tracks.length[track]
            else:
                wanted = tracks.length[track]
        at = first + segment
        fraction = (wanted - tracks.station[at]) / (tracks.station[at + 1] - tracks.station[at])
        row[CURVATURES + k] = interpolate(tracks.curvature, at, fraction)


@compiled
def next_object(
    tracks: TrackTable, track: int, station: float, object_places: Floats, number: int
) -> tuple[float, float]:
    """Return the distance to the next object ahead along the centre line, m, and its offset from it, m, + left.

    If there is no object within `OBJECT_RANGE`, they are `OBJECT_RANGE` and 0.

    Args:
        tracks: The tracks.
        track: Index of the track.
        station: Arc length at the car's front, m.
        object_places: (N, K, 2) arc length of each object, m, and its distance from the centre line, m, + left.
        number: Index of the car.
    """
    nearest, offset = OBJECT_RANGE, 0.0
    for k in range(object_places.shape[1]):
        distance = object_places[number, k, 0] - station
        if distance < 0.0 and tracks.closed[track]:
            distance += tracks.length[track]
        if 0.0 <= distance < nearest:
            nearest, offset = distance, object_places[number, k, 1]
    return nearest, offset
