from math import atan, exp, hypot, tan

import numba
import pytest

from deepracer_ros.simulation.dynamics import (
    GRAVITY,
    SLOW,
    CarModel,
    DynamicsConfig,
    Motion,
    advance_motion,
    slip_of,
    tyre_force,
)
from deepracer_ros.simulation.vehicle import read_vehicle

REST = Motion(0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0)


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
    substeps = round(lag / model.dt)
    motion = drive(REST, 0.0, 0.2, 0.8, model, substeps)
    assert motion.wheel_speed == pytest.approx(0.2 * (1.0 - exp(-1.0)), rel=0.04)
    assert drive(REST, 0.0, 0.2, 0.8, model, 600).speed == pytest.approx(0.2, rel=1e-3)


def test_the_motors_torque_limits_a_large_change_of_speed(car, model):
    limit = car.drive_torque / car.wheel_radius / car.mass
    assert limit < 0.8 * GRAVITY
    motion = drive(REST, 0.0, 4.0, 0.8, model, 100)
    later = drive(motion, 0.0, 4.0, 0.8, model, 30)
    assert (later.speed - motion.speed) / 0.1 == pytest.approx(limit, rel=0.01)
    slower = drive(drive(REST, 0.0, 4.0, 0.8, model, 600), 0.0, 0.0, 0.8, model, 60)
    assert slower.speed == pytest.approx(4.0 - limit * 0.2, rel=0.03)


def test_on_ice_friction_limits_acceleration(model):
    motion = drive(REST, 0.0, 4.0, 0.1, model, 150)
    assert 0.4 * 0.1 * GRAVITY < motion.speed < 0.5 * 0.1 * GRAVITY


def test_steering_moves_no_faster_than_its_rate(car, model):
    motion = drive(REST, 0.5, 0.0, 0.8, model, 15)
    assert motion.steering == pytest.approx(15 * model.dt * car.steering_rate)
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


def test_tyre_force_against_hand_computed_numbers():
    # 10 N of grip, stiffness 5: a slip of 0.02 is a tenth of the friction, so linear: 10 * 5 * 0.02.
    assert tyre_force(2.0 - 0.04, 0.0, 2.0, 10.0, 5.0) == pytest.approx((1.0, 0.0))
    # Slip 0.2, demand 1: three quarters of the grip, against the sliding.
    assert tyre_force(2.0, 0.4, 2.0, 10.0, 5.0) == pytest.approx((0.0, -7.5))
    # Locked wheels at speed use nearly all of it, straight against the motion.
    along, across = tyre_force(3.0, 4.0, 0.0, 10.0, 5.0)
    assert hypot(along, across) == pytest.approx(10.0 * (1.0 - 0.25 / (5.0 * 5.0 / SLOW)))
    assert along / across == pytest.approx(3.0 / 4.0)


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
def test_the_slip_of_a_force_gives_that_force(share):
    along, _ = tyre_force(2.0 * (1.0 - slip_of(share, 5.0)), 0.0, 2.0, 10.0, 5.0)
    assert along == pytest.approx(10.0 * share)
