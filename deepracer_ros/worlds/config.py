# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""Configuration of a Gazebo world."""

from dataclasses import dataclass
from math import ceil

from deepracer_ros.config import Section, key
from deepracer_ros.race.control import CONTROL_RATE


@dataclass(frozen=True)
class WorldConfig(Section):
    """Physics step of a world, resolution of its road, barriers and lamps."""

    physics_steps: int = key(20, "Physics steps per camera frame, all of the same duration.", least=1, most=1000)
    metres_per_pixel: float = key(0.01, "Size of a pixel in the picture of the road.", unit="m", above=0)
    barriers: bool = key(False, "Whether there are walls around the road.")
    barrier_distance: float = key(0.3, "Distance from the border of the road to the wall.", unit="m", above=0)
    barrier_height: float = key(0.25, "Height of the walls.", unit="m", above=0)
    lamps: int = key(0, "Number of lamps above the road, evenly spread, in addition to the sun.", least=0, most=100)
    lamp_height: float = key(2.0, "Height of the lamps above the road.", unit="m", above=0)

    @property
    def step_size(self) -> float:
        """Duration of a physics step, s.

        It is rounded up to whole nanoseconds. If it were rounded down, the camera's frame would be due one step later.
        """
        return ceil(1e9 / (CONTROL_RATE * self.physics_steps)) / 1e9
