# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

import numpy as np
import pytest

from deepracer_ros.race.config import RefereeConfig
from deepracer_ros.race.control import CONTROL_PERIOD
from deepracer_ros.race.referee import Referee
from deepracer_ros.race.status import Status
from deepracer_ros.race.track import Track
from deepracer_ros.rewards.reward import find_reward
from deepracer_ros.simulation.config import EnvironmentConfig
from deepracer_ros.simulation.environment import Environment
from deepracer_ros.simulation.sensors import CAMERA, STATE, SensorSpec, sensor_specs
from deepracer_ros.simulation.simulator import CarStates

ROAD = Track.from_route("road", np.array([(x, 0.0, x, 0.4, x, -0.4) for x in np.linspace(0.0, 20.0, 201)], dtype=float))


class Carts:
    """Cars that turn and drive as told at once; a frame holds the number of the call that drew it."""

    sensors = {CAMERA: SensorSpec((1, 1), "|u1", "levels")}  # noqa: RUF012

    def __init__(self, cars):
        self.cars = cars
        self.calls = 0
        self.resets = []
        self._frames = np.zeros((cars, 1, 1), np.uint8)
        self._states = CarStates(*np.zeros((7, cars)))

    def reset(self, mask, poses):
        self.resets.append(mask.copy())
        self._states.x[mask], self._states.y[mask], self._states.yaw[mask] = poses[mask].T
        self._states.speed[mask] = 0.0
        return self._draw(mask)

    def step(self, steering, speed):
        self._states.yaw[:] += steering
        self._states.x[:] += speed * CONTROL_PERIOD * np.cos(self._states.yaw)
        self._states.y[:] += speed * CONTROL_PERIOD * np.sin(self._states.yaw)
        self._states.speed[:] = speed
        return self._draw(np.ones(self.cars, bool))

    def close(self):
        self.cars = 0

    def _draw(self, mask):
        self.calls += 1
        self._frames[mask] = self.calls
        return {CAMERA: self._frames}, self._states


@pytest.fixture
def environment():
    referee = Referee([ROAD], [0, 0], RefereeConfig().for_evaluation(), find_reward({"progress": 1.0}), seed=0)
    return Environment(Carts(2), referee, sensor_specs(EnvironmentConfig(), (STATE,)))


def test_reset_begins_an_episode_of_every_car(environment):
    outcome = environment.reset()
    states, verdict = outcome.states, outcome.verdict
    assert outcome.frames.tolist() == [[[1]], [[1]]]
    assert (verdict.status == Status.PREPARE).all()
    assert (verdict.reward == 0.0).all()
    assert (verdict.episode == 0).all()
    assert states.speed.tolist() == [0.0, 0.0]
    assert environment.tracks == (ROAD,)
    assert environment.car_track.tolist() == [0, 0]


def test_the_action_that_answers_an_ended_frame_is_ignored(environment):
    environment.reset()
    steering, speed = np.array([0.0, np.pi / 2]), np.array([3.0, 6.0])
    ended_at = None
    for step in range(5):
        observations, states, verdict = environment.step(steering if step == 0 else np.zeros(2), speed)
        if verdict.ended[1]:
            ended_at = step
            break
    assert ended_at is not None
    assert verdict.terminated.tolist() == [False, True]
    assert verdict.status.tolist() == [Status.IN_PROGRESS, Status.OFF_TRACK]
    assert observations[CAMERA][1] == environment.simulator.calls
    assert len(environment.simulator.resets) == 1
    before = states.x[0]

    observations, states, verdict = environment.step(np.zeros(2), speed)
    assert environment.simulator.resets[1].tolist() == [False, True]
    assert verdict.status.tolist() == [Status.IN_PROGRESS, Status.PREPARE]
    assert verdict.reward[1] == 0.0
    assert verdict.reward[0] > 0.0
    assert verdict.step.tolist() == [ended_at + 2, 0]
    assert verdict.episode.tolist() == [0, 1]
    assert not verdict.ended.any()
    assert states.speed.tolist() == [3.0, 0.0]
    assert states.x[0] - before == pytest.approx(3.0 * CONTROL_PERIOD)
    assert observations[CAMERA][1] == environment.simulator.calls

    _, states, verdict = environment.step(np.zeros(2), speed)
    assert verdict.status.tolist() == [Status.IN_PROGRESS, Status.IN_PROGRESS]
    assert verdict.step.tolist() == [ended_at + 3, 1]


def test_every_car_has_an_unbroken_count_of_steps(environment):
    random = np.random.default_rng(0)
    _, _, verdict = environment.reset()
    for _ in range(200):
        last = verdict
        _, _, verdict = environment.step(random.normal(0.0, 0.3, 2), np.full(2, 3.0))
        assert np.array_equal(verdict.step, np.where(last.ended, 0, last.step + 1))
        assert np.array_equal(verdict.episode, last.episode + last.ended)
    assert (verdict.episode > 1).all()


def test_sensors_are_the_simulators_and_those_measured_by_name(environment):
    assert list(environment.sensors) == [CAMERA, STATE]
    assert environment.sensors[STATE].shape == (17,)
    environment.reset()
    outcome = environment.step(np.array([0.1, 0.0]), np.array([3.0, 1.5]))
    assert set(outcome.observations) == {CAMERA, STATE}
    assert outcome.observations[STATE] is environment.referee.state
    assert outcome.observations[STATE][:, 2].tolist() == [3.0, 1.5]
    assert outcome.observations[STATE][:, 1] == pytest.approx([0.1, 0.0])


def test_a_restart_begins_episodes_at_once_and_leaves_the_others(environment):
    environment.reset()
    environment.step(np.zeros(2), np.full(2, 3.0))
    outcome = environment.restart(np.array([True, False]))
    assert outcome.verdict.status.tolist() == [Status.PREPARE, Status.IN_PROGRESS]
    assert outcome.states.x == pytest.approx([0.0, 3.0 * CONTROL_PERIOD])
    assert outcome.verdict.episode.tolist() == [1, 0]


def test_close_closes_the_simulator(environment):
    environment.close()
    assert environment.simulator.cars == 0


def test_the_track_of_every_car_is_known_before_the_first_reset():
    referee = Referee([ROAD, ROAD.reversed()], [1, 0, 1], RefereeConfig(), find_reward({"progress": 1.0}), seed=0)
    assert Environment(Carts(3), referee).car_track.tolist() == [1, 0, 1]
