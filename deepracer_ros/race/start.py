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

CAR_CLEARANCE = 0.9
"""Least distance from a start to another car of its heat, m; less than two steps of `CLEARANCE`."""


class Starter:
    """Draws the starts of N cars; equal seeds and equal calls give equal starts."""

    def __init__(self, car_track: Integers, config: StartConfig, seed: int, cars_per_heat: int = 1) -> None:
        """Divide each track among its heats.

        Args:
            car_track: (N,) index of each car's track.
            config: Distribution of the starts, and their noise.
            seed: Seed of all random numbers.
            cars_per_heat: Number of consecutive cars that share a road and so drive in one direction, that of their
                heat in all episodes; with the spread `even` they start in a row.
        """
        self._config, self._shares_road = config, cars_per_heat > 1
        self._random = np.random.default_rng(seed)
        heat_track = car_track[::cars_per_heat]
        ranks = [np.count_nonzero(heat_track[:i] == track) for i, track in enumerate(heat_track)]
        self._sharing = np.bincount(heat_track)[car_track]
        """(N,) number of heats on the car's track."""
        self._rank = np.repeat(np.array(ranks, np.int64), cars_per_heat)
        """(N,) number of the car's heat among the heats on its track, from 0."""

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
        advance = {"random": GOLDEN_RATIO, "round_robin": config.advance}.get(config.spread, 0.0)
        part = 0.0 if config.spread == "fixed" else (rank + within) / self._sharing[cars]
        fraction = (part + advance * episode + config.offset) % 1.0
        backwards = {
            "forward": np.zeros(len(cars), bool),
            "reverse": np.ones(len(cars), bool),
            "alternate": (rank + (0 if self._shares_road else episode)) % 2 == 1,
            "random": rank % 2 == 1 if self._shares_road else draws[1] < 0.5,
        }[config.direction]
        lateral = config.lateral_noise * (2.0 * draws[2] - 1.0)
        heading = config.heading_noise * (2.0 * draws[3] - 1.0)
        return backwards, np.stack([fraction, lateral, heading])


@compiled
def is_near_car(positions: Floats, first: int, cars: int, x: float, y: float) -> bool:
    """Return whether a start is too close to a car of a heat.

    Args:
        positions: (N, 2) x and y of all cars, m; NaN where there is no car.
        first: Index of the first car of the heat.
        cars: Number of cars of the heat.
        x: Position of the start, m.
        y: Position of the start, m.
    """
    for other in range(first, min(first + cars, len(positions))):
        apart_x, apart_y = positions[other, 0] - x, positions[other, 1] - y
        if apart_x * apart_x + apart_y * apart_y < CAR_CLEARANCE * CAR_CLEARANCE:
            return True
    return False


@compiled
def place_cars(
    tracks: TrackTable,
    objects: Floats,
    shape: tuple[float, float],
    cars: Integers,
    track: Integers,
    places: Floats,
    cars_per_heat: int,
    positions: Floats,
    poses: Floats,
    waypoint: Integers,
    object_places: Floats,
) -> None:
    """Compute the start poses of K cars, and the positions of objects along the track that each of them drives.

    A start too close to an object, or to another car of its heat, moves on along the track until it is clear of all.

    Args:
        tracks: The tracks.
        objects: (N, M, 3) poses x, y, m, and yaw, rad, of the objects on the road of each of all N cars.
        shape: Length and width of an object, m.
        cars: (K,) indices of the cars that start.
        track: (K,) index of the track that each of these cars drives.
        places: (3, K) arc length of the start, m; distance from the centre line as a part of the way to the border,
            + left; deviation from the track's direction, rad.
        cars_per_heat: Number of consecutive cars that share a road.
        positions: (N, 2) x and y of all cars, m; the rows of the K cars are set.
        poses: (N, 3) output; the rows of the K cars are set to x and y, m, and yaw, rad.
        waypoint: (N,) output; the entries of the K cars are set to the index of the waypoint before the car.
        object_places: (N, M, 2) output; the rows of the K cars are set to the arc length of each object, m, and its
            distance from the centre line, m, + left.
    """
    for k in range(len(cars)):
        positions[cars[k]] = np.nan  # where it was does not matter
    for k in range(len(cars)):
        car, length = cars[k], tracks.length[track[k]]
        station = places[0, k]
        for _ in range(int(length / CLEARANCE)):
            x, y, yaw, waypoint[car] = place_car(tracks, track[k], station, places[1, k])
            blocked = touches_object(objects, car, shape, (x, y, yaw), (2.0 * CLEARANCE, CLEARANCE))
            if not blocked and not is_near_car(positions, car - car % cars_per_heat, cars_per_heat, x, y):
                break
            station += CLEARANCE
        poses[car, 0], poses[car, 1], poses[car, 2] = x, y, yaw + places[2, k]
        positions[car, 0], positions[car, 1] = x, y
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
