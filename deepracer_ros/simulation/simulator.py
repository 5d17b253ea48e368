# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""The protocol of all simulators: N cars in lock-step, with their states and observations."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from deepracer_ros.simulation.sensors import Observations, SensorSpec


@dataclass(frozen=True, eq=False)
class CarStates:
    """Poses and motion of N cars; each field is a float64 array of the shape (N,).

    Frames follow REP 103: x forward, y left, yaw anticlockwise from the world's x axis. The frame base_link is on the
    ground, midway between the axles.

    Attributes:
        x: World position of base_link along x, m.
        y: World position of base_link along y, m.
        yaw: Heading, rad, in [-pi, pi).
        speed: Velocity of base_link forward, m/s.
        lateral_speed: Velocity of base_link to the left, m/s.
        yaw_rate: Yaw rate, anticlockwise, rad/s.
        steering: Measured angle of the virtual middle front wheel, rad, + left.
    """

    x: NDArray[np.float64]
    y: NDArray[np.float64]
    yaw: NDArray[np.float64]
    speed: NDArray[np.float64]
    lateral_speed: NDArray[np.float64]
    yaw_rate: NDArray[np.float64]
    steering: NDArray[np.float64]


@runtime_checkable
class Simulator(Protocol):
    """N cars with sensors, which advance together by one control period per step.

    The arrays that `reset` and `step` return are the simulator's own buffers. They are valid until the next call; a
    caller that keeps them must copy them. All random numbers of a simulator are determined by its seed.
    """

    cars: int
    """Number of cars, N."""
    sensors: Mapping[str, SensorSpec]
    """Specification of each sensor of the simulator by its name; at least the camera."""

    def reset(self, mask: NDArray[np.bool_], poses: NDArray[np.float64]) -> tuple[Observations, CarStates]:
        """Put the masked cars at rest on new poses; no time passes.

        Args:
            mask: (N,) True for the cars that are moved.
            poses: (N, 3) x and y, m, and yaw, rad; rows outside the mask are ignored.

        Returns:
            Observations (N, *shape) by sensor, and states, of all N cars.
        """
        ...

    def step(self, steering: NDArray[np.float64], speed: NDArray[np.float64]) -> tuple[Observations, CarStates]:
        """Apply commands for one control period and return the observations after it.

        Args:
            steering: (N,) commanded steering angle, rad, + left.
            speed: (N,) commanded speed, m/s.

        Returns:
            Observations (N, *shape) by sensor, and states, of all N cars.

        Raises:
            ValueError: if a command is not finite.
        """
        ...

    def close(self) -> None:
        """Free the resources of the simulator; it cannot be used afterwards."""
        ...


@runtime_checkable
class OpenWorld(Protocol):
    """A simulator whose world takes further models while it runs."""

    def spawn(self, name: str, model: str, pose: Sequence[float]) -> None:
        """Add a model, which cars see and touch within the next control periods; the referee does not know it.

        Args:
            name: Name of the model.
            model: SDF or URDF of the model.
            pose: x, y and z, m, and roll, pitch and yaw, rad, of the model in the world.

        Raises:
            InputError: if the world has such a name, or the model is refused.
        """
        ...

    def delete(self, name: str) -> None:
        """Remove a model that `spawn` added.

        Raises:
            InputError: if `spawn` added no model of that name.
        """
        ...


def check_commands(steering: NDArray[np.float64], speed: NDArray[np.float64]) -> None:
    """Check the commands of N cars; each simulator does this before it moves a car.

    Args:
        steering: (N,) commanded steering angle, rad, + left.
        speed: (N,) commanded speed, m/s.

    Raises:
        ValueError: if a command is not finite.
    """
    if not (np.isfinite(steering).all() and np.isfinite(speed).all()):
        raise ValueError("drive commands: found a number that is not finite, expected finite numbers")
