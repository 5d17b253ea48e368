# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""A PWM chip and a power switch made of files, which keep their last value as the real ones do."""

from dataclasses import dataclass
from pathlib import Path

import pytest

from deepracer_ros.car.config import CarConfig


@dataclass(frozen=True)
class Chip:
    """Files of a chip."""

    folder: Path

    @property
    def config(self):
        return CarConfig(pwm=str(self.folder / "pwmchip0"), power=str(self.folder / "power"))

    def read(self, name):
        """Return the number in a file; it is empty for a moment while it is written."""
        while not (text := (self.folder / name).read_text()):
            pass
        return int(text)

    @property
    def motor(self):
        return self.read("pwmchip0/pwm0/duty_cycle")

    @property
    def steering(self):
        return self.read("pwmchip0/pwm1/duty_cycle")

    @property
    def moves(self):
        """Whether the servos have power, and the motor another pulse than neutral."""
        return self.power == 0 and self.motor not in (0, 1_446_000)

    @property
    def power(self):
        return self.read("power")


@pytest.fixture
def chip(tmp_path):
    for channel in ("pwm0", "pwm1"):
        folder = tmp_path / "pwmchip0" / channel
        folder.mkdir(parents=True)
        for name in ("period", "duty_cycle", "enable"):
            (folder / name).write_text("0")
    (tmp_path / "power").write_text("1")
    return Chip(tmp_path)
