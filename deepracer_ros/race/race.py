# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""Race types by name; a race type determines what is on the road: objects, or other cars."""

from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from deepracer_ros.errors import InputError
from deepracer_ros.race.config import ObstaclesConfig, RaceConfig
from deepracer_ros.race.obstacle import place_obstacles

if TYPE_CHECKING:  # importing a track imports numba, which the check of a configuration does not need
    from deepracer_ros.race.track import Track

Place = Callable[["Track", ObstaclesConfig, "np.random.Generator | None"], NDArray[np.float64]]


@dataclass(frozen=True)
class RaceType:
    """A race type, an entry of `RACES`.

    Attributes:
        place: Function that returns the poses (K, 3), x, y, m, and yaw, rad, of the objects on a track, with the
            arguments of `place_obstacles`. None: there are no objects.
        shares_road: Whether the cars of a heat share a road, see each other and must not touch.
    """

    place: Place | None = None
    shares_road: bool = False


RACES: dict[str, RaceType] = {
    "time_trial": RaceType(),
    "object_avoidance": RaceType(place_obstacles),
    "head_to_head": RaceType(shares_road=True),
}
"""Race types by name; a new race type needs one more entry."""


def find_race(config: RaceConfig) -> RaceType:
    """Return the race type of a configuration.

    Raises:
        InputError: if there is no such type, if it needs objects or other cars and there are none, or if it has none
            and a key for them is set.
    """
    if config.type not in RACES:
        raise InputError(f"race.type: found {config.type!r}, expected one of {', '.join(RACES)}")
    race = RACES[config.type]
    if race.place is not None and config.obstacles.count == 0:
        raise InputError(f"race.obstacles.count: found 0, expected 1 or more in race type {config.type}")
    if race.shares_road != (config.cars > 1):
        expected = "2 or more" if race.shares_road else "1"
        raise InputError(f"race.cars: found {config.cars}, expected {expected} in race type {config.type}")
    for field in fields(ObstaclesConfig):
        value = getattr(config.obstacles, field.name)
        if race.place is None and value != field.default:
            raise InputError(
                f"race.obstacles.{field.name}: found {value!r}, which has no effect in race type {config.type}; "
                f"expected {field.default!r}"
            )
    return race
