"""What can be configured about a Gazebo world."""

from dataclasses import dataclass
from math import ceil

from deepracer_ros.config import Section, key
from deepracer_ros.race.control import CONTROL_RATE


@dataclass(frozen=True)
class WorldConfig(Section):
    """What a world holds in addition to ground, road, sun and the race's objects, and its physics step."""

    physics_steps: int = key(20, "Physics steps per camera frame, of equal and fixed size.", least=1, most=1000)
    metres_per_pixel: float = key(0.01, "Resolution of the picture of the road.", unit="m", above=0)
    barriers: bool = key(False, "Whether walls stand around the road.")
    barrier_distance: float = key(0.3, "Distance from the border of the road to the wall.", unit="m", above=0)
    barrier_height: float = key(0.25, "Height of the walls.", unit="m", above=0)
    lamps: int = key(0, "Lamps above the road, evenly spread, in addition to the sun.", least=0, most=100)
    lamp_height: float = key(2.0, "Height of the lamps above the road.", unit="m", above=0)

    @property
    def step_size(self) -> float:
        """Duration of a physics step, s.

        Whole nanoseconds, rounded up: rounded down, the camera's frame would be due one step later.
        """
        return ceil(1e9 / (CONTROL_RATE * self.physics_steps)) / 1e9
