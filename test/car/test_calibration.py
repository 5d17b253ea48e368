# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

import json
import random

import pytest

from deepracer_ros.car.calibration import Calibration, Pulses, read_calibration, throttle_of, write_calibration
from deepracer_ros.errors import InputError

SERVO = {"min": 1200000, "mid": 1450000, "max": 1700000, "polarity": 1}
MOTOR = {"min": 1311000, "mid": 1446000, "max": 1603500, "polarity": -1}


def write(path, servo=SERVO, motor=MOTOR):
    path.write_text(json.dumps({"Calibration": {"Servo": servo, "Motor": motor, "version": 1}}))
    return path


def test_the_file_of_a_car_is_read(tmp_path):
    assert read_calibration(write(tmp_path / "c.json")) == Calibration()


def test_a_written_file_is_read_again_and_the_old_one_kept(tmp_path):
    path = write(tmp_path / "c.json")
    before = path.read_bytes()
    mine = Calibration(Pulses(1_100_000, 1_400_000, 1_800_000, -1), Pulses(1_300_000, 1_450_000, 1_600_000, 1))
    write_calibration(path, mine)
    assert read_calibration(path) == mine
    assert (tmp_path / "c.json.bak").read_bytes() == before
    assert json.loads(path.read_text())["Calibration"]["version"] == 1


@pytest.mark.parametrize(
    ("servo", "words"),
    [
        ({**SERVO, "min": 100}, "Servo: found the pulses 100, 1450000, 1700000, expected"),
        ({**SERVO, "mid": 1800000}, "Servo: found the pulses 1200000, 1800000, 1700000"),
        ({**SERVO, "max": 2600000}, "from 500000 to 2500000 ns"),
        ({**SERVO, "polarity": 0}, "Servo: polarity: found 0, expected 1 or -1"),
        ({**SERVO, "polarity": 2}, "Servo: polarity: found 2"),
        ({"min": 1200000}, "Servo: mid: found nothing"),
        (None, "Servo: found null"),
    ],
)
def test_wrong_values_are_named(tmp_path, servo, words):
    with pytest.raises(InputError, match=words):
        read_calibration(write(tmp_path / "c.json", servo=servo))


def test_throttle_of_a_speed_by_hand():
    assert throttle_of(0.0, 3.0) == 0.0
    assert throttle_of(1.5, 3.0) == pytest.approx(0.8)
    assert throttle_of(3.0, 3.0) == pytest.approx(1.0)
    assert throttle_of(9.0, 3.0) == pytest.approx(1.0)


def test_random_actions_become_the_pulses_of_the_cars_formula():
    """DeepRacer's navigation: throttle a v² + b v; its servos: the middle plus the part of the range on that side."""
    chance, calibration = random.Random(4), Calibration()
    for _ in range(1000):
        fastest = chance.uniform(0.5, 4.0)
        speed, steering = chance.uniform(0.0, fastest), chance.uniform(-30.0, 30.0)
        a, b = -1.2 / fastest**2, 2.2 / fastest
        throttle, angle = throttle_of(speed, fastest), steering / 30.0
        assert throttle == pytest.approx(min(a * speed**2 + b * speed, 1.0), abs=1e-6)
        assert 0.0 <= throttle <= 1.0
        for value, pulses in ((angle, calibration.steering), (throttle, calibration.motor)):
            turned = value * pulses.polarity
            side = pulses.most - pulses.middle if turned > 0 else pulses.middle - pulses.least
            assert abs(pulses.duty(value) - (pulses.middle + turned * side)) <= 0.5
            assert pulses.least <= pulses.duty(value) <= pulses.most
