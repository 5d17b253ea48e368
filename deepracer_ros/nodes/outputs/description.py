# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""The URDF of the car for robot_state_publisher and rviz."""

from deepracer_ros.race.vehicle import expand_urdf


def robot_description() -> str:
    """Return the expanded URDF of the car as XML, without parts for a simulator."""
    return expand_urdf(simulator="none")
