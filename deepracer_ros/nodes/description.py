"""The car's URDF as robot_state_publisher and rviz want it."""

import xacro

from deepracer_ros.share import share_directory


def robot_description() -> str:
    """Return the expanded URDF."""
    path = share_directory() / "urdf" / "deepracer.urdf.xacro"
    return str(xacro.process_file(str(path)).toxml())
