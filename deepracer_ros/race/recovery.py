# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""Where a car that has failed is put back on the road, as DeepRacer's evaluations do it."""

import numpy as np
from numpy.typing import NDArray

from deepracer_ros.race.config import RecoveryConfig
from deepracer_ros.race.episode import EpisodeTable
from deepracer_ros.race.geometry import TrackTable
from deepracer_ros.race.status import Status

Floats = NDArray[np.float64]

LANE = 0.5
"""Distance of the middle of a lane from the centre line, as a part of the way to the border."""
NEAR = 1.0
"""Largest distance along the centre line from an object that a crash was with, m; other crashes are with cars."""


class Recovery:
    """Chooses the places where cars that have failed drive on."""

    def __init__(self, config: RecoveryConfig, cars: int, tracks: TrackTable, front: float) -> None:
        """Begin without crashes.

        Args:
            config: The distances from objects.
            cars: Number of cars, N.
            tracks: The tracks.
            front: Distance from base_link forward to the point whose progress counts, m.
        """
        self._config, self._tracks, self._front = config, tracks, front
        self._object = np.full(cars, -1)
        """(N,) index of the object with which each car crashed last, -1 for none."""
        self._crashes = np.zeros(cars, np.int64)
        """(N,) number of crashes in a row with that object."""

    def begin(self, cars: NDArray[np.int64]) -> None:
        """Forget the crashes of cars that begin an episode."""
        self._object[cars] = -1

    def places(self, episodes: EpisodeTable, cars: NDArray[np.int64]) -> Floats:
        """Return the places at which K cars that have failed drive on.

        After a crash with an object it is in the other lane, behind the object or, by `RecoveryConfig.mercy`, ahead of
        it; otherwise in the nearer lane, where the car has failed.

        Args:
            episodes: State of the episodes of all cars.
            cars: (K,) indices of the cars.

        Returns:
            (3, K) arc length of base_link, m; distance from the centre line as a part of the way to the border,
            + left; deviation from the track's direction, 0 rad.
        """
        track = episodes.track[cars]
        length, closed = self._tracks.length[track], self._tracks.closed[track]
        station = episodes.station[cars] - self._front
        lane = np.where(episodes.offset[cars] > 0.0, LANE, -LANE)
        objects = episodes.object_places[cars]
        if objects.shape[1]:
            apart = np.abs(objects[:, :, 0] - episodes.station[cars][:, None])
            apart = np.where(closed[:, None], np.minimum(apart, length[:, None] - apart), apart)
            nearest = apart.argmin(axis=1)
            hit = (episodes.status[cars] == Status.CRASHED) & (apart.min(axis=1) < NEAR)
            ahead = self._count(cars[hit], nearest[hit])
            along, across = objects[hit, nearest[hit]].T
            station[hit] = along + np.where(ahead, self._config.distance_ahead, -self._config.distance)
            lane[hit] = np.where(across > 0.0, -LANE, LANE)
        station = np.where(closed, station % length, np.clip(station, 0.0, length))
        return np.stack([station, lane, np.zeros(len(cars))])

    def _count(self, cars: NDArray[np.int64], nearest: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Count crashes of K cars with objects; return whether each is put ahead of its object (K,)."""
        self._crashes[cars] = np.where(self._object[cars] == nearest, self._crashes[cars], 0) + 1
        self._object[cars] = nearest
        ahead = (self._crashes[cars] >= self._config.mercy) & (self._config.mercy > 0)
        self._object[cars[ahead]] = -1
        return ahead
