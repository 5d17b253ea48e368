# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

import numpy as np
import pytest

from deepracer_ros.race.ackermann import axle_commands, hinge_angles, middle_angle, wheel_rates
from deepracer_ros.race.vehicle import read_vehicle

VEHICLE = read_vehicle()


def test_straight_ahead_both_axles_turn_alike():
    commands = axle_commands(np.zeros(1), np.full(1, 0.7), VEHICLE)
    assert commands == pytest.approx(np.array([[20.0, 20.0, 0.0, 0.0]]))


def test_full_lock_to_the_left_by_hand():
    # tan 30 deg = 0.57735: radius at the rear axle 0.163974 / 0.57735 = 0.28401 m; the front wheels stand 0.0796 m
    # beside the middle, which goes round on a radius of 0.163974 / sin 30 deg = 0.32795 m; 0.35 / 0.035 = 10 rad/s.
    front, rear, left, right = axle_commands(np.full(1, np.pi / 6.0), np.full(1, 0.35), VEHICLE)[0]
    assert rear == pytest.approx(10.0)
    assert front == pytest.approx(10.0 * 0.32795 / 0.28401, rel=1e-4)
    assert left == pytest.approx(np.arctan(0.163974 / (0.28401 - 0.0796)), rel=1e-4)
    assert right == pytest.approx(np.arctan(0.163974 / (0.28401 + 0.0796)), rel=1e-4)


def test_a_right_turn_mirrors_a_left_turn():
    left = axle_commands(np.full(1, 0.3), np.full(1, 1.0), VEHICLE)[0]
    right = axle_commands(np.full(1, -0.3), np.full(1, 1.0), VEHICLE)[0]
    assert right == pytest.approx(left[[0, 1, 3, 2]] * [1, 1, -1, -1])


def test_the_middle_angle_is_found_again():
    angles = np.linspace(-0.52, 0.52, 9)
    commands = axle_commands(angles, np.ones(9), VEHICLE)
    assert middle_angle(commands[:, 2:], VEHICLE) == pytest.approx(angles)


def test_the_hinges_of_the_axle_commands_are_the_hinge_angles():
    angles = np.linspace(-0.52, 0.52, 9)
    assert (axle_commands(angles, np.ones(9), VEHICLE)[:, 2:] == hinge_angles(angles, VEHICLE)).all()


def test_wheels_straight_on_turn_alike():
    assert wheel_rates(np.zeros(2), np.array([0.7, -0.7]), VEHICLE) == pytest.approx(
        np.outer([20.0, -20.0], np.ones(4))
    )


def test_wheels_of_full_lock_to_the_left_by_hand():
    # The point about which the car turns lies 0.28401 m to the left of the rear axle's middle; the rear wheels are
    # 0.08105 m beside it, so they roll on 0.20296 and 0.36506 m; the front ones, 0.0796 m beside the middle and
    # 0.163974 m ahead, on hypot(0.20441, 0.163974) = 0.26205 and hypot(0.36361, 0.163974) = 0.39888 m.
    rates = wheel_rates(np.full(1, np.pi / 6.0), np.full(1, 0.35), VEHICLE)[0]
    assert rates == pytest.approx(10.0 * np.array([0.26205, 0.39888, 0.20296, 0.36506]) / 0.28401, rel=1e-4)
