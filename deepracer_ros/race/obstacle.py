# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""Objects on the road: their shapes and their positions."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from deepracer_ros.errors import InputError
from deepracer_ros.race.config import ObstaclesConfig
from deepracer_ros.race.vehicle import read_vehicle

if TYPE_CHECKING:  # importing a track imports numba, which the check of a configuration does not need
    from deepracer_ros.race.track import Track

Floats = NDArray[np.float64]

LANE = 0.5
"""Position of an object without a configured lane, as a part of the way from the centre line to a border."""

SIGHT = 12.0
"""Largest distance from the camera at which an object is drawn and counts as seen, m; it covers a few pixels there."""


@dataclass(frozen=True)
class ObstacleShape:
    """Size and colour of the box that represents an object on the road; the box stands on the ground."""

    length: float
    """Length of the box along its yaw, m."""
    width: float
    """Width of the box across its yaw, m."""
    height: float
    """Height of the box above the ground, m."""
    colour: tuple[int, int, int]
    """RGB colour of the box, each channel 0 to 255."""


BOX = ObstacleShape(0.4, 0.5, 0.3, (176, 132, 84))
"""Shape of DeepRacer's cardboard box."""

PARKED_CAR_COLOUR = (28, 60, 190)
"""RGB colour of a parked car, each channel 0 to 255."""


def shape_of(kind: str) -> ObstacleShape:
    """Return the shape of a kind of object.

    Args:
        kind: "box", DeepRacer's cardboard box; or "car", a box of the size of the URDF car's body.
    """
    if kind == "box":
        return BOX
    car = read_vehicle()
    return ObstacleShape(car.body_length, car.body_width, car.body_height, PARKED_CAR_COLOUR)


def place_obstacles(track: "Track", config: ObstaclesConfig, random: np.random.Generator | None) -> Floats:
    """Return the poses (K, 3) of the objects on a track: x, y, m, and yaw, rad, of their middles.

    The objects stand at the positions of the configuration, or evenly spread over the track, or at random positions.
    Random positions keep the distance `spacing` along the centre line, on an open track also from the start line.

    Args:
        track: The track; positions are measured in its driving direction.
        config: Number, kind and positions of the objects.
        random: Generator for random positions; may be None if the configuration has no random positions.

    Raises:
        InputError: if the objects do not fit on the track.
    """
    count, length = config.count, track.length
    room = config.spacing if config.random else shape_of(config.kind).length
    if count * room > length and not config.progress:
        raise InputError(
            f"race.obstacles.count: found {count} on track {track.name} of {length:.1f} m, "
            f"expected at most {int(length / room)} with {room:g} m for each"
        )
    lanes = np.where(np.arange(count) % 2 == 0, LANE, -LANE)
    stations = (np.arange(count) + 0.5) * length / max(count, 1)
    if config.random and random is not None:
        stations = _draw_stations(track, count, config.spacing, random)
        lanes = random.choice([-LANE, LANE], count)
    if config.progress:
        stations = np.array(config.progress) / 100.0 * length
    if config.lane:
        lanes = np.array(config.lane)
    to_border = [_interpolate(track, stations, width) for width in (track.left_width, track.right_width)]
    return track.pose_at(stations, lanes * np.where(lanes > 0.0, *to_border))


def _draw_stations(track: "Track", count: int, spacing: float, random: np.random.Generator) -> Floats:
    """Return `count` random arc lengths, m, uniform over all arrangements that keep `spacing` between them."""
    free = np.sort(random.uniform(0.0, track.length - count * spacing, count))
    begin = random.uniform(0.0, track.length) if track.closed else spacing
    stations: Floats = begin + free + spacing * np.arange(count)
    return stations % track.length if track.closed else stations


def _interpolate(track: "Track", stations: Floats, values: Floats) -> Floats:
    """Return the values (M,) of a track's waypoints, interpolated at stations (K,)."""
    period = track.length if track.closed else None
    return np.interp(stations, track.station[: len(values)], values, period=period)
