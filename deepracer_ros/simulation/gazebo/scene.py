# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""The world of a gzserver: a track's world file with cars, objects, physics and the lock-step plugin added."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree as ET

from deepracer_ros.errors import InputError
from deepracer_ros.race.control import CONTROL_PERIOD
from deepracer_ros.race.obstacle import ObstacleShape
from deepracer_ros.simulation.config import DynamicsConfig
from deepracer_ros.simulation.gazebo import sandbox
from deepracer_ros.simulation.gazebo.car import Car
from deepracer_ros.simulation.objects import CAR_COLOURS
from deepracer_ros.worlds.sdf import race_object, rgba

MOST_CARS = 16
"""Largest number of cars per world: each has its own bit of Gazebo's collide_bitmask, and the ground has 16 bits."""


@dataclass(frozen=True)
class Clock:
    """A control period in physics steps; a step is a whole number of nanoseconds, as Gazebo counts time.

    Attributes:
        iterations: Number of physics steps in a control period.
    """

    iterations: int

    @property
    def step(self) -> float:
        """Duration of a physics step, s."""
        return round(1e9 * CONTROL_PERIOD / self.iterations) * 1e-9

    @property
    def camera_rate(self) -> float:
        """Frames per second of a camera with one frame per control period."""
        return 1.0 / (self.step * self.iterations)


@dataclass(frozen=True)
class Fleet:
    """The cars of one world.

    Attributes:
        car: The car, the same for all.
        count: Number of cars.
        racing: Whether the cars see and touch each other.
    """

    car: Car
    count: int
    racing: bool

    @property
    def names(self) -> list[str]:
        """Model names of the cars, in the order of the plugin's messages."""
        return [f"car_{index}" for index in range(self.count)]


@dataclass(frozen=True)
class Scene:
    """One world and everything that is added to it.

    Attributes:
        world_file: World file of the track.
        fleet: The cars.
        objects: Pose x, y, m, and yaw, rad, of each object on the road.
        shape: Size and colour of every object.
        clock: Physics steps and control period.
        dynamics: Parameters of tyres and actuators that the URDF does not contain.
    """

    world_file: Path
    fleet: Fleet
    objects: Sequence[Sequence[float]]
    shape: ObstacleShape
    clock: Clock
    dynamics: DynamicsConfig

    def compose(self, socket: int) -> str:
        """Return the text of the world's SDF.

        Args:
            socket: Descriptor of the listening socket that gzserver inherits.

        Raises:
            InputError: if the world file cannot be read or contains no world.
        """
        document = _read_world(self.world_file)
        world = document.find("world")
        if world is None:
            raise InputError(f"{self.world_file}: found no <world>, expected an SDF world")
        for old in [*world.findall("physics"), *world.findall("gui")]:
            world.remove(old)
        world.append(_physics(self.clock))
        _set(_child(world, "scene"), "shadows", "0")  # with shadows a frame takes eight times as long
        for index, pose in enumerate(self.objects):
            world.append(race_object(f"object_{index}", pose, self.shape))
        for index, name in enumerate(self.fleet.names):
            world.append(_car(self.fleet, index, name, self.clock))
        world.append(_plugin(self.fleet, self.clock, self.dynamics, socket))
        return ET.tostring(document, encoding="unicode")


def _read_world(path: Path) -> ET.Element:
    try:
        return ET.fromstring(path.read_text())
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror}); expected a world file") from error
    except (ET.ParseError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: is not XML ({error}); expected an SDF world") from error


def _physics(clock: Clock) -> ET.Element:
    """Return ODE's physics with the direct solver: exact, and for few bodies as fast as the inexact iterative one."""
    return ET.fromstring(f"""
        <physics type="ode">
          <max_step_size>{clock.step:.9f}</max_step_size>
          <real_time_update_rate>0</real_time_update_rate>
          <ode><solver><type>world</type></solver></ode>
        </physics>""")


def _car(fleet: Fleet, index: int, name: str, clock: Clock) -> ET.Element:
    """Return a car's model with its own collision bit, its colour, and its camera synchronous with the physics."""
    car = ET.fromstring(ET.tostring(fleet.car.sdf))
    car.set("name", name)
    _set(car, "pose", f"0 {2 * index} 0 0 0 0")  # the cars do not touch until the first reset
    _set(car, "allow_auto_disable", "0")
    for sensor in car.iter("sensor"):
        _set(sensor, "update_rate", repr(clock.camera_rate))
    if not fleet.racing:
        for collision in car.iterfind("link/collision"):
            _set(_child(collision, "surface", "contact"), "collide_bitmask", str(1 << index))
    for link in car.iterfind("link"):
        for visual in link.findall("visual"):
            if fleet.count > 1 and not fleet.racing:
                link.remove(visual)  # the cars must not see each other, and a camera never sees its own car
            else:
                _paint(visual, fleet.car.urdf, rgba(CAR_COLOURS[index % len(CAR_COLOURS)]))
    return car


def _paint(visual: ET.Element, urdf: ET.Element, body: str) -> None:
    """Set the colour of a visual's URDF material, which the conversion drops; `body` is the colour of the body."""
    for original in urdf.iterfind("link/visual[@name]"):
        if not re.search(rf"(^|__){original.get('name')}_visual(_\d+)?$", visual.get("name", "")):
            continue
        material = original.find("material")
        name = "" if material is None else material.get("name", "")
        colour = urdf.find(f"material[@name='{name}']/color")
        if colour is not None:
            for light in ("ambient", "diffuse"):
                _set(_child(visual, "material"), light, body if name == "body" else colour.get("rgba", ""))


def _plugin(fleet: Fleet, clock: Clock, dynamics: DynamicsConfig, socket: int) -> ET.Element:
    vehicle = fleet.car.vehicle
    hinge = fleet.car.limit("left_steering_hinge")
    values = {
        "socket": socket,
        "iterations": clock.iterations,
        "wheel_effort": fleet.car.limit("front_left_wheel_joint").get("effort"),
        "drive_lag": dynamics.drive_lag,
        "steering_effort": hinge.get("effort"),
        "steering_rate": hinge.get("velocity"),
        "steering_lag": dynamics.steering_lag,
        "wheel_radius": vehicle.wheel_radius,
        "friction": vehicle.friction,
        "slip_compliance": 1.0 / (vehicle.friction * dynamics.slip_stiffness),
    }
    plugin = ET.Element("plugin", name="lockstep", filename=f"{sandbox.DATA}/plugin/liblockstep.so")
    for tag, value in [*values.items(), *(("car", name) for name in fleet.names)]:
        ET.SubElement(plugin, tag).text = str(value)
    return plugin


def _child(parent: ET.Element, *tags: str) -> ET.Element:
    """Return the descendant with a path of tags; missing elements are created."""
    for tag in tags:
        found = parent.find(tag)
        parent = ET.SubElement(parent, tag) if found is None else found
    return parent


def _set(parent: ET.Element, tag: str, text: str) -> None:
    _child(parent, tag).text = text
