"""What can be configured about Gazebo itself."""

from dataclasses import dataclass

from deepracer_ros.config import Section, key


@dataclass(frozen=True)
class GazeboConfig(Section):
    """How Gazebo is run."""

    iterations: int = key(
        16, "Physics steps in one control period of 1/15 s; 16 steps are 4.2 ms each.", least=2, most=1000
    )
    start_timeout: float = key(60.0, "Time until the worlds of all servers must stand.", unit="s", above=0)
