# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""The params of DeepRacer's `reward_function(params)`, with DeepRacer's names and units."""

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

from deepracer_ros.race.obstacle import SIGHT
from deepracer_ros.race.status import Status
from deepracer_ros.race.track import Track
from deepracer_ros.race.vehicle import Vehicle

Params = dict[str, Any]


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


def waypoints(track: Track) -> list[tuple[float, float]]:
    """Return a track's waypoints x, y, m, in driving order; a closed track repeats its first point, as in DeepRacer."""
    points = [(float(x), float(y)) for x, y in track.centre]
    return [*points, points[0]] if track.closed else points


def make_params(row: Params, track: Track, points: list[tuple[float, float]], reverse: bool, eye: Eye) -> Params:
    """Return the params of one car's step.

    The AWS DeepRacer developer guide defines them in "Input parameters of the reward function". As in DeepRacer's
    simulator, x, y and all positions relative to the track refer to the car's front, and speed is the commanded speed.
    `steps` is 2 at the first call of an episode, since step 1 is its start, which has no reward.

    Args:
        row: Values of one car by the column names of `EpisodeTable`.
        track: The car's track in its driving direction.
        points: Waypoints of the track, from `waypoints`.
        reverse: Whether the car drives the configured track in the opposite direction.
        eye: Position and field of view of the car's camera.
    """
    return {
        "all_wheels_on_track": row["wheels_on_track"] == 4,
        "x": row["front_x"],
        "y": row["front_y"],
        "heading": math.degrees(row["yaw"]),
        "distance_from_center": abs(row["offset"]),
        "projection_distance": row["station"],
        "progress": row["progress"],
        "steps": row["step"] + 1,
        "speed": row["commanded_speed"],
        "steering_angle": math.degrees(row["commanded_steering"]),
        "track_width": row["left"] + row["right"],
        "track_length": track.length,
        "waypoints": list(points),
        "closest_waypoints": [row["waypoint"], row["waypoint"] + 1],
        "is_left_of_center": row["offset"] > 0.0,
        "is_reversed": reverse,
        **object_params(row, track.length, track.closed, eye),
        "is_crashed": row["status"] == Status.CRASHED,
        "is_offtrack": row["wheels_on_track"] == 0,
        "sim_time": row["clock"],
    }


def object_params(row: Params, length: float, closed: bool, eye: Eye) -> Params:
    """Return the params that describe the objects on the road, which stand still.

    Args:
        row: Values of one car by the column names of `EpisodeTable`.
        length: Length of the track, m.
        closed: Whether the track is a loop.
        eye: Position and field of view of the car's camera.
    """
    poses, places = row["objects"], row["object_places"]
    stations = [station for station, _ in places]
    return {
        "closest_objects": closest_objects(row["station"], stations, length, closed),
        "objects_location": [(x, y) for x, y, _ in poses],
        "objects_left_of_center": [offset > 0.0 for _, offset in places],
        "object_in_camera": any(is_seen(row, x, y, eye) for x, y, _ in poses),
        "objects_speed": [0.0] * len(poses),
        "objects_heading": [math.degrees(yaw) for _, _, yaw in poses],
        "objects_distance_from_center": [abs(offset) for _, offset in places],
        "objects_distance": stations,
    }


def closest_objects(station: float, stations: Sequence[float], length: float, closed: bool) -> list[int]:
    """Return the indices of the nearest object behind a car and of the nearest one ahead; [0, 0] if there is none.

    If all objects of an open track are on one side of the car, both indices are those of the nearest object.

    Args:
        station: Arc length at the car's front, m.
        stations: (K,) arc lengths of the objects, m.
        length: Length of the track, m.
        closed: Whether the track is a loop.
    """
    if not stations:
        return [0, 0]
    if closed:
        ahead = [(other - station) % length for other in stations]
        behind = [(station - other) % length for other in stations]
    else:
        ahead = [other - station if other >= station else length + station - other for other in stations]
        behind = [station - other if other < station else length + other - station for other in stations]
    return [behind.index(min(behind)), ahead.index(min(ahead))]


def is_seen(row: Params, x: float, y: float, eye: Eye) -> bool:
    """Return whether the middle of an object is in the camera's horizontal field of view and within `SIGHT`.

    Args:
        row: Values of one car by the column names of `EpisodeTable`.
        x: World position of the object along x, m.
        y: World position of the object along y, m.
        eye: Position and field of view of the car's camera.
    """
    away_x = x - row["x"] - eye.ahead * math.cos(row["yaw"])
    away_y = y - row["y"] - eye.ahead * math.sin(row["yaw"])
    bearing = math.remainder(math.atan2(away_y, away_x) - row["yaw"], math.tau)
    return abs(bearing) <= eye.half_fov and math.hypot(away_x, away_y) <= SIGHT
