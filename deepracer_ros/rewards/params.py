# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""The params of DeepRacer's `reward_function(params)`, with DeepRacer's names and units."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from deepracer_ros.race.episode import EpisodeTable
from deepracer_ros.race.obstacle import SIGHT
from deepracer_ros.race.status import Status
from deepracer_ros.race.vehicle import Vehicle

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Params = dict[str, Any]
"""The params of one call."""
Columns = Mapping[str, NDArray[Any]]
"""The params of n cars, as arrays."""
WAYPOINTS = "waypoints"
"""The param that is of a track; as a column it is the index of the car's track."""


class Road(Protocol):
    """What a reward function sees of a track, which `race.track.Track` has."""

    @property
    def centre(self) -> NDArray[np.float64]:
        """Waypoints (M, 2) in driving order, m."""
        ...

    @property
    def length(self) -> float:
        """Length of the centre line, m."""
        ...

    @property
    def closed(self) -> bool:
        """Whether the track is a loop."""
        ...

    @property
    def is_reversed(self) -> bool:
        """Whether it is driven against the order of the waypoints in its file."""
        ...


class Eye(NamedTuple):
    """Position and field of view of a car's camera, which decide whether it sees an object."""

    ahead: float
    """Distance from base_link forward to the camera, m."""
    half_fov: float
    """Half the horizontal field of view, rad."""

    @classmethod
    def of(cls, vehicle: Vehicle) -> "Eye":
        """Return the camera's position and field of view for a vehicle."""
        return cls(vehicle.camera_x, 0.5 * vehicle.camera_fov)


def waypoints(track: Road) -> list[tuple[float, float]]:
    """Return a track's waypoints x, y, m, in driving order; a closed track repeats its first point, as in DeepRacer."""
    points = [(float(x), float(y)) for x, y in track.centre]
    return [*points, points[0]] if track.closed else points


def make_columns(episodes: EpisodeTable, cars: Integers, roads: Sequence[Road], eye: Eye) -> Columns:
    """Return the params of the steps of n cars as arrays, all but `waypoints`.

    The AWS DeepRacer developer guide defines them in "Input parameters of the reward function". As in DeepRacer's
    simulator, x, y and all positions relative to the track refer to the car's front, and speed is the commanded speed.
    `steps` is 2 at the first call of an episode, since step 1 is its start, which has no reward.

    Args:
        episodes: State of the episodes of all cars.
        cars: (n,) indices of the cars.
        roads: The tracks that `episodes.track` refers to.
        eye: Position and field of view of the cars' cameras.

    Returns:
        Arrays by name, in DeepRacer's order: (n,), (n, 2) indices, (n, K) of K objects, or (n, K, 2) their x, y, m.
    """
    row = EpisodeTable(**{name: column[cars] for name, column in episodes._asdict().items()})
    length = np.array([road.length for road in roads])[row.track]
    closed = np.array([road.closed for road in roads])[row.track]
    stations, sideways = row.object_places[..., 0], row.object_places[..., 1]
    return {
        "all_wheels_on_track": row.wheels_on_track == 4,
        "x": row.front_x,
        "y": row.front_y,
        "heading": np.degrees(row.yaw),
        "distance_from_center": np.abs(row.offset),
        "projection_distance": row.station,
        "progress": row.progress,
        "steps": row.step + 1,
        "speed": row.commanded_speed,
        "steering_angle": np.degrees(row.commanded_steering),
        "track_width": row.left + row.right,
        "track_length": length,
        WAYPOINTS: row.track,
        "closest_waypoints": np.stack([row.waypoint, row.waypoint + 1], axis=1),
        "is_left_of_center": row.offset > 0.0,
        "is_reversed": np.array([road.is_reversed for road in roads])[row.track],
        "closest_objects": closest_objects(row.station, stations, length, closed),
        "objects_location": row.objects[..., :2],
        "objects_left_of_center": sideways > 0.0,
        "object_in_camera": is_seen(row, eye).any(axis=1),
        "objects_speed": np.zeros(stations.shape),
        "objects_heading": np.degrees(row.objects[..., 2]),
        "objects_distance_from_center": np.abs(sideways),
        "objects_distance": stations,
        "is_crashed": row.status == Status.CRASHED,
        "is_offtrack": row.wheels_on_track == 0,
        "sim_time": row.clock,
    }


def to_rows(columns: Columns, points: Sequence[Sequence[tuple[float, float]]]) -> list[Params]:
    """Return the params of each car, with the types that DeepRacer has.

    Args:
        columns: Params of n cars, as `make_columns` returns them.
        points: Waypoints of each track, from `waypoints`.
    """
    values = {name: column.tolist() for name, column in columns.items()}
    values[WAYPOINTS] = [list(points[track]) for track in values[WAYPOINTS]]
    values["objects_location"] = [[tuple(place) for place in places] for places in values["objects_location"]]
    return [dict(zip(values, row, strict=True)) for row in zip(*values.values(), strict=True)]


def closest_objects(station: Floats, stations: Floats, length: Floats, closed: NDArray[np.bool_]) -> Integers:
    """Return the indices (n, 2) of the nearest object behind each car and of the nearest one ahead; 0 if there is none.

    If all objects of an open track are on one side of the car, both indices are those of the nearest object.

    Args:
        station: (n,) arc length at the car's front, m.
        stations: (n, K) arc lengths of the objects on its road, m.
        length: (n,) length of its track, m.
        closed: (n,) whether its track is a loop.
    """
    if stations.shape[1] == 0:
        return np.zeros((len(station), 2), np.int64)
    gap, length, closed = stations - station[:, None], length[:, None], closed[:, None]
    ahead = np.where(closed, gap % length, np.where(gap >= 0.0, gap, length - gap))
    behind = np.where(closed, -gap % length, np.where(gap < 0.0, -gap, length + gap))
    return np.stack([behind.argmin(axis=1), ahead.argmin(axis=1)], axis=1)


def is_seen(row: EpisodeTable, eye: Eye) -> NDArray[np.bool_]:
    """Return whether the middle of each object is in its camera's horizontal field of view and within `SIGHT` (n, K).

    Args:
        row: State of the episodes of n cars.
        eye: Position and field of view of the cars' cameras.
    """
    if row.objects.shape[1] == 0:
        return np.zeros(row.objects.shape[:2], np.bool_)
    x, y, yaw = (column[:, None] for column in (row.x, row.y, row.yaw))
    away_x = row.objects[..., 0] - x - eye.ahead * np.cos(yaw)
    away_y = row.objects[..., 1] - y - eye.ahead * np.sin(yaw)
    bearing = (np.arctan2(away_y, away_x) - yaw + np.pi) % (2.0 * np.pi) - np.pi
    seen: NDArray[np.bool_] = (np.abs(bearing) <= eye.half_fov) & (np.hypot(away_x, away_y) <= SIGHT)
    return seen
