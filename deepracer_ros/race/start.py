# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""Start poses of cars, spread over the track so that even a short training sees all of it."""

import numpy as np
from numpy.typing import NDArray

from deepracer_ros.race.collision import touches_object
from deepracer_ros.race.compilation import compiled
from deepracer_ros.race.config import StartConfig
from deepracer_ros.race.geometry import TrackTable, locate, pose_at

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

GOLDEN_RATIO = 0.6180339887498949
"""Golden-ratio step along the lap: any number of starts covers it evenly (Weyl, 1916)."""

CLEARANCE = 0.5
"""Least distance from a start to an object ahead of it or behind it, m."""


class Starter:
    """Draws the starts of N cars; equal seeds and equal calls give equal starts."""

    def __init__(self, car_track: Integers, config: StartConfig, seed: int) -> None:
        """Divide each track among its cars.

        Args:
            car_track: (N,) index of each car's track.
            config: Distribution of the starts, and their noise.
            seed: Seed of all random numbers.
        """
        self._config = config
        self._random = np.random.default_rng(seed)
        self._sharing = np.bincount(car_track)[car_track]
        """(N,) number of cars on the car's track."""
        self._rank = np.array([np.count_nonzero(car_track[:i] == track) for i, track in enumerate(car_track)])
        """(N,) number of the car among the cars on its track, from 0."""

    def draw(self, cars: Integers, episode: Integers) -> tuple[NDArray[np.bool_], Floats]:
        """Draw the next starts of K cars.

        Args:
            cars: (K,) indices of the cars that start.
            episode: (K,) number of the episode that each car starts.

        Returns:
            (K,) whether each car drives the track in reverse direction. (3, K) position of the start as a part of the
            lap, 0 to 1; distance from the centre line as a part of the way to the border, + left; deviation from the
            track's direction, rad.
        """
        config, rank = self._config, self._rank[cars]
        draws = self._random.random((4, len(cars)))
        within = draws[0] if config.spread == "random" else 0.0
        advance = {"random": GOLDEN_RATIO, "round_robin": config.advance, "even": 0.0}[config.spread]
        fraction = ((rank + within) / self._sharing[cars] + advance * episode) % 1.0
        backwards = {
            "forward": np.zeros(len(cars), bool),
            "reverse": np.ones(len(cars), bool),
            "alternate": (rank + episode) % 2 == 1,
            "random": draws[1] < 0.5,
        }[config.direction]
        lateral = config.lateral_noise * (2.0 * draws[2] - 1.0)
        heading = config.heading_noise * (2.0 * draws[3] - 1.0)
        return backwards, np.stack([fraction, lateral, heading])


@compiled
def place_cars(
    tracks: TrackTable,
    objects: Floats,
    shape: tuple[float, float],
    cars: Integers,
    track: Integers,
    draws: Floats,
    poses: Floats,
    waypoint: Integers,
    object_places: Floats,
) -> None:
    """Compute the start poses of K cars, and the positions of objects along the track that each of them drives.

    A start too close to an object moves on along the track until it is clear of all objects.

    Args:
        tracks: The tracks.
        objects: (N, M, 3) poses x, y, m, and yaw, rad, of the objects on the road of each of all N cars.
        shape: Length and width of an object, m.
        cars: (K,) indices of the cars that start.
        track: (K,) index of the track that each of these cars drives.
        draws: (3, K) position of the start as a part of the lap, taken as 0 on an open track; distance from the
            centre line as a part of the way to the border, + left; deviation from the track's direction, rad.
        poses: (N, 3) output; the rows of the K cars are set to x and y, m, and yaw, rad.
        waypoint: (N,) output; the entries of the K cars are set to the index of the waypoint before the car.
        object_places: (N, M, 2) output; the rows of the K cars are set to the arc length of each object, m, and its
            distance from the centre line, m, + left.
    """
    for k in range(len(cars)):
        car, length = cars[k], tracks.length[track[k]]
        station = draws[0, k] * length if tracks.closed[track[k]] else 0.0
        for _ in range(int(length / CLEARANCE)):
            x, y, yaw, waypoint[car] = place_car(tracks, track[k], station, draws[1, k])
            if not touches_object(objects, car, shape, (x, y, yaw), (2.0 * CLEARANCE, CLEARANCE)):
                break
            station += CLEARANCE
        poses[car, 0], poses[car, 1], poses[car, 2] = x, y, yaw + draws[2, k]
        for m in range(objects.shape[1]):
            found = locate(tracks, track[k], objects[car, m, 0], objects[car, m, 1], -1)
            object_places[car, m, 0], object_places[car, m, 1] = found[1], found[2]


@compiled
def place_car(tracks: TrackTable, track: int, station: float, lateral: float) -> tuple[float, float, float, int]:
    """Return the pose at a station, at a part of the way from the centre line to the border.

    Args:
        tracks: The tracks.
        track: Index of the track.
        station: Arc length, m.
        lateral: Part of the way from the centre line to the border, -1 to 1, + left.

    Returns:
        World position x and y, m; direction of the track, rad; index of the waypoint before that point.
    """
    _, _, _, waypoint = pose_at(tracks, track, station, 0.0)
    row = tracks.first[track] + waypoint
    offset = lateral * (tracks.left[row] if lateral > 0.0 else tracks.right[row])
    return pose_at(tracks, track, station, offset)
