# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""Actions of a driver: a list of (steering, speed) pairs or a box of both, and their conversion to commands."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from deepracer_ros.config import Section, key

Floats = NDArray[np.float64]
Actions = NDArray[np.float32]
Commands = NDArray[np.floating[Any]]

GREATEST_ANGLE = 30.0
"""Largest steering angle to either side in DeepRacer's action spaces, degrees."""

FASTEST = 4.0
"""Largest speed in DeepRacer's action spaces, m/s."""

EDGE = 1e-4
"""Least distance of an action from the border of the unit square, where a Beta density may be 0 or infinite."""


@dataclass(frozen=True)
class ActionSpaceConfig(Section):
    """The actions that a policy may take: angles in degrees (+ left) and speeds in m/s, as in DeepRacer."""

    type: Literal["continuous", "discrete", "pairs"] = key(
        "continuous", "continuous: any point of a box. discrete: every pair of steering_angles and speeds. pairs: the "
        "first of steering_angles with the first of speeds, and so on.",
    )  # fmt: skip
    steering_angle_limit: float = key(
        30.0, "Continuous: largest steering angle to either side of steering_angle_centre.", unit="degrees", above=0,
        most=GREATEST_ANGLE,
    )  # fmt: skip
    steering_angle_centre: float = key(
        0.0, "Continuous: middle of the steering angles, + left.", unit="degrees", least=-GREATEST_ANGLE,
        most=GREATEST_ANGLE,
    )  # fmt: skip
    speed_low: float = key(1.0, "Continuous: lowest speed.", unit="m/s", above=0, most=FASTEST)
    speed_high: float = key(3.0, "Continuous: highest speed.", unit="m/s", above=0, most=FASTEST)
    steering_angles: tuple[float, ...] = key(
        (-30.0, -15.0, 0.0, 15.0, 30.0), "Discrete, pairs: steering angles.", unit="degrees", least=-GREATEST_ANGLE,
        most=GREATEST_ANGLE,
    )  # fmt: skip
    speeds: tuple[float, ...] = key((1.0, 2.0), "Discrete, pairs: speeds.", unit="m/s", above=0, most=FASTEST)

    def __post_init__(self) -> None:
        """Check that there is an action and that no key of the other type is set.

        Raises:
            ValueError: if there is no action, or a key is set that this type does not use.
        """
        super().__post_init__()
        if self.speed_low >= self.speed_high:
            raise ValueError(f"speed_low: found {self.speed_low}, expected less than speed_high {self.speed_high}")
        if not self.steering_angles or not self.speeds:
            raise ValueError("steering_angles, speeds: found none, expected at least one of each")
        if self.type == "pairs" and len(self.steering_angles) != len(self.speeds):
            found = f"{len(self.steering_angles)} and {len(self.speeds)}"
            raise ValueError(f"steering_angles, speeds: found {found}, expected as many of each with type pairs")
        if (greatest := abs(self.steering_angle_centre) + self.steering_angle_limit) > GREATEST_ANGLE + 1e-9:
            raise ValueError(
                f"steering_angle_centre: found {self.steering_angle_centre}, expected no angle beyond "
                f"{GREATEST_ANGLE} degrees; the greatest is {greatest}"
            )
        continuous = ("steering_angle_limit", "steering_angle_centre", "speed_low", "speed_high")
        unused = ("steering_angles", "speeds") if self.type == "continuous" else continuous
        for name in unused:
            if getattr(self, name) != self.__dataclass_fields__[name].default:
                raise ValueError(f"{name}: has no effect with type {self.type}; expected to be left out")


class ActionCoder(Protocol):
    """Converts the numbers of an action to a command (steering angle and speed) and back."""

    size: int
    """Number of values in one action."""

    def decode(self, actions: Actions) -> tuple[Floats, Floats]:
        """Return the steering angles (B,), rad, + left, and speeds (B,), m/s, of actions (B, size)."""
        ...

    def encode(self, steering: Commands, speed: Commands) -> Actions:
        """Return the actions (B, size) of commands: steering (B,), rad, + left, and speed (B,), m/s."""
        ...


class DiscreteActions:
    """A list of K (steering, speed) pairs; an action is the index of a pair.

    Attributes:
        steering: (K,) steering angle of each pair, rad, + left.
        speed: (K,) speed of each pair, m/s.
    """

    size = 1

    def __init__(self, steering: Sequence[float] | Floats, speed: Sequence[float] | Floats) -> None:
        """Set the commands of all K actions: steering angles (K,), rad, + left, and speeds (K,), m/s."""
        self.steering, self.speed = np.asarray(steering, np.float64), np.asarray(speed, np.float64)

    def __len__(self) -> int:
        """Return the number of actions, K."""
        return len(self.steering)

    def decode(self, actions: Actions) -> tuple[Floats, Floats]:
        """Return the steering angles (B,), rad, + left, and speeds (B,), m/s, of action indices (B, 1)."""
        index = np.asarray(actions)[:, 0].astype(np.int64)
        return self.steering[index], self.speed[index]

    def encode(self, steering: Commands, speed: Commands) -> Actions:
        """Return the indices (B, 1) of the actions nearest to commands.

        The distance is Euclidean over steering in rad and speed in m/s.

        Args:
            steering: (B,) commanded steering angles, rad, + left.
            speed: (B,) commanded speeds, m/s.
        """
        distance = np.hypot(steering[:, None] - self.steering, speed[:, None] - self.speed)
        nearest: Actions = distance.argmin(axis=1).astype(np.float32)[:, None]
        return nearest


class ContinuousActions:
    """A box of steering and speed; an action is a point of the unit square.

    Attributes:
        low: (2,) steering angle, rad, + left, and speed, m/s, of the action (0, 0).
        range: (2,) steering angle, rad, and speed, m/s, of the action (1, 1) less `low`.
    """

    size = 2

    def __init__(self, low: tuple[float, float], high: tuple[float, float]) -> None:
        """Set the box by its lowest and highest corner, each (steering angle in rad, speed in m/s)."""
        self.low = np.array(low)
        self.range = np.array(high) - self.low

    def decode(self, actions: Actions) -> tuple[Floats, Floats]:
        """Return the steering angles (B,), rad, + left, and speeds (B,), m/s, of points (B, 2) of the unit square."""
        commands = self.low + np.asarray(actions) * self.range
        return commands[:, 0], commands[:, 1]

    def encode(self, steering: Commands, speed: Commands) -> Actions:
        """Return the points (B, 2) of the unit square for commands; they keep `EDGE` from its border.

        Args:
            steering: (B,) commanded steering angles, rad, + left.
            speed: (B,) commanded speeds, m/s.
        """
        unit = (np.stack([steering, speed], axis=1) - self.low) / self.range
        inside: Actions = unit.clip(EDGE, 1.0 - EDGE).astype(np.float32)
        return inside


def make_action_coder(config: ActionSpaceConfig) -> DiscreteActions | ContinuousActions:
    """Return the converter for the action space that `config` describes.

    Discrete actions are ordered by speed, and by steering angle within each speed; pairs keep their order.
    """
    if config.type == "continuous":
        centre, limit = config.steering_angle_centre, config.steering_angle_limit
        low, high = math.radians(centre - limit), math.radians(centre + limit)
        return ContinuousActions((low, config.speed_low), (high, config.speed_high))
    if config.type == "pairs":
        return DiscreteActions(np.radians(config.steering_angles), config.speeds)
    steering, speed = np.meshgrid(np.radians(config.steering_angles), config.speeds)
    return DiscreteActions(steering.ravel(), speed.ravel())
