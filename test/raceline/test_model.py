# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""The planner's equations of motion are those of the embedded simulator."""

import numpy as np
import pytest

from deepracer_ros.race.vehicle import read_vehicle
from deepracer_ros.raceline.model import Motion as Rates
from deepracer_ros.raceline.model import Node, motion_of
from deepracer_ros.simulation.config import DynamicsConfig
from deepracer_ros.simulation.dynamics import CarModel, Motion, advance_motion

ca = pytest.importorskip("casadi", reason="casadi is not installed")
VEHICLE = read_vehicle()
MODEL = CarModel.of(VEHICLE, DynamicsConfig(substeps=1000))


def planned(**values):
    node = Node(**{name: 0.0 for name in Node._fields} | values)
    symbols = ca.SX.sym("node", len(node))
    rates = ca.Function(
        "rates", [symbols], [ca.vertcat(*motion_of(Node(*ca.vertsplit(symbols)), MODEL, VEHICLE.friction))]
    )
    return Rates(*np.array(rates(ca.DM(list(node)))).ravel())


def simulated(speed, steering, rim, rate=0.0, lateral=0.0):
    """Return the rates of a car in the simulator over one short substep, with settled wheels."""
    front = rim / np.cos(steering)
    motion = Motion(0.0, 0.0, 0.0, speed, lateral, rate, steering, front, front, rim, rim, 0.0, 0.0)
    after = advance_motion(motion, steering, rim, VEHICLE.friction, MODEL)
    return (
        after.acceleration, (after.lateral_speed - lateral) / MODEL.dt, (after.yaw_rate - rate) / MODEL.dt
    )  # fmt: skip


@pytest.mark.parametrize(
    ("speed", "steering", "rim", "rate"),
    [(2.0, 0.0, 2.0, 0.0), (3.0, 0.0, 3.2, 0.0), (3.0, 0.0, 2.8, 0.0), (2.5, 0.1, 2.5, 0.5), (3.5, -0.2, 3.4, -2.0)],
    ids=["rolling", "accelerating", "braking", "turning", "at the limit"],
)
def test_rates_agree_with_the_simulator(speed, steering, rim, rate):
    ahead, aside, spin = simulated(speed, steering, rim, rate)
    rates = planned(speed=speed, steering=steering, rim=rim, yaw_rate=rate, acceleration=ahead)
    # The wheels of an axle roll at different speeds in a bend, and one model joins them: some per cent of the grip.
    assert rates.acceleration == pytest.approx(ahead, abs=0.25)
    assert rates.lateral_speed == pytest.approx(aside, abs=0.25)
    assert rates.yaw_rate == pytest.approx(spin, abs=4.0)


def test_a_rolling_car_keeps_its_speed():
    rates = planned(speed=2.0, rim=2.0, yaw=0.5)
    assert rates.x == pytest.approx(2.0 * np.cos(0.5))
    assert rates.y == pytest.approx(2.0 * np.sin(0.5))
    assert (rates.speed, rates.lateral_speed, rates.yaw_rate) == pytest.approx((0.0, 0.0, 0.0), abs=1e-3)
