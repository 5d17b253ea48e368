# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""Transforms between the frames of the car, read from its URDF."""

import math
from xml.etree import ElementTree as ET

from geometry_msgs.msg import Quaternion, TransformStamped


def fixed_joints(urdf: str) -> list[TransformStamped]:
    """Return the transforms of the fixed joints in a URDF.

    Args:
        urdf: The expanded URDF as XML.
    """
    transforms = []
    for joint in ET.fromstring(urdf).findall("joint[@type='fixed']"):
        ends = {element.tag: element.get("link", "") for element in joint if element.tag in ("parent", "child")}
        origin = joint.find("origin")
        at = {} if origin is None else origin.attrib
        fixed = transform(ends["parent"], ends["child"])
        translation = fixed.transform.translation
        translation.x, translation.y, translation.z = map(float, at.get("xyz", "0 0 0").split())
        fixed.transform.rotation = from_rpy(*map(float, at.get("rpy", "0 0 0").split()))
        transforms.append(fixed)
    return transforms


def from_rpy(roll: float, pitch: float, yaw: float) -> Quaternion:
    """Return the quaternion of roll, pitch and yaw, rad: rotations about the fixed axes x, y, z in turn (URDF)."""
    (cr, sr), (cp, sp), (cy, sy) = ((math.cos(0.5 * a), math.sin(0.5 * a)) for a in (roll, pitch, yaw))
    return Quaternion(
        x=sr * cp * cy - cr * sp * sy,
        y=cr * sp * cy + sr * cp * sy,
        z=cr * cp * sy - sr * sp * cy,
        w=cr * cp * cy + sr * sp * sy,
    )


def transform(parent: str, child: str) -> TransformStamped:
    """Return the identity transform from the frame `parent` to the frame `child`."""
    message = TransformStamped(child_frame_id=child)
    message.header.frame_id = parent
    return message
