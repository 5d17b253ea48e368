# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

import shutil
from dataclasses import replace

import pytest

from deepracer_ros.car.calibration import Calibration
from deepracer_ros.car.servos import Servos
from deepracer_ros.errors import InputError


def test_servos_begin_in_neutral_without_power(chip):
    Servos(chip.config, Calibration())
    assert (chip.motor, chip.steering, chip.power) == (1_446_000, 1_450_000, 1)
    for channel in ("pwm0", "pwm1"):
        assert chip.read(f"pwmchip0/{channel}/period") == 20_000_000
        assert chip.read(f"pwmchip0/{channel}/enable") == 1


def test_pulses_of_commands_by_hand(chip):
    servos = Servos(chip.config, Calibration())
    servos.power(True)
    servos.drive(1.0, 1.0)  # the motor's polarity is -1: full throttle is the shortest pulse
    assert (chip.steering, chip.motor, chip.power) == (1_700_000, 1_311_000, 0)
    servos.drive(-0.5, -0.5)
    assert (chip.steering, chip.motor) == (1_325_000, 1_446_000 + 78_750)
    servos.drive(float("nan"), 1.5)
    assert (chip.steering, chip.motor) == (1_450_000, 1_446_000)


def test_the_will_makes_the_car_safe(chip):
    servos = Servos(chip.config, Calibration())
    servos.power(True)
    servos.drive(0.3, 0.3)
    assert servos.will.execute(off=False)
    assert (chip.motor, chip.steering, chip.power) == (1_446_000, 1_450_000, 0)
    servos.drive(0.3, 0.3)
    assert servos.will.execute()
    assert (chip.motor, chip.power) == (1_446_000, 1)


def test_a_write_that_fails_does_not_keep_the_others_from_being_done(chip):
    servos = Servos(chip.config, Calibration())
    servos.power(True)
    servos.drive(0.3, 0.3)
    shutil.rmtree(chip.folder / "pwmchip0" / "pwm0")  # the motor
    assert not servos.will.execute()
    assert (chip.steering, chip.power) == (1_450_000, 1)
    with pytest.raises(InputError, match="pwm0/duty_cycle: No such file or directory"):
        servos.drive(0.1, 0.1)


def test_a_car_without_a_switch(chip):
    servos = Servos(replace(chip.config, power=""), Calibration())
    servos.power(True)
    assert servos.will.off == ()
    assert chip.power == 1  # untouched


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"pwm": "/absent"}, "car.pwm: /absent: found no such folder"),
        ({"motor_channel": 7}, "pwm7: found no such channel"),
        ({"motor_channel": 1}, "car.motor_channel: found 1"),
        ({"power": "/absent"}, "car.power: /absent: found no such file"),
    ],
)
def test_what_is_not_there_is_said(chip, monkeypatch, change, words):
    monkeypatch.setattr("deepracer_ros.car.servos.EXPORT_SECONDS", 0.0)
    with pytest.raises(InputError, match=words):
        Servos(replace(chip.config, **change), Calibration())
