"""The one contact with any simulator: N cars in lock-step."""

from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

CONTROL_PERIOD = 1.0 / 15.0
"""Seconds of simulation between two camera frames: one action per frame of a 15 Hz camera."""


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
    """N cars, each with a camera, stepped together by one control period.

    The frames and states that `reset` and `step` return are the simulator's own buffers: valid
    until the next call, copied by whoever keeps them. Nothing in a simulator draws a random number
    that its seed does not determine.
    """

    cars: int
    frame_shape: tuple[int, ...]
    """(height, width) of a grey camera, (height, width, 3) of an RGB one."""

    def reset(self, mask: NDArray[np.bool_], poses: NDArray[np.float64]) -> tuple[NDArray[np.uint8], CarStates]:
        """Put the masked cars at rest on new poses; no time passes.

        Args:
            mask: (N,) which cars are moved.
            poses: (N, 3) x, y in m and yaw in rad; rows outside the mask are ignored.

        Returns:
            Frames (N, *frame_shape) and states of all N cars.
        """
        ...

    def step(self, steering: NDArray[np.float64], speed: NDArray[np.float64]) -> tuple[NDArray[np.uint8], CarStates]:
        """Apply the commands for one control period and return what the cameras then see.

        Args:
            steering: (N,) commanded steering angle, rad, + left.
            speed: (N,) commanded speed, m/s.

        Returns:
            Frames (N, *frame_shape) and states of all N cars.
        """
        ...

    def close(self) -> None:
        """Free what the simulator holds; it cannot be used afterwards."""
        ...
