"""The one contact with any simulator: N cars in lock-step."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from deepracer_ros.simulation.sensors import Observations, SensorSpec


@dataclass(frozen=True, eq=False)
class CarStates:
    """Where N cars are and how they move; each field is a float64 array of shape (N,).

    Frames follow REP 103: x forward, y left, yaw anticlockwise from the world's x axis. The pose is
    that of base_link: on the ground, midway between the axles.

    Attributes:
        x: World position, m.
        y: World position, m.
        yaw: Heading, rad, in [-pi, pi).
        speed: Longitudinal velocity of the body, m/s.
        lateral_speed: Velocity to the body's left, m/s.
        yaw_rate: Anticlockwise, rad/s.
        steering: Measured steering angle of the (virtual, middle) front wheel, rad, + left.
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
    """N cars with sensors, stepped together by one control period.

    The arrays that `reset` and `step` return are the simulator's own buffers: valid until the next call, copied by
    whoever keeps them. Nothing in a simulator draws a random number that its seed does not determine.
    """

    cars: int
    sensors: Mapping[str, SensorSpec]
    """What it observes itself: at least the camera."""

    def reset(self, mask: NDArray[np.bool_], poses: NDArray[np.float64]) -> tuple[Observations, CarStates]:
        """Put the masked cars at rest on new poses; no time passes.

        Args:
            mask: (N,) which cars are moved.
            poses: (N, 3) x, y in m and yaw in rad; rows outside the mask are ignored.

        Returns:
            Observations (N, *shape) by sensor, and states, of all N cars.
        """
        ...

    def step(self, steering: NDArray[np.float64], speed: NDArray[np.float64]) -> tuple[Observations, CarStates]:
        """Apply the commands for one control period and return what is then observed.

        Args:
            steering: (N,) commanded steering angle, rad, + left.
            speed: (N,) commanded speed, m/s.

        Returns:
            Observations (N, *shape) by sensor, and states, of all N cars.
        """
        ...

    def close(self) -> None:
        """Free what the simulator holds; it cannot be used afterwards."""
        ...
