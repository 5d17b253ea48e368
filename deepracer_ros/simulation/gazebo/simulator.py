# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""The simulator `gazebo`: several gzservers behind the `Simulator` protocol."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import ArrayLike, NDArray

from deepracer_ros.errors import InputError
from deepracer_ros.race.ackermann import axle_commands, middle_angle
from deepracer_ros.race.geometry import wrap_angles
from deepracer_ros.race.obstacle import ObstacleShape, shape_of
from deepracer_ros.race.track import Track
from deepracer_ros.race.vehicle import Vehicle, read_vehicle
from deepracer_ros.simulation.config import CameraConfig, DynamicsConfig
from deepracer_ros.simulation.factory import Setup
from deepracer_ros.simulation.gazebo import scene
from deepracer_ros.simulation.gazebo.car import make_car
from deepracer_ros.simulation.gazebo.config import GazeboConfig
from deepracer_ros.simulation.gazebo.entities import check_model
from deepracer_ros.simulation.gazebo.installation import find_installation
from deepracer_ros.simulation.gazebo.server import Server
from deepracer_ros.simulation.gazebo.world_files import world_file
from deepracer_ros.simulation.sensors import CAMERA, Observations, SensorSpec
from deepracer_ros.simulation.simulator import CarStates, Simulator, check_commands

Floats = NDArray[np.float64]


class World(NamedTuple):
    """A server, and the indices of the simulator's cars that are in its world."""

    server: Server
    cars: NDArray[np.int64]


class GazeboSimulator:
    """A `Simulator` of N cars in one or more gzservers per track.

    The servers end with `close`, or with the process, also if the process is killed. The thread that creates this
    object must live as long as the object is used. When a server has ended, every call raises `GazeboStoppedError`;
    the simulator must then be closed and created anew.

    Attributes:
        cars: Number of cars, N.
        sensors: Specification of the simulator's only sensor, the camera, by its name.
        images: (N, height, width, 3) RGB images that the last frames were made from.
    """

    def __init__(
        self,
        tracks: Sequence[Track],
        car_track: ArrayLike,
        camera: CameraConfig | None = None,
        vehicle: Vehicle | None = None,
        seed: int = 0,
        *,
        dynamics: DynamicsConfig | None = None,
        objects: ArrayLike | None = None,
        object_shape: ObstacleShape | None = None,
        cars_per_heat: int = 1,
        config: GazeboConfig | None = None,
        world_files: Sequence[Path] | None = None,
    ) -> None:
        """Start the servers and wait until their worlds are loaded.

        Args:
            tracks: The tracks.
            car_track: (N,) index of each car's track.
            camera: Size and colour of the camera images; by default those of `CameraConfig`.
            vehicle: The car whose geometry and limits apply to commands; by default the car of the package's URDF.
            seed: Seed of Gazebo's physics.
            dynamics: Time constants of the actuators, stiffness of the tyres and largest speed; by default those of
                `DynamicsConfig`.
            objects: (N, K, 3) poses x, y, m, and yaw, rad, of the objects on each car's road; by default none. Cars
                that share a server must have the same objects.
            object_shape: Size and colour of every object; by default those of a box.
            cars_per_heat: Number of consecutive cars in `car_track` that see and touch each other; each heat has its
                own server. With 1, the cars of a track share servers and do not see each other.
            config: Physics steps and time limit of the start; by default those of `GazeboConfig`.
            world_files: World file of each track; by default they are generated.

        Raises:
            InputError: if Gazebo is not prepared, a world is invalid, or a server does not start.
            ValueError: if cars that share a server have different objects, or N is not a multiple of `cars_per_heat`.
        """
        config, camera = config or GazeboConfig(), camera or CameraConfig()
        self._dynamics = dynamics or DynamicsConfig()
        if self._dynamics.latency:
            raise InputError(f"dynamics: latency: found {self._dynamics.latency} s, expected 0 with Gazebo")
        self._vehicle = vehicle or read_vehicle()
        installation = find_installation()
        where = np.asarray(car_track, np.int64)
        self.cars = len(where)
        self.sensors: Mapping[str, SensorSpec] = {CAMERA: SensorSpec(camera.frame_shape, "|u1", "levels")}
        self.images = np.zeros((self.cars, camera.height, camera.width, 3), np.uint8)
        self._frames = np.zeros((self.cars, *camera.frame_shape), np.uint8)
        self._observations = {CAMERA: self._frames}
        self._states = CarStates(*np.zeros((7, self.cars)))
        self._worlds: list[World] = []
        self._guests: set[str] = set()
        placed = np.zeros((self.cars, 0, 3)) if objects is None else np.asarray(objects, np.float64)
        shape = object_shape or shape_of("box")
        car = make_car(camera, self._vehicle, installation)
        files = world_files or [world_file(track, installation.cache / "worlds") for track in tracks]
        try:
            for index, cars in enumerate(_share_out(where, cars_per_heat)):
                track = int(where[cars[0]])
                fleet = scene.Fleet(car, len(cars), cars_per_heat > 1)
                standing, clock = _shared_objects(placed, cars), scene.Clock(config.iterations)
                setting = scene.Scene(files[track], fleet, standing, shape, clock, self._dynamics)
                server = Server(installation, setting.compose, files[track], seed + index, len(cars))
                self._worlds.append(World(server, cars))
            for world in self._worlds:
                image = world.server.await_world(config.start_timeout)
                if image != self.images.shape[1:]:
                    raise InputError(f"Gazebo: found images of shape {image}, expected {self.images.shape[1:]}")
        except BaseException:
            self.close()
            raise

    def reset(self, mask: NDArray[np.bool_], poses: Floats) -> tuple[Observations, CarStates]:
        """Put the masked cars at rest on new poses; no time passes.

        Args:
            mask: (N,) True for the cars that are moved.
            poses: (N, 3) x and y, m, and yaw, rad; rows outside the mask are ignored.

        Returns:
            Observations (N, *shape) by sensor, and states, of all N cars: buffers that the next call overwrites.

        Raises:
            GazeboStoppedError: if a server has ended or does not answer.
        """
        mask, poses = np.asarray(mask, bool), np.asarray(poses, np.float64)
        worlds = [world for world in self._worlds if mask[world.cars].any()]
        for world in worlds:
            world.server.connection.send_reset(mask[world.cars], poses[world.cars])
        return self._receive(worlds)

    def step(self, steering: Floats, speed: Floats) -> tuple[Observations, CarStates]:
        """Apply commands for one control period and return the observations after it.

        Args:
            steering: (N,) commanded steering angle, rad, + left; limited to the car's largest angle.
            speed: (N,) commanded speed, m/s; limited to the car's largest speed.

        Returns:
            Observations (N, *shape) by sensor, and states, of all N cars: buffers that the next call overwrites.

        Raises:
            ValueError: if a command is not finite.
            GazeboStoppedError: if a server has ended or does not answer.
        """
        check_commands(steering, speed)
        angle, top = self._vehicle.steering_limit, self._dynamics.maximum_speed
        commands = axle_commands(np.clip(steering, -angle, angle), np.clip(speed, -top, top), self._vehicle)
        for world in self._worlds:
            world.server.connection.send_step(commands[world.cars])
        return self._receive(self._worlds)

    def spawn(self, name: str, model: str, pose: Sequence[float]) -> None:
        """Add a model to the world of every server; cars see and touch it within the next control periods.

        Args:
            name: Name of the model.
            model: SDF or URDF of the model, without plugins, includes and foreign files.
            pose: x, y and z, m, and roll, pitch and yaw, rad, of the model in the world.

        Raises:
            GazeboStoppedError: if a server has ended or does not answer.
            InputError: if the world has such a name, or the model is refused.
        """
        check_model(name, model)
        for world in self._worlds:
            world.server.connection.spawn(name, model, pose)
        self._guests.add(name)

    def delete(self, name: str) -> None:
        """Remove a model that `spawn` added.

        Raises:
            GazeboStoppedError: if a server has ended or does not answer.
            InputError: if `spawn` added no model of that name.
        """
        if name not in self._guests:
            raise InputError(f"model {name[:40]!r}: found none of that name that was spawned")
        for world in self._worlds:
            world.server.connection.delete(name)
        self._guests.remove(name)

    def close(self) -> None:
        """End the servers and all processes that they started."""
        while self._worlds:
            self._worlds.pop().server.close()

    def _receive(self, worlds: Sequence[World]) -> tuple[Observations, CarStates]:
        for server, cars in worlds:
            connection = server.connection
            connection.receive_answer()
            self.images[cars] = connection.images
            states, into = connection.states, self._states
            into.x[cars], into.y[cars] = states["position"][:, :2].T
            into.yaw[cars] = wrap_angles(states["angles"][:, 2])
            into.speed[cars], into.lateral_speed[cars] = states["velocity"][:, :2].T
            into.yaw_rate[cars] = states["yaw_rate"]
            into.steering[cars] = middle_angle(states["hinges"], self._vehicle)
            self._view(cars)
        return self._observations, self._states

    def _view(self, cars: NDArray[np.int64]) -> None:
        """Compute the frames of some cars from their images."""
        if self._frames.ndim == 4:
            self._frames[cars] = self.images[cars]
            return
        for car in cars:
            cv2.cvtColor(self.images[car], cv2.COLOR_RGB2GRAY, dst=self._frames[car])


def make_gazebo(setup: Setup) -> Simulator:
    """Return the Gazebo simulator for an environment, with the objects of its referee on the tracks.

    Raises:
        InputError: if Gazebo is not prepared or does not start.
    """
    config, referee = setup.config, setup.referee
    return GazeboSimulator(
        setup.tracks,
        setup.car_track,
        config.camera,
        seed=setup.seed,
        dynamics=config.dynamics,
        objects=referee.objects,
        object_shape=referee.object_shape,
        cars_per_heat=config.race.cars,
    )


def _shared_objects(objects: Floats, cars: NDArray[np.int64]) -> list[list[float]]:
    """Return the poses (K, 3) of the objects in the common world of some cars."""
    shared = objects[cars]
    if (shared != shared[:1]).any():
        raise ValueError(f"objects: found different places for cars {cars.tolist()}, expected the same in one Gazebo")
    places: list[list[float]] = shared[0].tolist()
    return places


def _share_out(car_track: NDArray[np.int64], cars_per_heat: int) -> Iterator[NDArray[np.int64]]:
    """Yield the indices of each server's cars: a heat, or a part of a track's cars, at most `MOST_CARS`."""
    if not len(car_track) or cars_per_heat < 1 or len(car_track) % cars_per_heat:
        raise ValueError(f"cars_per_heat: found {cars_per_heat}, expected a divisor of {len(car_track)} cars")
    if cars_per_heat > 1:
        yield from np.arange(len(car_track)).reshape(-1, cars_per_heat)
        return
    for track in np.unique(car_track):
        cars = np.flatnonzero(car_track == track)
        yield from np.array_split(cars, -(-len(cars) // scene.MOST_CARS))
