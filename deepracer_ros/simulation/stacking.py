# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""Stacked frames: an observation with the last frames of a car's camera, which show how it moves."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from deepracer_ros.simulation.sensors import CAMERA, Observations, SensorSpec
from deepracer_ros.simulation.simulator import CarStates, Simulator

Frames = NDArray[np.uint8]


class FrameStack:
    """The last K frames of each of N cameras, below each other, the newest at the bottom.

    The frames before a car's first one are copies of it.
    """

    def __init__(self, cars: int, frame_shape: tuple[int, ...], size: int) -> None:
        """Begin with black frames.

        Args:
            cars: Number of cameras, N.
            frame_shape: Shape (H, W) or (H, W, C) of a frame.
            size: Number of frames of a stack, K.
        """
        self._frames = np.zeros((cars, size, *frame_shape), np.uint8)

    @property
    def stacks(self) -> Frames:
        """The stacks (N, K H, W) or (N, K H, W, C), a buffer that the next frames overwrite."""
        cars, size, height, *rest = self._frames.shape
        return self._frames.reshape(cars, size * height, *rest)

    def push(self, frames: Frames) -> None:
        """Add a frame (N, H, W) or (N, H, W, C) of every camera; the oldest ones go."""
        self._frames[:, :-1] = self._frames[:, 1:]
        self._frames[:, -1] = frames

    def fill(self, mask: NDArray[np.bool_], frames: Frames) -> None:
        """Begin new stacks of the masked cameras (N,), each with its frame in `frames` (N, H, W) or (N, H, W, C)."""
        self._frames[mask] = frames[mask, None]


class StackedCamera:
    """A `Simulator` whose camera observations are the last frames of another simulator's camera.

    Attributes:
        cars: Number of cars, N.
        sensors: Specification of each sensor of the simulator by its name.
        simulator: The other simulator.
    """

    def __init__(self, simulator: Simulator, size: int) -> None:
        """Wrap a simulator.

        Args:
            simulator: The simulator.
            size: Number of frames of an observation.
        """
        self.cars = simulator.cars
        spec = simulator.sensors[CAMERA]
        height, *rest = spec.shape
        self.sensors: Mapping[str, SensorSpec] = {
            **simulator.sensors,
            CAMERA: replace(spec, shape=(size * height, *rest)),
        }
        self.simulator, self._stack = simulator, FrameStack(self.cars, spec.shape, size)

    def reset(self, mask: NDArray[np.bool_], poses: NDArray[np.float64]) -> tuple[Observations, CarStates]:
        """Put the masked cars at rest on new poses, where their stacks begin anew; no time passes.

        Args:
            mask: (N,) True for the cars that are moved.
            poses: (N, 3) x and y, m, and yaw, rad; rows outside the mask are ignored.
        """
        observations, states = self.simulator.reset(mask, poses)
        self._stack.fill(mask, observations[CAMERA])
        return {**observations, CAMERA: self._stack.stacks}, states

    def step(self, steering: NDArray[np.float64], speed: NDArray[np.float64]) -> tuple[Observations, CarStates]:
        """Apply commands for one control period and return the observations after it.

        Args:
            steering: (N,) commanded steering angle, rad, + left.
            speed: (N,) commanded speed, m/s.

        Raises:
            ValueError: if a command is not finite.
        """
        observations, states = self.simulator.step(steering, speed)
        self._stack.push(observations[CAMERA])
        return {**observations, CAMERA: self._stack.stacks}, states

    def close(self) -> None:
        """Close the simulator."""
        self.simulator.close()
