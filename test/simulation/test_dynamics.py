# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

from math import atan, exp, hypot, tan

import numba
import pytest

from deepracer_ros.race.vehicle import read_vehicle
from deepracer_ros.simulation.config import DynamicsConfig
from deepracer_ros.simulation.dynamics import (
    GRAVITY,
    CarModel,
    Motion,
    advance_axle,
    advance_motion,
    tyre_compliance,
    wheel_grips,
)

REST = Motion(*[0.0] * len(Motion._fields))


@pytest.fixture(scope="module")
def car():
    return read_vehicle()


@pytest.fixture(scope="module")
def model(car):
    return CarModel.of(car, DynamicsConfig())


@numba.njit
def drive(motion, steering, speed, friction, model, substeps):
    for _ in range(substeps):
        motion = advance_motion(motion, steering, speed, friction, model)
    return motion


@pytest.mark.parametrize("steering", [-0.5, 0.1, 0.3, 0.5])
def test_a_slow_circle_has_the_radius_of_the_geometry(car, model, steering):
    motion = drive(REST, steering, 0.1, 0.8, model, 3000)
    rear_axle_radius = car.wheelbase / tan(steering)
    assert motion.speed == pytest.approx(0.1, rel=0.01)
    assert motion.speed / motion.yaw_rate == pytest.approx(rear_axle_radius, rel=0.01)
    middle = motion.lateral_speed - model.offset * motion.yaw_rate
    assert atan(middle / motion.speed) == pytest.approx(atan(tan(steering) / 2), rel=0.02)


def test_a_small_change_of_speed_follows_the_lag(model):
    lag = DynamicsConfig().drive_lag
    motion = drive(REST, 0.0, 0.2, 0.8, model, 2 * round(lag / model.dt))
    assert motion.rear_left == pytest.approx(0.2 * (1.0 - exp(-2.0)), rel=0.04)
    assert drive(REST, 0.0, 0.2, 0.8, model, 600).speed == pytest.approx(0.2, rel=1e-3)


def test_the_motors_torque_limits_a_large_change_of_speed(car, model):
    # Solid wheels: each asks for half its mass on top of the car's.
    limit = car.drive_torque / car.wheel_radius / (car.mass + 4 * 0.0422 / 2)
    assert limit < 0.8 * GRAVITY
    motion = drive(REST, 0.0, 4.0, 0.8, model, 80)
    later = drive(motion, 0.0, 4.0, 0.8, model, 24)
    assert (later.speed - motion.speed) / 0.1 == pytest.approx(limit, rel=0.01)
    slower = drive(drive(REST, 0.0, 4.0, 0.8, model, 480), 0.0, 0.0, 0.8, model, 48)
    assert slower.speed == pytest.approx(4.0 - limit * 0.2, rel=0.03)


def test_on_ice_friction_limits_acceleration(model):
    motion = drive(REST, 0.0, 4.0, 0.1, model, 120)
    assert 0.4 * 0.1 * GRAVITY < motion.speed < 0.5 * 0.1 * GRAVITY


def test_steering_moves_no_faster_than_its_rate(car, model):
    motion = drive(REST, 0.5, 0.0, 0.8, model, 10)
    assert motion.steering == pytest.approx(10 * model.dt * car.steering_rate)
    assert drive(motion, 0.5, 0.0, 0.8, model, 300).steering == pytest.approx(0.5)
    assert drive(motion, 2.0, 0.0, 0.8, model, 300).steering == pytest.approx(car.steering_limit)


@pytest.mark.parametrize("friction", [0.3, 0.6])
def test_friction_limits_lateral_acceleration(car, model, friction):
    wanted = 2.0**2 * tan(0.3) / car.wheelbase
    assert wanted > friction * GRAVITY
    motion = drive(drive(REST, 0.0, 2.0, friction, model, 600), 0.3, 2.0, friction, model, 30)
    assert 0.5 * friction * GRAVITY < motion.speed * motion.yaw_rate < 1.2 * friction * GRAVITY
    settled = drive(motion, 0.3, 2.0, friction, model, 3000)
    assert hypot(settled.speed, settled.lateral_speed) * settled.yaw_rate <= friction * GRAVITY


def test_a_car_at_rest_stays_where_it_is(model):
    motion = drive(REST, 0.5, 0.0, 0.8, model, 3000)
    assert (motion.x, motion.y, motion.yaw, motion.speed) == (0.0, 0.0, 0.0, 0.0)


def test_a_car_that_brakes_comes_to_rest(model):
    moving = drive(REST, 0.2, 2.0, 0.8, model, 300)
    stopped = drive(moving, 0.2, 0.0, 0.8, model, 600)
    assert stopped.speed == pytest.approx(0.0, abs=1e-6)
    assert stopped.yaw_rate == pytest.approx(0.0, abs=1e-6)


def test_left_and_right_are_alike(model):
    left, right = (drive(REST, side * 0.4, 1.5, 0.8, model, 400) for side in (1, -1))
    assert (right.x, right.y, right.yaw) == pytest.approx((left.x, -left.y, -left.yaw))


def test_tyre_compliance_against_hand_computed_numbers():
    # 10 N of grip, stiffness 5, rolling at 2 m/s: a slip of 0.02 is a tenth of the friction, so linear: 10 * 5 * 0.02.
    assert 0.04 / tyre_compliance(0.04, 0.0, 2.0, 10.0, 5.0) == pytest.approx(1.0)
    # Slip 0.2, demand 1: three quarters of the grip, whichever way it slides.
    assert 0.4 / tyre_compliance(0.0, 0.4, 2.0, 10.0, 5.0) == pytest.approx(7.5)
    assert 0.4 / tyre_compliance(0.24, 0.32, 2.0, 10.0, 5.0) == pytest.approx(7.5)
    # Locked wheels at speed use nearly all of it; 5 m/s is measured against 0.3 m/s.
    assert 5.0 / tyre_compliance(-3.0, 4.0, 0.0, 10.0, 5.0) == pytest.approx(10.0 * (1.0 - 0.25 / (5.0 * 5.0 / 0.3)))


def test_an_open_differential_drives_both_wheels_alike(model):
    # The left wheel has half the grip and 0.2 m/s less way to go, so it slides twice as far for the same force.
    velocity, rims, grips = (1.0, 0.0, 0.2 / (2.0 * model.rear_half)), (0.9, 1.1), (2.0, 4.0)
    force, side, moment, left, right = advance_axle(velocity, 0.0, model.rear_half, rims, 1.3, grips, model)
    mean = 1.0 + 0.3 * model.dt / model.drive_lag
    give = 0.9 / (5.0 * 2.0) + 1.1 / (5.0 * 4.0)
    assert force == pytest.approx(2.0 * (2.0 * mean - 2.0) / give)
    assert (left - 0.9, right - 1.1) == pytest.approx((0.5 * force * 0.9 / 10.0, 0.5 * force * 1.1 / 20.0))
    assert (left + right) / 2.0 == pytest.approx(mean)
    assert (side, moment) == pytest.approx((0.0, 0.0))


def test_a_curve_loads_the_outer_wheels_and_acceleration_the_rear(model):
    grips = wheel_grips(5.0, 0.5, 2.0, 0.8)
    assert grips == pytest.approx((2.4, 5.6))
    assert wheel_grips(5.0, 0.5, 6.0, 0.8) == pytest.approx((0.4, 8.8))  # a wheel that lifts off


def test_a_circle_too_fast_for_the_tyres_is_wider_than_asked_and_steady(car, model):
    early = drive(REST, 0.52, 3.0, 0.8, model, 900)
    late = drive(early, 0.52, 3.0, 0.8, model, 240)
    assert late.yaw_rate == pytest.approx(early.yaw_rate, rel=5e-3)
    assert late.speed / late.yaw_rate > 3.0 * car.wheelbase / tan(0.52)
    assert 0.6 * GRAVITY < late.speed * late.yaw_rate < 0.8 * GRAVITY
