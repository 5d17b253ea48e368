import numpy as np
import pytest

from deepracer_ros.simulation.gazebo.ackermann import middle_angle, wheel_commands
from deepracer_ros.simulation.vehicle import read_vehicle

VEHICLE = read_vehicle()


def test_straight_ahead_all_wheels_turn_alike():
    commands = wheel_commands(np.zeros(1), np.full(1, 0.7), VEHICLE)
    assert commands == pytest.approx(np.array([[20.0, 20.0, 20.0, 20.0, 0.0, 0.0]]))


def test_full_lock_to_the_left_by_hand():
    # tan 30 deg = 0.57735: radius at the rear axle 0.163974 / 0.57735 = 0.28401 m; front wheels 0.0796, rear 0.08105 m
    # beside the middle; 0.35 m/s / 0.035 m = 10 rad/s.
    left, right, rear_left, rear_right, hinge_left, hinge_right = wheel_commands(
        np.full(1, np.pi / 6.0), np.full(1, 0.35), VEHICLE
    )[0]
    radius = 0.163974 / np.tan(np.pi / 6.0)
    assert rear_left == pytest.approx(10.0 * (radius - 0.08105) / radius)
    assert rear_right == pytest.approx(10.0 * (radius + 0.08105) / radius)
    assert hinge_left == pytest.approx(np.arctan(0.163974 / (radius - 0.0796)))
    assert hinge_right == pytest.approx(np.arctan(0.163974 / (radius + 0.0796)))
    assert left == pytest.approx(10.0 * np.hypot(radius - 0.0796, 0.163974) / radius)
    assert right == pytest.approx(10.0 * np.hypot(radius + 0.0796, 0.163974) / radius)


def test_a_right_turn_mirrors_a_left_turn():
    left = wheel_commands(np.full(1, 0.3), np.full(1, 1.0), VEHICLE)[0]
    right = wheel_commands(np.full(1, -0.3), np.full(1, 1.0), VEHICLE)[0]
    assert right == pytest.approx(left[[1, 0, 3, 2, 5, 4]] * [1, 1, 1, 1, -1, -1])


def test_the_middle_angle_is_found_again():
    angles = np.linspace(-0.52, 0.52, 9)
    commands = wheel_commands(angles, np.ones(9), VEHICLE)
    assert middle_angle(commands[:, 4:], VEHICLE) == pytest.approx(angles)
