"""What stands on the road: its shape, and where it stands."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from deepracer_ros.errors import InputError
from deepracer_ros.race.config import ObstaclesConfig
from deepracer_ros.race.vehicle import read_vehicle

if TYPE_CHECKING:  # tracks are compiled with numba, which the check of a configuration does without
    from deepracer_ros.race.track import Track

Floats = NDArray[np.float64]

LANE = 0.5
"""An object without a given lane stands at this part of the way from the centre line to a border."""

SIGHT = 12.0
"""An object farther from the camera than this covers a few pixels: it is not drawn and does not count as seen, m."""


@dataclass(frozen=True)
class ObstacleShape:
    """The box that an object on the road fills; it stands on the ground."""

    length: float
    """Along its yaw, m."""
    width: float
    """m."""
    height: float
    """m."""
    colour: tuple[int, int, int]
    """RGB of its top."""


BOX = ObstacleShape(0.4, 0.5, 0.3, (176, 132, 84))
"""DeepRacer's cardboard box."""

PARKED_CAR_COLOUR = (28, 60, 190)
"""RGB."""


def shape_of(kind: str) -> ObstacleShape:
    """Return the shape of a kind of `ObstaclesConfig`.

    Args:
        kind: "box", or "car": the body of the URDF's car.
    """
    if kind == "box":
        return BOX
    car = read_vehicle()
    return ObstacleShape(car.body_length, car.body_width, car.body_height, PARKED_CAR_COLOUR)


def place_obstacles(track: "Track", config: ObstaclesConfig, random: np.random.Generator | None) -> Floats:
    """Return where the objects stand on a track: (K, 3) poses x, y, m, and yaw, rad, of their middles.

    Fixed places are those of the configuration. Other ones are spread evenly over the track, or drawn at random
    with at least `spacing` from one to the next along the centre line; on an open track that is also the least
    distance from the start line.

    Args:
        track: The track; places are counted in its direction.
        config: What stands there.
        random: Draws the places where the configuration says random; may be None otherwise.

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
    """Return `count` arc lengths, m: evenly distributed over all ways to keep `spacing` between them."""
    free = np.sort(random.uniform(0.0, track.length - count * spacing, count))
    begin = random.uniform(0.0, track.length) if track.closed else spacing
    stations: Floats = begin + free + spacing * np.arange(count)
    return stations % track.length if track.closed else stations


def _interpolate(track: "Track", stations: Floats, values: Floats) -> Floats:
    """Return values (M,) of a track's waypoints at stations (K,)."""
    period = track.length if track.closed else None
    return np.interp(stations, track.station[: len(values)], values, period=period)
