# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""Configuration of Gazebo's physics and start."""

from dataclasses import dataclass

from deepracer_ros.config import Section, key


@dataclass(frozen=True)
class GazeboConfig(Section):
    """Physics steps of Gazebo and time limit of its start."""

    iterations: int = key(
        16, "Physics steps per control period of 1/15 s; 16 steps are 4.2 ms each.", least=2, most=1000
    )
    start_timeout: float = key(120.0, "Time limit until the world of a server is loaded.", unit="s", above=0)
