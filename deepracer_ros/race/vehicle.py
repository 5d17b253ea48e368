# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""Geometry, masses and limits of the car, read from its URDF, their only source."""

import math
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from xml.etree import ElementTree as ET

import numpy as np
from numpy.typing import NDArray

from deepracer_ros.errors import InputError
from deepracer_ros.share import share_directory

Matrix = NDArray[np.float64]

EXPANDING = threading.Lock()
"""Lock around runs of xacro, which keeps its state in module variables."""

WHEELS = tuple(f"{end}_{side}_wheel" for end in ("front", "rear") for side in ("left", "right"))


@dataclass(frozen=True)
class Vehicle:
    """A four-wheeled car with a front camera.

    Positions are in base_link: on the ground, midway between the axles, x forward, z up.

    Attributes:
        wheelbase: Distance between the axles, m.
        front_track: Distance between the middles of the front wheels, m.
        rear_track: Distance between the middles of the rear wheels, m.
        wheel_radius: Radius of a wheel, m.
        mass: Mass of the whole car, kg.
        yaw_inertia: Moment of inertia of the whole car about the vertical axis through its centre of mass, kg m².
        centre_of_mass_x: Distance from base_link forward to the centre of mass, m.
        centre_of_mass_z: Height of the centre of mass above the ground, m.
        wheel_inertia: Moment of inertia of a wheel about its axle, kg m².
        steering_limit: Largest angle of the virtual middle front wheel to either side, rad.
        steering_rate: Largest rate of the steering angle, rad/s.
        drive_torque: Largest torque of all driven wheels together, N m.
        friction: Coefficient of friction between tyres and road.
        camera_x: Distance from base_link forward to the camera, m.
        camera_z: Height of the camera above the ground, m.
        camera_pitch: Angle of the camera's optical axis below the horizontal, rad.
        camera_fov: Horizontal field of view of the camera, rad.
        body_x: Distance from base_link forward to the middle of the body, m.
        body_length: Length of the body, the box around chassis and wheels, m.
        body_width: Width of the body, m.
        body_height: Height of the body's top above the ground, m.
    """

    wheelbase: float
    front_track: float
    rear_track: float
    wheel_radius: float
    mass: float
    yaw_inertia: float
    centre_of_mass_x: float
    centre_of_mass_z: float
    wheel_inertia: float
    steering_limit: float
    steering_rate: float
    drive_torque: float
    friction: float
    camera_x: float
    camera_z: float
    camera_pitch: float
    camera_fov: float
    body_x: float
    body_length: float
    body_width: float
    body_height: float

    @classmethod
    def from_urdf(cls, text: str, source: str = "URDF") -> "Vehicle":
        """Read the car from an expanded URDF.

        Args:
            text: The URDF as XML, without xacro macros.
            source: Name of the source in error messages, for example a path.

        Raises:
            InputError: if the text is not a URDF, or lacks one of the links, joints, limits or sensors that describe
                the car.
        """
        try:
            robot = ET.fromstring(text)
        except ET.ParseError as error:
            raise InputError(f"{source}: is not XML ({error}); expected a URDF") from error
        poses = _link_poses(robot, source)
        wheels = {name: _find(poses, name, source) for name in WHEELS}
        front_left, front_right, rear_left, rear_right = (wheels[name][:3, 3] for name in WHEELS)
        camera = _find(poses, "camera_link", source)
        hinge = _element(robot, "joint[@name='left_steering_hinge']/limit", source)
        mass, centre, yaw_inertia = _mass_properties(robot, poses)
        low, high = _bounds(robot, poses)
        return cls(
            wheelbase=float(front_left[0] - rear_left[0]),
            front_track=float(front_left[1] - front_right[1]),
            rear_track=float(rear_left[1] - rear_right[1]),
            wheel_radius=_number(
                _element(robot, "link[@name='front_left_wheel']/collision/geometry/*[@radius]", source), "radius"
            ),
            mass=mass,
            yaw_inertia=yaw_inertia,
            centre_of_mass_x=float(centre[0]),
            centre_of_mass_z=float(centre[2]),
            wheel_inertia=_number(_element(robot, "link[@name='front_left_wheel']/inertial/inertia", source), "iyy"),
            # gz-sim takes the least turning radius as wheelbase / sin(its limit).
            steering_limit=math.atan(math.sin(_text(robot, "gazebo/plugin/steering_limit", source))),
            steering_rate=_number(hinge, "velocity"),
            drive_torque=sum(_number(limit, "effort") for limit in _wheel_limits(robot, source)),
            friction=_text(robot, "gazebo[@reference='front_left_wheel']/mu1", source),
            camera_x=float(camera[0, 3]),
            camera_z=float(camera[2, 3]),
            camera_pitch=math.asin(-float(camera[2, 0])),
            camera_fov=_text(robot, "gazebo/sensor/camera/horizontal_fov", source),
            body_x=float(low[0] + high[0]) / 2.0,
            body_length=float(high[0] - low[0]),
            body_width=float(high[1] - low[1]),
            body_height=float(high[2]),
        )


@cache
def read_vehicle(path: Path | None = None) -> Vehicle:
    """Read a car from a URDF or xacro file; by default the package's own DeepRacer.

    The gz-sim variant of the file is read, because only this variant has contact parameters, the camera, and the limit
    of the virtual middle front wheel.

    Raises:
        InputError: if the file cannot be read or expanded, or does not describe such a car.
    """
    return Vehicle.from_urdf(expand_urdf(path, simulator="gz"), str(path or "urdf/deepracer.urdf.xacro"))


def expand_urdf(path: Path | None = None, **arguments: str) -> str:
    """Return the URDF that a xacro file expands to; by default of the package's own DeepRacer. Thread-safe.

    Args:
        path: The xacro file; by default the package's own.
        arguments: Arguments of the xacro file by name.

    Raises:
        InputError: if the file cannot be read or expanded.
    """
    import xacro  # the import takes 0.1 s, and only this function needs it

    path = path or share_directory() / "urdf" / "deepracer.urdf.xacro"
    try:
        with EXPANDING:
            return str(xacro.process_file(str(path), mappings=arguments).toxml())
    except (OSError, xacro.XacroException) as error:
        raise InputError(
            f"{path}: cannot be expanded ({' '.join(str(error).split())}); expected a xacro file"
        ) from error


def _link_poses(robot: ET.Element, source: str) -> dict[str, Matrix]:
    """Return the pose (4, 4) of every link in the frame of base_link, with all joints at zero."""
    poses = {"base_link": np.eye(4)}
    joints = robot.findall("joint")
    while joints:
        later = []
        for joint in joints:
            parent = _element(joint, "parent", source).get("link", "")
            child = _element(joint, "child", source).get("link", "")
            if parent in poses:
                poses[child] = poses[parent] @ _pose(joint.find("origin"))
            else:
                later.append(joint)
        if len(later) == len(joints):
            names = ", ".join(str(joint.get("name")) for joint in later)
            raise InputError(
                f"{source}: found joints {names} without a chain to base_link, expected one tree with root base_link"
            )
        joints = later
    return poses


def _pose(origin: ET.Element | None) -> Matrix:
    """Return a URDF origin (xyz; rpy about the fixed axes x, y, z) as a (4, 4) matrix."""
    pose = np.eye(4)
    if origin is None:
        return pose
    roll, pitch, yaw = map(float, origin.get("rpy", "0 0 0").split())
    (cr, sr), (cp, sp), (cy, sy) = ((math.cos(a), math.sin(a)) for a in (roll, pitch, yaw))
    pose[:3, :3] = [
        [cy * cp, cy * sp * sr - sy * cr, cy * sp * cr + sy * sr],
        [sy * cp, sy * sp * sr + cy * cr, sy * sp * cr - cy * sr],
        [-sp, cp * sr, cp * cr],
    ]
    pose[:3, 3] = list(map(float, origin.get("xyz", "0 0 0").split()))
    return pose


def _mass_properties(robot: ET.Element, poses: dict[str, Matrix]) -> tuple[float, Matrix, float]:
    """Return the mass, the centre of mass (3,) and the yaw inertia about it, by the parallel axis theorem."""
    masses, centres, inertias = [], [], []
    for link in robot.findall("link"):
        inertial = link.find("inertial")
        name = link.get("name", "")
        if inertial is None or name not in poses:
            continue
        pose = poses[name] @ _pose(inertial.find("origin"))
        masses.append(_number(_element(inertial, "mass", name), "value"))
        centres.append(pose[:3, 3])
        inertias.append(pose[2, :3] @ _inertia(_element(inertial, "inertia", name)) @ pose[2, :3])
    weights = np.array(masses)
    mass = float(weights.sum())
    centre = weights @ np.array(centres) / mass
    distances = np.hypot(*(np.array(centres) - centre)[:, :2].T)
    return mass, centre, float(np.sum(inertias) + weights @ distances**2)


def _inertia(element: ET.Element) -> Matrix:
    xx, xy, xz, yy, yz, zz = (_number(element, f"i{axes}") for axes in ("xx", "xy", "xz", "yy", "yz", "zz"))
    return np.array([[xx, xy, xz], [xy, yy, yz], [xz, yz, zz]])


def _bounds(robot: ET.Element, poses: dict[str, Matrix]) -> tuple[Matrix, Matrix]:
    """Return the corners (3,) of the axis-aligned box around all boxes and cylinders of the collision geometry."""
    points = [
        poses[link.get("name", "")] @ _pose(collision.find("origin")) @ np.array([*corner, 1.0])
        for link in robot.findall("link")
        if link.get("name") in poses
        for collision in link.findall("collision")
        for corner in _corners(collision)
    ]
    corners = np.array(points)[:, :3]
    return corners.min(axis=0), corners.max(axis=0)


def _corners(collision: ET.Element) -> Iterator[tuple[float, float, float]]:
    box, cylinder = collision.find("geometry/box"), collision.find("geometry/cylinder")
    if box is not None:
        x, y, z = map(float, box.get("size", "").split())
    elif cylinder is not None:
        x = y = 2.0 * _number(cylinder, "radius")
        z = _number(cylinder, "length")
    else:
        return
    signs = (-0.5, 0.5)
    yield from ((i * x, j * y, k * z) for i in signs for j in signs for k in signs)


def _wheel_limits(robot: ET.Element, source: str) -> Iterator[ET.Element]:
    for joint in robot.findall("joint"):
        if _element(joint, "child", source).get("link") in WHEELS:
            yield _element(joint, "limit", f"{source}: joint {joint.get('name')}")


def _element(parent: ET.Element, path: str, source: str) -> ET.Element:
    found = parent.find(path)
    if found is None:
        raise InputError(f"{source}: found no {path} in <{parent.tag}>, expected it to describe the car")
    return found


def _find(poses: dict[str, Matrix], name: str, source: str) -> Matrix:
    if name not in poses:
        raise InputError(f"{source}: found no link {name!r}, expected one of the car's links")
    return poses[name]


def _number(element: ET.Element, attribute: str) -> float:
    return _float(element.get(attribute, ""), f"{attribute} of <{element.tag}>")


def _text(parent: ET.Element, path: str, source: str) -> float:
    return _float(_element(parent, path, source).text or "", f"{source}: {path}")


def _float(text: str, where: str) -> float:
    try:
        return float(text)
    except ValueError as error:
        raise InputError(f"{where}: found {text!r}, expected a number") from error
