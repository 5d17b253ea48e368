# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""What every simulator keeps to: one suite for the embedded one, Gazebo, and a small third one made here.

`PointSimulator` shows the seam: a class with the methods of `Simulator`, and one line in `SIMULATORS`.
"""

import numpy as np
import pytest

from deepracer_ros.race.catalogue import find_track
from deepracer_ros.race.config import RefereeConfig
from deepracer_ros.race.control import CONTROL_PERIOD
from deepracer_ros.race.referee import Referee
from deepracer_ros.rewards.reward import find_reward
from deepracer_ros.simulation.config import CameraConfig, EnvironmentConfig, SimulationConfig
from deepracer_ros.simulation.factory import SIMULATORS, Setup, find_simulator, make_environment
from deepracer_ros.simulation.sensors import CAMERA, SensorSpec
from deepracer_ros.simulation.simulator import CarStates, Simulator

GAZEBO = pytest.param("gazebo", marks=pytest.mark.gazebo)

OVAL = find_track("oval")
STATES = ("x", "y", "yaw", "speed", "lateral_speed", "yaw_rate", "steering")
EVERYBODY = np.ones(2, bool)


class PointSimulator:
    """Cars that do at once what they are told (a kinematic bicycle), with cameras that see nothing."""

    def __init__(self, setup: Setup) -> None:
        shape = setup.config.camera.frame_shape
        self.cars = len(setup.car_track)
        self.sensors = {CAMERA: SensorSpec(shape, "|u1", "levels")}
        self._seen = {CAMERA: np.full((self.cars, *shape), 178, np.uint8)}
        self._states = np.zeros((7, self.cars))

    def reset(self, mask, poses):
        self._states[:, mask] = 0.0
        self._states[:3, mask] = poses[mask].T
        return self._observe()

    def step(self, steering, speed):
        if not (np.isfinite(steering).all() and np.isfinite(speed).all()):
            raise ValueError("drive commands: found a number that is not finite")
        x, y, yaw, *_ = self._states
        yaw_rate = speed * np.tan(steering) / 0.164
        x += speed * np.cos(yaw) * CONTROL_PERIOD
        y += speed * np.sin(yaw) * CONTROL_PERIOD
        yaw += yaw_rate * CONTROL_PERIOD
        self._states[3:] = speed, 0.0 * speed, yaw_rate, steering
        return self._observe()

    def close(self):
        pass

    def _observe(self):
        self._states[2] = (self._states[2] + np.pi) % (2.0 * np.pi) - np.pi
        return self._seen, CarStates(*self._states)


@pytest.fixture(scope="module", autouse=True)
def registered():
    """Register the third simulator: the line to add for one of your own."""
    SIMULATORS["point"] = f"{__name__}:PointSimulator"
    yield
    del SIMULATORS["point"]


def configuration(name):
    return EnvironmentConfig(simulation=SimulationConfig(simulator=name), camera=CameraConfig(40, 30, "rgb"))


def make(name, seed=3):
    """Return a simulator of two cars on the oval that do not see each other."""
    config = configuration(name)
    referee = Referee([OVAL], [0, 0], RefereeConfig(), find_reward({"progress": 1.0}), seed)
    return find_simulator(name)(Setup(config, [OVAL], [0, 0], referee, seed, threads=1))


@pytest.fixture(scope="module", params=["embedded", "point", GAZEBO])
def name(request):
    return request.param


@pytest.fixture(scope="module")
def simulator(name, registered):
    made = make(name)
    yield made
    made.close()


def poses_at(*stations):
    return OVAL.pose_at(np.array(stations), np.zeros(len(stations)))


def snapshot(result):
    """Return copies of all that a reset or step returned: observations by sensor and (7, N) states."""
    observations, states = result
    return {sensor: seen.copy() for sensor, seen in observations.items()}, np.stack(
        [getattr(states, n) for n in STATES]
    )


def test_it_is_a_simulator_with_a_camera(simulator):
    assert isinstance(simulator, Simulator)
    assert simulator.cars == 2
    assert simulator.sensors[CAMERA] == SensorSpec((30, 40, 3), "|u1", "levels")


def test_what_it_returns_is_what_its_sensors_declare(simulator):
    for observations, states in (
        simulator.reset(EVERYBODY, poses_at(0.0, 3.0)),
        simulator.step(np.zeros(2), np.ones(2)),
    ):
        assert observations.keys() == simulator.sensors.keys()
        for sensor, spec in simulator.sensors.items():
            assert observations[sensor].shape == (2, *spec.shape)
            assert observations[sensor].dtype == np.dtype(spec.dtype)
            assert spec.unit
        for field in STATES:
            assert getattr(states, field).shape == (2,)
            assert getattr(states, field).dtype == np.float64


def test_what_it_returns_lies_in_its_own_buffers(simulator):
    """The same observations' memory every time, and none of the caller's: nobody's array is changed or kept."""
    poses, steering, speed = poses_at(0.0, 3.0), np.full(2, 0.1), np.ones(2)
    observations, states = simulator.reset(EVERYBODY, poses)
    again, moved = simulator.step(steering, speed)
    assert all(np.shares_memory(observations[sensor], again[sensor]) for sensor in observations)
    for field in STATES:
        for given in (poses, steering, speed):
            assert not np.shares_memory(getattr(states, field), given)
            assert not np.shares_memory(getattr(moved, field), given)
    assert (poses == poses_at(0.0, 3.0)).all()
    assert (steering == 0.1).all()
    assert (speed == 1.0).all()


def test_a_reset_puts_cars_at_rest_on_their_poses_and_lets_no_time_pass(simulator):
    simulator.step(np.full(2, 0.2), np.full(2, 2.0))
    _, states = snapshot(simulator.reset(EVERYBODY, np.array([[1.0, 2.0, -3.0], [0.5, 0.0, 3.5]])))
    np.testing.assert_allclose(states[:3].T, [[1.0, 2.0, -3.0], [0.5, 0.0, 3.5 - 2.0 * np.pi]], atol=1e-9)
    np.testing.assert_allclose(states[3:], 0.0, atol=1e-12)


def test_a_reset_moves_only_the_masked_cars(simulator):
    """The rows of the others are ignored, whatever they hold, and those cars see and do what they did."""
    simulator.reset(EVERYBODY, poses_at(0.0, 3.0))
    for _ in range(10):
        before, moving = snapshot(simulator.step(np.full(2, 0.1), np.full(2, 1.0)))
    poses = poses_at(0.0, 5.0)
    poses[0] = np.nan
    after, states = snapshot(simulator.reset(np.array([False, True]), poses))
    assert (states[:, 0] == moving[:, 0]).all()
    assert all((after[sensor][0] == before[sensor][0]).all() for sensor in before)
    np.testing.assert_allclose(states[:3, 1], poses[1], atol=1e-9)
    _, driven = snapshot(simulator.step(np.full(2, 0.1), np.full(2, 1.0)))
    apart = np.hypot(*(driven[:2] - states[:2]))
    assert apart[0] == pytest.approx(CONTROL_PERIOD, rel=0.05)
    assert apart[1] <= apart[0] + 1e-9


def test_cars_drive_forward_and_turn_left_with_a_positive_angle(simulator):
    simulator.reset(EVERYBODY, np.zeros((2, 3)))
    for _ in range(15):
        _, states = simulator.step(np.array([0.2, -0.2]), np.ones(2))
    assert (states.x > 0.3).all()
    assert states.y[0] > 0.1 > -0.1 > states.y[1]
    assert states.yaw_rate[0] > 0.5 > -0.5 > states.yaw_rate[1]
    np.testing.assert_allclose(states.steering, [0.2, -0.2], atol=0.01)
    np.testing.assert_allclose(states.speed, 1.0, atol=0.05)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_commands_that_are_not_finite_are_refused_and_not_driven(simulator, bad):
    _, before = snapshot(simulator.reset(EVERYBODY, poses_at(0.0, 3.0)))
    with pytest.raises(ValueError, match="not finite"):
        simulator.step(np.array([bad, 0.0]), np.ones(2))
    with pytest.raises(ValueError, match="not finite"):
        simulator.step(np.zeros(2), np.array([1.0, bad]))
    _, after = snapshot(simulator.reset(np.zeros(2, bool), np.zeros((2, 3))))
    assert (after == before).all()


def rollout(name):
    simulator, random = make(name, seed=7), np.random.default_rng(1)
    try:
        history = [snapshot(simulator.reset(EVERYBODY, poses_at(0.0, 3.0)))]
        for step in range(20):
            history.append(snapshot(simulator.step(random.uniform(-0.2, 0.2, 2), random.uniform(0.5, 1.5, 2))))
            if step == 10:
                history.append(snapshot(simulator.reset(np.array([True, False]), poses_at(1.0, 0.0))))
    finally:
        simulator.close()
    return history


def test_one_seed_gives_one_rollout(name, registered):
    first, second = rollout(name), rollout(name)
    for (seen, states), (seen_again, states_again) in zip(first, second, strict=True):
        assert states.tobytes() == states_again.tobytes()
        assert all(seen[sensor].tobytes() == seen_again[sensor].tobytes() for sensor in seen)


def test_the_factory_builds_environments_of_it(name, registered):
    """With the sensors that are measured from any simulator's states: `state` comes from the referee."""
    environment = make_environment(configuration(name), ["oval"], 2, seed=0)
    try:
        assert list(environment.sensors) == [CAMERA, "state"]
        outcome = environment.reset()
        for _ in range(3):
            for sensor, spec in environment.sensors.items():
                assert outcome.observations[sensor].shape == (2, *spec.shape)
                assert outcome.observations[sensor].dtype == np.dtype(spec.dtype)
            outcome = environment.step(np.zeros(2), np.ones(2))
        assert (outcome.verdict.progress > 0.0).all()
    finally:
        environment.close()
