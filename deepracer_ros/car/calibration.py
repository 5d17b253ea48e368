# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""Calibration of the servos, and the pulses that stand for steering and throttle.

The file, its ranges and the formula are those of the DeepRacer car.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from deepracer_ros.errors import InputError
from deepracer_ros.files import write_atomically, write_json
from deepracer_ros.formats.document import Document, read_document

PERIOD = 20_000_000
"""Period of the pulses, ns."""
SHORTEST, LONGEST = 500_000, 2_500_000
"""Pulses that a servo stands, ns."""
BACKUP = ".bak"
"""Ending of the name of the file that was there before."""


@dataclass(frozen=True)
class Pulses:
    """Pulses of one servo.

    Attributes:
        least: Pulse at one end, ns.
        middle: Pulse in neutral, ns.
        most: Pulse at the other end, ns.
        polarity: 1 or -1: whether positive values make pulses longer or shorter.
    """

    least: int
    middle: int
    most: int
    polarity: int = 1

    def duty(self, value: float) -> int:
        """Return the length of the pulse, ns, for a value from -1 to 1; any other number is neutral.

        Args:
            value: Steering or throttle of the calibrated range.
        """
        if not -1.0 <= value <= 1.0:  # also what is not a number
            return self.middle
        value *= self.polarity
        return round(self.middle + value * (self.most - self.middle if value > 0 else self.middle - self.least))


@dataclass(frozen=True)
class Calibration:
    """Pulses of both servos of a car; the defaults are those of a car that was never calibrated.

    Attributes:
        steering: Pulses of the steering servo.
        motor: Pulses of the motor controller.
    """

    steering: Pulses = Pulses(1_200_000, 1_450_000, 1_700_000, 1)
    motor: Pulses = Pulses(1_311_000, 1_446_000, 1_603_500, -1)


def read_calibration(path: Path) -> Calibration:
    """Read the calibration file of a car.

    Args:
        path: The file.

    Raises:
        InputError: if it cannot be read, or a value is absent or out of range.
    """
    both = read_document(path).part("Calibration")
    return Calibration(_pulses(both.part("Servo")), _pulses(both.part("Motor")))


def _pulses(part: Document) -> Pulses:
    least, middle, most = (part.whole(name, 0, 10 * LONGEST) for name in ("min", "mid", "max"))
    return checked(Pulses(least, middle, most, part.whole("polarity", -1, 1)), part.where)


def checked(pulses: Pulses, where: str) -> Pulses:
    """Return pulses that a servo stands.

    Args:
        pulses: The pulses.
        where: Where they come from, for error messages.

    Raises:
        InputError: if they are too short or too long, in another order than least, middle, most, or without polarity.
    """
    if not SHORTEST <= pulses.least < pulses.middle < pulses.most <= LONGEST:
        raise InputError(
            f"{where}: found the pulses {pulses.least}, {pulses.middle}, {pulses.most}, expected min, mid and max in "
            f"this order, from {SHORTEST} to {LONGEST} ns"
        )
    if pulses.polarity not in (-1, 1):
        raise InputError(f"{where}: polarity: found {pulses.polarity}, expected 1 or -1")
    return pulses


def write_calibration(path: Path, calibration: Calibration) -> None:
    """Write the calibration file of a car; the file that was there stays beside it, with the ending .bak.

    Raises:
        InputError: if it cannot be written.
    """
    if path.is_file():
        write_atomically(path.with_name(path.name + BACKUP), path.read_bytes())
    both = {"Servo": _values(calibration.steering), "Motor": _values(calibration.motor), "version": 1}
    write_json(path, {"Calibration": both})


def _values(pulses: Pulses) -> dict[str, Any]:
    return {"min": pulses.least, "mid": pulses.middle, "max": pulses.most, "polarity": pulses.polarity}


def throttle_of(speed: float, fastest: float) -> float:
    """Return the throttle, 0 to 1, with which DeepRacer's car drives an action's speed.

    The throttle is a v² + b v with a = -1.2 / fastest² and b = 2.2 / fastest: 0 at rest, 0.8 at half of the fastest
    speed, 1 at the fastest. Only the ratio of a speed to the fastest one matters; the limit of the gate is what the
    slider of the car's web page is.

    Args:
        speed: Speed of the action, m/s.
        fastest: Greatest speed of the action space, m/s.
    """
    ratio = min(max(speed / fastest, 0.0), 1.0)
    return min(ratio * (2.2 - 1.2 * ratio), 1.0)  # the curve is above 1 near the fastest speed
