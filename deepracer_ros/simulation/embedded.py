# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""The embedded simulator: one compiled call per step simulates all cars on all tracks."""

import os
import threading
from collections.abc import Sequence
from functools import lru_cache
from math import ceil

import numba
import numpy as np
from numpy.typing import ArrayLike, NDArray

from deepracer_ros.race.control import CONTROL_PERIOD
from deepracer_ros.race.geometry import wrap_angles
from deepracer_ros.race.obstacle import BOX, ObstacleShape
from deepracer_ros.race.track import Track
from deepracer_ros.race.vehicle import Vehicle, read_vehicle
from deepracer_ros.simulation.config import CameraConfig, DynamicsConfig, RandomisationConfig
from deepracer_ros.simulation.dynamics import CarModel, Motion
from deepracer_ros.simulation.factory import Setup
from deepracer_ros.simulation.ground import Ground, flatten_ground
from deepracer_ros.simulation.heats import run_heats
from deepracer_ros.simulation.objects import camera_colour, gather_objects
from deepracer_ros.simulation.randomisation import Randomisation
from deepracer_ros.simulation.sensors import CAMERA, Observations, SensorSpec
from deepracer_ros.simulation.simulator import CarStates, check_commands
from deepracer_ros.worlds.texture import SKY, draw_track

Floats = NDArray[np.float64]

WAITING = "OMP_WAIT_POLICY"
"""Environment variable that sets how OpenMP's threads wait for work: active (spinning) or passive."""

LAUNCH = threading.Lock()
"""Lock around parallel kernels: without OpenMP, numba's own thread pool aborts the process on concurrent calls."""

GROUND_MARGIN = 1.5
"""Width of the ground around a track in its ground image, m; beyond it the colours of the image's border continue."""

FINE, COARSE = 0.005, 0.01
"""Sizes of a texel of the finest level, m: `COARSE` if a track's image would have more than `MOST_TEXELS` texels."""

MOST_TEXELS = 20_000_000
"""Largest number of texels in the finest level of a track's ground image with texels of size `FINE`."""


class EmbeddedSimulator:
    """A `Simulator` of N cars on several tracks whose motion and camera images are computed by numba kernels.

    The results depend only on the arguments and calls, not on the number of threads.

    Attributes:
        cars: Number of cars, N.
        sensors: Specification of the simulator's only sensor, the camera, by its name.
    """

    def __init__(
        self,
        tracks: Sequence[Track],
        car_track: ArrayLike,
        camera: CameraConfig | None = None,
        vehicle: Vehicle | None = None,
        dynamics: DynamicsConfig | None = None,
        randomisation: RandomisationConfig | None = None,
        seed: int = 0,
        objects: Floats | None = None,
        object_shape: ObstacleShape = BOX,
        cars_per_heat: int = 1,
        threads: int | None = None,
    ) -> None:
        """Draw the ground images of the tracks, with all cars at rest at the origin; `reset` moves the cars.

        Args:
            tracks: The tracks.
            car_track: (N,) index of each car's track.
            camera: Size and colour of the camera images; by default those of `CameraConfig`.
            vehicle: The car; by default the car of the package's URDF.
            dynamics: Parameters of the car's motion; by default those of `DynamicsConfig`.
            randomisation: Random differences between cars and episodes; by default none.
            seed: Seed of all random numbers, not negative.
            objects: (N, K, 3) poses x, y, m, and yaw, rad, of the objects on each car's road; by default none. The
                array is kept and read for every frame, so changes of it become visible.
            object_shape: Size and colour of every object.
            cars_per_heat: Number of consecutive cars in `car_track` that drive together and see each other.
            threads: Number of threads; by default one per core.

        Raises:
            ValueError: if N is not a multiple of `cars_per_heat`, or the cars of a heat are on different tracks.
        """
        camera = camera or CameraConfig()
        dynamics = dynamics or DynamicsConfig()
        vehicle = vehicle or read_vehicle()
        where = np.array(car_track, dtype=np.int64)
        self.cars = len(where)
        self.sensors = {CAMERA: SensorSpec(camera.frame_shape, "|u1", "levels")}
        _check_heats(where, cars_per_heat)
        grey = camera.colour == "grey"
        self._car_track = where
        self._ground = _draw_ground(tuple(tracks), grey)
        objects = np.zeros((self.cars, 0, 3)) if objects is None else objects
        self._objects = gather_objects(objects, object_shape, vehicle, cars_per_heat, grey)
        red, green, blue = (round(255.0 * part) for part in SKY)
        self._sky = np.tile(np.array(camera_colour((red, green, blue), grey)).round().astype(np.uint8), camera.width)
        self._seed = seed
        self._random = Randomisation(
            randomisation or RandomisationConfig(), vehicle, dynamics, self.cars, camera.channels, seed
        )
        self._model = CarModel.of(vehicle, dynamics)
        cores = start_threads()
        self._threads = min(threads or cores, cores)
        self._motion = np.zeros((self.cars, len(Motion._fields)))
        commands_under_way = 1 + ceil(self._random.longest_latency / CONTROL_PERIOD)
        self._commands = np.zeros((self.cars, commands_under_way, 2))
        self._states = np.zeros((7, self.cars))
        self._car_states = CarStates(*self._states)
        self._heats = np.arange(self.cars // cars_per_heat)
        self._frames = np.zeros((self.cars, camera.height, camera.width * camera.channels), dtype=np.uint8)
        self._observations = {CAMERA: self._frames.reshape(self.cars, *camera.frame_shape)}
        self._count = 0

    def reset(self, mask: NDArray[np.bool_], poses: Floats) -> tuple[Observations, CarStates]:
        """Put the masked cars at rest on new poses and draw their random terms anew; no time passes.

        Args:
            mask: (N,) True for the cars that are moved.
            poses: (N, 3) x and y, m, and yaw, rad; rows outside the mask are ignored.

        Returns:
            Observations (N, *shape) by sensor, and states, of all N cars: buffers that the next call overwrites.
        """
        self._random.draw(mask)
        self._motion[mask] = 0.0
        self._motion[mask, :3] = poses[mask]
        self._commands[mask] = 0.0
        self._states[:, mask] = 0.0
        self._states[:3, mask] = poses[mask].T
        self._states[2, mask] = wrap_angles(self._states[2, mask])
        heats = np.flatnonzero(mask.reshape(-1, self._objects.heat).any(axis=1))
        return self._run(heats, moving=False)

    def step(self, steering: Floats, speed: Floats) -> tuple[Observations, CarStates]:
        """Apply commands for one control period and return the observations after it.

        Args:
            steering: (N,) commanded steering angle, rad, + left; limited to the car's largest angle.
            speed: (N,) commanded speed, m/s; limited to the car's largest speed.

        Returns:
            Observations (N, *shape) by sensor, and states, of all N cars: buffers that the next call overwrites.

        Raises:
            ValueError: if a command is not finite.
        """
        check_commands(steering, speed)
        self._commands[:, 1:] = self._commands[:, :-1]
        self._commands[:, 0, 0] = steering
        self._commands[:, 0, 1] = speed
        self._count += 1
        return self._run(self._heats, moving=True)

    def close(self) -> None:
        """Do nothing; this simulator holds only memory."""

    def _run(self, heats: NDArray[np.int64], moving: bool) -> tuple[Observations, CarStates]:
        """Advance the cars of some heats by one control period if `moving`, and draw their camera images."""
        random = self._random
        with LAUNCH:
            before = numba.get_num_threads()  # a setting of the whole program, restored below
            numba.set_num_threads(self._threads)
            try:
                run_heats(
                    heats,
                    moving,
                    self._motion,
                    self._states,
                    self._commands,
                    self._model,
                    self._frames,
                    self._car_track,
                    self._ground,
                    self._objects,
                    self._sky,
                    random.values,
                    random.tones,
                    random.noise,
                    self._seed,
                    self._count,
                )
            finally:
                numba.set_num_threads(before)
        return self._observations, self._car_states


def make_embedded(setup: Setup) -> EmbeddedSimulator:
    """Return the embedded simulator for an environment."""
    config = setup.config
    return EmbeddedSimulator(
        setup.tracks,
        setup.car_track,
        camera=config.camera,
        dynamics=config.dynamics,
        randomisation=config.randomisation,
        seed=setup.seed,
        objects=setup.referee.objects,
        object_shape=setup.referee.object_shape,
        cars_per_heat=config.race.cars,
        threads=setup.threads,
    )


def start_threads() -> int:
    """Start numba's threads if this process has none yet, and return their number.

    By default OpenMP's threads spin while they wait. On busy cores they then delay the work that they wait for, and a
    step takes six times as long. OpenMP reads the environment variable for passive waiting when it is loaded. The
    environment belongs to the whole program, so the variable is set only for that moment.
    """
    with LAUNCH:
        if WAITING in os.environ:
            numba.get_num_threads()
        else:
            os.environ[WAITING] = "passive"
            try:
                numba.get_num_threads()
            finally:
                del os.environ[WAITING]
    cores: int = numba.config.NUMBA_NUM_THREADS  # type: ignore[attr-defined]
    return cores


def _check_heats(car_track: NDArray[np.int64], cars_per_heat: int) -> None:
    if cars_per_heat < 1 or len(car_track) % cars_per_heat:
        raise ValueError(f"cars_per_heat: found {cars_per_heat}, expected a divisor of {len(car_track)} cars")
    heats = car_track.reshape(-1, cars_per_heat)
    if (heats != heats[:, :1]).any():
        raise ValueError(f"cars_per_heat: found {cars_per_heat}, expected the cars of a heat on one track")


@lru_cache(maxsize=2)
def _draw_ground(tracks: tuple[Track, ...], grey: bool) -> Ground:
    """Return the ground images of the tracks; cached, because drawing them takes most of the time of a restart."""
    images = []
    for track in tracks:
        borders = np.concatenate([track.left, track.right])
        area = np.prod(np.ptp(borders, axis=0) + 2.0 * GROUND_MARGIN)
        texel = FINE if area <= MOST_TEXELS * FINE**2 else COARSE
        images.append(draw_track(track, texel, GROUND_MARGIN))
    return flatten_ground(images, grey)
