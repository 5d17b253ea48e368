"""The car's URDF as robot_state_publisher and rviz want it."""

from deepracer_ros.race.vehicle import expand_urdf


def robot_description() -> str:
    """Return the expanded URDF."""
    return expand_urdf(simulator="none")
