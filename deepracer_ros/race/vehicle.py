"""The car's geometry, masses and limits, read from its URDF: the single source of them."""

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
"""Held by who runs xacro, which keeps its state in module variables."""

WHEELS = tuple(f"{end}_{side}_wheel" for end in ("front", "rear") for side in ("left", "right"))


@dataclass(frozen=True)
class Vehicle:
    """A four-wheeled car with a front camera.

    Positions are in base_link: on the ground, midway between the axles, x forward, z up.

    Attributes:
        wheelbase: Distance between the axles, m.
        front_track: Distance between the front wheels' middles, m.
        rear_track: Distance between the rear wheels' middles, m.
        wheel_radius: m.
        mass: Of the whole car, kg.
        yaw_inertia: Of the whole car about the vertical through its centre of mass, kg m².
        centre_of_mass_x: m ahead of base_link.
        centre_of_mass_z: m above the ground.
        wheel_inertia: Of a wheel about its axle, kg m².
        steering_limit: Largest angle of the front wheels to either side, rad.
        steering_rate: Largest rate of that angle, rad/s.
        drive_torque: Largest torque of all driven wheels together, N m.
        friction: Coefficient of the tyres on the road.
        camera_x: m ahead of base_link.
        camera_z: m above the ground.
        camera_pitch: Angle of the optical axis below the horizontal, rad.
        camera_fov: Horizontal field of view, rad.
        body_x: Middle of the body box, m ahead of base_link.
        body_length: Of the box that holds chassis and wheels, m.
        body_width: Of that box, m.
        body_height: Of that box from the ground, m.
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
            source: What the text was read from, for error messages.

        Raises:
            InputError: if the text is no URDF, or one of the links, joints, limits or sensors that
                describe the car is missing from it.
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
            steering_limit=_text(robot, "gazebo/plugin/steering_limit", source),
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

    The variant for gz-sim is read: it alone holds contact, camera and the limit of the (virtual,
    middle) front wheel.

    Raises:
        InputError: if the file cannot be read or expanded, or describes no such car.
    """
    return Vehicle.from_urdf(expand_urdf(path, simulator="gz"), str(path or "urdf/deepracer.urdf.xacro"))


def expand_urdf(path: Path | None = None, **arguments: str) -> str:
    """Return the URDF of a xacro file; by default of the package's own DeepRacer. Threads may call it.

    Args:
        path: The file.
        arguments: Of the file, by name.

    Raises:
        InputError: if the file cannot be read or expanded.
    """
    import xacro  # takes 0.1 s, and only this function needs it

    path = path or share_directory() / "urdf" / "deepracer.urdf.xacro"
    try:
        with EXPANDING:
            return str(xacro.process_file(str(path), mappings=arguments).toxml())
    except (OSError, xacro.XacroException) as error:
        raise InputError(
            f"{path}: cannot be expanded ({' '.join(str(error).split())}); expected a xacro file"
        ) from error


def _link_poses(robot: ET.Element, source: str) -> dict[str, Matrix]:
    """Return the (4, 4) pose of every link in base_link, with all joints at zero."""
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
            raise InputError(f"{source}: joints {names} do not hang on base_link, expected one tree from base_link")
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
    """Return mass, centre of mass (3,) and yaw inertia about it, by the parallel axis theorem."""
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
    """Return the corners (3,) of the axis-aligned box round every box and cylinder of the collision geometry."""
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
