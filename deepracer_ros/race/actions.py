"""What a driver may command: a list of (steering, speed) pairs, or a box of both; and how numbers become commands."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from deepracer_ros.config import Section, key

Floats = NDArray[np.float64]
Actions = NDArray[np.float32]

GREATEST_ANGLE = 30.0
"""Steering angle at either end, degrees, of DeepRacer's action spaces."""

FASTEST = 4.0
"""m/s, the end of DeepRacer's action spaces."""

EDGE = 1e-4
"""Points of the unit square keep this distance from its border, where a Beta density may be 0 or infinite."""


@dataclass(frozen=True)
class ActionSpaceConfig(Section):
    """The actions a policy may take. Angles in degrees (+ left) and speeds in m/s, as DeepRacer names them."""

    type: Literal["continuous", "discrete"] = key(
        "continuous", "continuous: any point of a box. discrete: every pair of steering_angles and speeds."
    )
    steering_angle_limit: float = key(
        30.0, "Continuous: greatest steering angle to either side.", unit="degrees", above=0, most=GREATEST_ANGLE
    )
    speed_low: float = key(1.0, "Continuous: slowest speed.", unit="m/s", above=0, most=FASTEST)
    speed_high: float = key(3.0, "Continuous: fastest speed.", unit="m/s", above=0, most=FASTEST)
    steering_angles: tuple[float, ...] = key(
        (-30.0, -15.0, 0.0, 15.0, 30.0), "Discrete: steering angles.", unit="degrees", least=-GREATEST_ANGLE,
        most=GREATEST_ANGLE,
    )  # fmt: skip
    speeds: tuple[float, ...] = key((1.0, 2.0), "Discrete: speeds.", unit="m/s", above=0, most=FASTEST)

    def __post_init__(self) -> None:
        """Refuse an empty space, and keys of the other type.

        Raises:
            ValueError: if there is no action, or a key is set that this type does not use.
        """
        super().__post_init__()
        if self.speed_low >= self.speed_high:
            raise ValueError(f"speed_low: found {self.speed_low}, expected less than speed_high {self.speed_high}")
        if not self.steering_angles or not self.speeds:
            raise ValueError("steering_angles, speeds: found none, expected at least one of each")
        continuous = ("steering_angle_limit", "speed_low", "speed_high")
        unused = ("steering_angles", "speeds") if self.type == "continuous" else continuous
        for name in unused:
            if getattr(self, name) != self.__dataclass_fields__[name].default:
                raise ValueError(f"{name}: has no effect with type {self.type}; expected to be left out")


class ActionCoder(Protocol):
    """Turns a driver's numbers into commands and back."""

    size: int
    """How many numbers make one action."""

    def decode(self, actions: Actions) -> tuple[Floats, Floats]:
        """Turn actions (B, size) into steering (B,) rad and speed (B,) m/s."""
        ...

    def encode(self, steering: Floats, speed: Floats) -> Actions:
        """Turn commands back into actions (B, size): the inverse of `decode`."""
        ...


class DiscreteActions:
    """A list of (steering, speed) pairs; an action is the index of one.

    Attributes:
        steering: (K,) rad, + left.
        speed: (K,) m/s.
    """

    size = 1

    def __init__(self, steering: Sequence[float] | Floats, speed: Sequence[float] | Floats) -> None:
        """Take the commands of all K actions: steering (K,) rad and speed (K,) m/s."""
        self.steering, self.speed = np.asarray(steering, np.float64), np.asarray(speed, np.float64)

    def __len__(self) -> int:
        """Return K."""
        return len(self.steering)

    def decode(self, actions: Actions) -> tuple[Floats, Floats]:
        """Look the commands of indices (B, 1) up."""
        index = np.asarray(actions)[:, 0].astype(np.int64)
        return self.steering[index], self.speed[index]

    def encode(self, steering: Floats, speed: Floats) -> Actions:
        """Return the index of the nearest action, (B, 1)."""
        distance = np.hypot(steering[:, None] - self.steering, speed[:, None] - self.speed)
        nearest: Actions = distance.argmin(axis=1).astype(np.float32)
        return nearest[:, None]


class ContinuousActions:
    """A box of steering and speed; an action is a point of the unit square.

    Attributes:
        low: (2,) steering, rad, and speed, m/s, at 0.
        range: (2,) from there to those at 1.
    """

    size = 2

    def __init__(self, low: tuple[float, float], high: tuple[float, float]) -> None:
        """Take the box's corners, each (steering in rad, speed in m/s)."""
        self.low = np.array(low)
        self.range = np.array(high) - self.low

    def decode(self, actions: Actions) -> tuple[Floats, Floats]:
        """Stretch points of the unit square (B, 2) over the box."""
        commands = self.low + np.asarray(actions) * self.range
        return commands[:, 0], commands[:, 1]

    def encode(self, steering: Floats, speed: Floats) -> Actions:
        """Shrink the box to the unit square."""
        unit = (np.stack([steering, speed], axis=1) - self.low) / self.range
        inside: Actions = unit.clip(EDGE, 1.0 - EDGE).astype(np.float32)
        return inside


def make_action_coder(config: ActionSpaceConfig) -> DiscreteActions | ContinuousActions:
    """Return the actions that `config` describes; discrete ones run through all angles of each speed in turn."""
    if config.type == "continuous":
        limit = math.radians(config.steering_angle_limit)
        return ContinuousActions((-limit, config.speed_low), (limit, config.speed_high))
    steering, speed = np.meshgrid(np.radians(config.steering_angles), config.speeds)
    return DiscreteActions(steering.ravel(), speed.ravel())
