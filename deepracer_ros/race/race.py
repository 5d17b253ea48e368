"""Race types by name: what stands on the road."""

from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from deepracer_ros.errors import InputError
from deepracer_ros.race.config import ObstaclesConfig, RaceConfig
from deepracer_ros.race.obstacle import place_obstacles

if TYPE_CHECKING:  # as in `race.obstacle`
    from deepracer_ros.race.track import Track

Place = Callable[["Track", ObstaclesConfig, "np.random.Generator | None"], NDArray[np.float64]]


@dataclass(frozen=True)
class RaceType:
    """A race type.

    Attributes:
        place: Returns the (K, 3) poses of the K = `count` objects on a track, as `place_obstacles` does. None: nothing
            stands on the road.
    """

    place: Place | None = None


RACES: dict[str, RaceType] = {
    "time_trial": RaceType(),
    "object_avoidance": RaceType(place_obstacles),
}
"""Race types by name: the line to add for another one."""


def find_race(config: RaceConfig) -> RaceType:
    """Return the race type of a configuration.

    Raises:
        InputError: if there is no such type, it has objects and their count is 0, or it has none and a key of
            `obstacles` is set.
    """
    if config.type not in RACES:
        raise InputError(f"race.type: found {config.type!r}, expected one of {', '.join(RACES)}")
    race = RACES[config.type]
    if race.place is not None and config.obstacles.count == 0:
        raise InputError(f"race.obstacles.count: found 0, expected 1 or more in race type {config.type}")
    for field in fields(ObstaclesConfig):
        value = getattr(config.obstacles, field.name)
        if race.place is None and value != field.default:
            raise InputError(
                f"race.obstacles.{field.name}: found {value!r}, which has no effect in race type {config.type}; "
                f"expected {field.default!r}"
            )
    return race
