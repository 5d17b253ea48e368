# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""The two servos of a car on a PWM chip of Linux, and the switch of their power.

A chip holds its last pulse for ever. So what makes the car safe is a list of plain writes to files, which another
process can do as well when this one has ended.
"""

import os
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from deepracer_ros.car.calibration import PERIOD, Calibration
from deepracer_ros.car.config import CarConfig
from deepracer_ros.errors import InputError

ON, OFF = "0", "1"
"""What the switch of the power takes."""
EXPORT_SECONDS = 1.0
"""Longest wait for the folder of a channel after its export, s."""


@dataclass(frozen=True)
class Will:
    """What makes a car safe, as writes of texts to files.

    Attributes:
        neutral: Writes that stop the car.
        off: Writes that cut the power of the servos; none where there is no switch.
    """

    neutral: tuple[tuple[str, str], ...]
    off: tuple[tuple[str, str], ...] = ()

    def execute(self, off: bool = True) -> bool:
        """Stop the car, and cut the power if `off`; return whether every write succeeded.

        A write that fails does not keep the others from being done.
        """
        return all([_succeeds(path, text) for path, text in (*self.neutral, *(self.off if off else ()))])


class Servos:
    """Steering and motor of a car."""

    def __init__(self, config: CarConfig, calibration: Calibration) -> None:
        """Set up both channels in neutral; the power stays off.

        Args:
            config: Where the chip and the switch are.
            calibration: Pulses of the servos.

        Raises:
            InputError: if there is no such chip, channel or switch, or it cannot be written.
        """
        self._calibration = calibration
        chip = Path(config.pwm)
        if not chip.is_dir():
            raise InputError(f"car.pwm: {chip}: found no such folder, expected that of a PWM chip")
        if config.steering_channel == config.motor_channel:
            raise InputError(f"car.motor_channel: found {config.motor_channel}, which is the steering's, too")
        steering, motor = (_channel(chip, number) for number in (config.steering_channel, config.motor_channel))
        self._steering, self._motor = steering / "duty_cycle", motor / "duty_cycle"
        self._power = Path(config.power) if config.power else None
        if self._power is not None and not self._power.is_file():
            raise InputError(f"car.power: {self._power}: found no such file, expected the switch of the power, or none")
        pulses = {self._motor: calibration.motor, self._steering: calibration.steering}
        self.will = Will(
            tuple((str(path), str(pulse.duty(0.0))) for path, pulse in pulses.items()),
            ((str(self._power), OFF),) if self._power is not None else (),
        )
        try:
            for folder in (steering, motor):
                _write(folder / "period", str(PERIOD))
            for path, text in self.will.neutral:
                _write(Path(path), text)
            for folder in (steering, motor):
                _write(folder / "enable", "1")
        except OSError as error:
            raise InputError(f"car.pwm: {error.filename}: {error.strerror}; expected a channel to write") from error

    def power(self, on: bool) -> None:
        """Switch the power of the servos, where there is a switch.

        Raises:
            InputError: if the switch cannot be written.
        """
        if self._power is not None:
            self._put(self._power, ON if on else OFF)

    def drive(self, angle: float, throttle: float) -> None:
        """Send pulses for steering and throttle, each from -1 to 1; anything else is neutral.

        Raises:
            InputError: if a channel cannot be written.
        """
        self._put(self._motor, str(self._calibration.motor.duty(throttle)))
        self._put(self._steering, str(self._calibration.steering.duty(angle)))

    @staticmethod
    def _put(path: Path, text: str) -> None:
        try:
            _write(path, text)
        except OSError as error:
            raise InputError(f"{path}: {error.strerror}; expected a file that takes {text}") from error


def _channel(chip: Path, number: int) -> Path:
    """Return the folder of a channel, which the chip makes when it is asked for.

    Raises:
        InputError: if there is none.
    """
    folder = chip / f"pwm{number}"
    if not folder.is_dir():
        with suppress(OSError):
            _write(chip / "export", str(number))
        deadline = time.monotonic() + EXPORT_SECONDS
        while not folder.is_dir():
            if time.monotonic() > deadline:
                raise InputError(f"car.pwm: {folder}: found no such channel, expected that of a servo")
            time.sleep(0.01)  # udev sets its permissions meanwhile
    return folder


def _succeeds(path: str, text: str) -> bool:
    try:
        _write(Path(path), text)
    except OSError:
        return False
    return True


def _write(path: Path, text: str) -> None:
    """Write a text to a file of the kernel in one call; the file must be there."""
    file = os.open(path, os.O_WRONLY | os.O_TRUNC)
    try:
        os.write(file, text.encode())
    finally:
        os.close(file)
