# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""Where a car that has failed is put back on the road, as DeepRacer's evaluations do it."""

import numpy as np
from numpy.typing import NDArray

from deepracer_ros.race.episode import EpisodeTable
from deepracer_ros.race.geometry import TrackTable
from deepracer_ros.race.status import Status

Floats = NDArray[np.float64]

LANE = 0.5
"""Distance of the middle of a lane from the centre line, as a part of the way to the border."""
NEAR = 1.0
"""Largest distance along the centre line from an object that a crash was with, m; other crashes are with cars."""


def recovery_places(
    episodes: EpisodeTable, cars: NDArray[np.int64], tracks: TrackTable, front: float, distance: float
) -> Floats:
    """Return the places at which K cars that have failed drive on.

    After a crash with an object it is in the other lane, behind the object; otherwise in the nearer lane, where the car
    has failed.

    Args:
        episodes: State of the episodes of all cars.
        cars: (K,) indices of the cars.
        tracks: The tracks.
        front: Distance from base_link forward to the point whose progress counts, m.
        distance: Distance from an object back to the car's base_link, m.

    Returns:
        (3, K) arc length of base_link, m; distance from the centre line as a part of the way to the border, + left;
        deviation from the track's direction, 0 rad.
    """
    track = episodes.track[cars]
    length, closed = tracks.length[track], tracks.closed[track]
    station, lane = episodes.station[cars] - front, np.where(episodes.offset[cars] > 0.0, LANE, -LANE)
    places = episodes.object_places[cars]
    if places.shape[1]:
        apart = np.abs(places[:, :, 0] - episodes.station[cars][:, None])
        apart = np.where(closed[:, None], np.minimum(apart, length[:, None] - apart), apart)
        near = places[np.arange(len(cars)), apart.argmin(axis=1)]
        hit = (episodes.status[cars] == Status.CRASHED) & (apart.min(axis=1) < NEAR)
        station = np.where(hit, near[:, 0] - distance, station)
        lane = np.where(hit, np.where(near[:, 1] > 0.0, -LANE, LANE), lane)
    station = np.where(closed, station % length, np.maximum(station, 0.0))
    return np.stack([station, lane, np.zeros(len(cars))])
