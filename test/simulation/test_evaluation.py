# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""Evaluations of cars that glide round a circle, without camera or physics."""

import numpy as np
import pytest

from deepracer_ros.race.config import ObstaclesConfig, RaceConfig, RecoveryConfig, RefereeConfig
from deepracer_ros.race.referee import Referee
from deepracer_ros.race.status import Status
from deepracer_ros.race.track import Track
from deepracer_ros.rewards.reward import find_reward
from deepracer_ros.simulation.environment import Outcome
from deepracer_ros.simulation.evaluation import Tally, evaluate
from deepracer_ros.simulation.sensors import CAMERA
from deepracer_ros.simulation.simulator import CarStates

RADIUS = 2.0
STEPS_PER_LAP = 50.5
REWARD = find_reward({"progress": 1.0})
SPEED = 2.0 * np.pi * RADIUS / STEPS_PER_LAP * 15.0


class GlideCourse:
    """Cars that follow the circle at the commanded speed; steering moves them sideways by so many metres a step."""

    def __init__(self, cars, race=None, **recovery):
        angle = np.append(np.linspace(0.0, 2.0 * np.pi, 720, endpoint=False), 0.0)
        ring = np.column_stack([np.cos(angle), np.sin(angle)])
        self.tracks = [Track.from_route("circle", np.hstack([2.0 * ring, 1.6 * ring, 2.4 * ring]))]
        self.car_track = np.zeros(cars, int)
        config = RefereeConfig(recovery=RecoveryConfig(**recovery)).for_evaluation()
        self.referee = Referee(self.tracks, self.car_track, config, REWARD, seed=0, race=race)
        self.laps = self.referee.laps
        self.ended = np.ones(cars, bool)
        self.angle, self.radius = np.zeros(cars), np.full(cars, RADIUS)
        self.steps = 0
        self.verdict = None

    def reset(self):
        self.ended[:] = True
        self.verdict = None
        return self.step(np.zeros(len(self.ended)), np.zeros(len(self.ended)))

    def step(self, steering, speed):
        self.steps += 1
        self.angle += speed / 15.0 / RADIUS
        self.radius += steering
        poses = self.referee.start(self.ended) if self.verdict is None else self.referee.place(self.verdict)
        self.angle = np.where(self.ended, np.arctan2(poses[:, 1], poses[:, 0]), self.angle)
        self.radius = np.where(self.ended, RADIUS, self.radius)
        x, y = self.radius * np.cos(self.angle), self.radius * np.sin(self.angle)
        yaw = (self.angle + 1.5 * np.pi) % (2.0 * np.pi) - np.pi
        states = CarStates(x, y, yaw, np.array(speed), 0 * x, 0 * x, np.array(steering))
        verdict = self.verdict = self.referee.judge(states, steering, speed)
        self.ended = verdict.misplaced
        return Outcome({CAMERA: np.zeros((len(x), 1, 1), np.uint8)}, states, verdict)

    @property
    def objects(self):
        return self.referee.objects


def drive(*speeds, aside=None):
    """Return a policy that gives every car its speed and, if given, its sideways motion."""
    speed = np.array(speeds)
    steering = np.zeros(len(speed)) if aside is None else np.array(aside)
    return lambda observations: (steering, speed)


def test_every_lap_is_completed_from_its_own_start():
    course = GlideCourse(3)
    evaluation = evaluate(course, drive(SPEED, SPEED, 2.0 * SPEED))
    assert (evaluation.laps_attempted, evaluation.laps_completed) == (3, 3)
    assert evaluation.all_completed
    assert [attempt.lap_seconds for attempt in evaluation.attempts] == pytest.approx(
        [50.5 / 15.0, 50.5 / 15.0, 25.25 / 15.0], abs=1e-4
    )
    assert evaluation.mean_lap_seconds == pytest.approx((50.5 + 50.5 + 25.25) / 45.0, abs=1e-4)
    assert evaluation.best_lap_seconds == pytest.approx(25.25 / 15.0, abs=1e-4)
    assert evaluation.mean_progress == 100.0
    assert [attempt.steps for attempt in evaluation.attempts] == [51, 51, 26]
    length = course.tracks[0].length
    starts = np.array([attempt.start for attempt in evaluation.attempts])
    assert np.diff(starts) == pytest.approx([length / 3, length / 3], abs=1e-3)
    assert {attempt.track for attempt in evaluation.attempts} == {"circle"}


def test_a_failed_attempt_counts_its_first_episode_only():
    evaluation = evaluate(GlideCourse(2), drive(SPEED, SPEED, aside=[0.0, 0.1]))
    assert (evaluation.laps_attempted, evaluation.laps_completed) == (2, 1)
    assert not evaluation.all_completed
    failed = evaluation.attempts[1]
    assert failed.status == Status.OFF_TRACK
    assert failed.steps == 5  # 2.5 m less half a rear track of 0.08 m is beyond 2.4 m
    assert failed.lap_seconds is None
    assert failed.progress == pytest.approx(100.0 * 5 / STEPS_PER_LAP, abs=0.5)
    assert evaluation.mean_lap_seconds == pytest.approx(50.5 / 15.0, abs=1e-4)


def test_a_failure_costs_a_reset_and_a_penalty_and_each_lap_has_its_time():
    course = GlideCourse(1, RaceConfig(laps=3), resets=10, off_track_penalty=2.0)
    aside = iter([0.5] + [0.0] * 1000)
    evaluation = evaluate(course, lambda _: (np.array([next(aside)]), np.array([SPEED])))
    (attempt,) = evaluation.attempts
    assert (attempt.status, attempt.failures) == (Status.LAP_COMPLETE, (Status.OFF_TRACK,))
    assert (evaluation.laps_attempted, evaluation.laps_completed) == (3, 3)
    lap = STEPS_PER_LAP / 15.0
    assert attempt.lap_times[1:] == pytest.approx((lap, lap), abs=1e-3)
    assert attempt.lap_times[0] == pytest.approx(lap + 2.0 + 1.0 / 15.0, abs=0.05)  # the step that puts it back
    assert evaluation.best_lap_seconds == pytest.approx(lap, abs=1e-3)


def test_the_laps_before_a_failure_without_a_reset_count():
    course = GlideCourse(1, RaceConfig(laps=3))
    aside = iter([0.0] * 60 + [1.0] * 1000)
    evaluation = evaluate(course, lambda _: (np.array([next(aside)]), np.array([SPEED])))
    assert (evaluation.laps_attempted, evaluation.laps_completed, evaluation.all_completed) == (3, 1, False)
    assert evaluation.attempts[0].lap_seconds is None
    assert evaluation.mean_lap_seconds == pytest.approx(STEPS_PER_LAP / 15.0, abs=1e-3)


def test_stopping_at_the_first_failure():
    course = GlideCourse(2)
    evaluation = evaluate(course, drive(SPEED, SPEED, aside=[0.0, 0.1]), stop_on_failure=True)
    assert course.steps == 6
    assert evaluation.attempts[0].status == Status.IN_PROGRESS
    assert evaluation.attempts[0].progress == pytest.approx(100.0 * 5 / STEPS_PER_LAP, abs=1e-3)
    assert evaluation.laps_completed == 0
    assert evaluation.mean_lap_seconds is None
    assert evaluation.best_lap_seconds is None


def test_the_timeout_stops_an_evaluation():
    evaluation = evaluate(GlideCourse(1), drive(SPEED), timeout_seconds=0.0)
    assert evaluation.attempts[0].steps == 0
    assert not evaluation.all_completed


def test_what_was_driven_is_recorded():
    evaluation = evaluate(GlideCourse(2), drive(SPEED, SPEED, aside=[0.0, 0.1]), record=True)
    whole, short = (attempt.trajectory for attempt in evaluation.attempts)
    assert len(whole.x) == 52
    assert np.hypot(whole.x, whole.y) == pytest.approx(np.full(52, RADIUS))
    assert np.hypot(short.x, short.y) == pytest.approx([2.0, 2.1, 2.2, 2.3, 2.4, 2.5])
    assert short.steering[1:] == pytest.approx(np.full(5, 0.1))
    assert short.speed[1:] == pytest.approx(np.full(5, SPEED))


def test_a_second_evaluation_starts_afresh():
    course = GlideCourse(2)
    first, second = (evaluate(course, drive(SPEED, SPEED)) for _ in range(2))
    assert [attempt.start for attempt in first.attempts] == [attempt.start for attempt in second.attempts]
    assert second.all_completed


def test_what_stood_on_the_road_at_the_start_is_kept():
    race = RaceConfig("object_avoidance", obstacles=ObstaclesConfig(2, random=True, spacing=3.0))
    course = GlideCourse(2, race)
    evaluation = evaluate(course, drive(SPEED, SPEED))
    first, second = (attempt.objects for attempt in evaluation.attempts)
    assert first.shape == second.shape == (2, 3)
    assert (first != second).any()
    course.referee.start(np.ones(2, bool))
    assert (course.objects[0] != first).any()
    assert evaluate(GlideCourse(1), drive(SPEED)).attempts[0].objects.shape == (0, 3)


def test_a_lap_among_boxes_ends_at_the_first_of_them():
    places = ObstaclesConfig(1, progress=(50.0,), lane=(0.0,))
    attempt = evaluate(GlideCourse(1, RaceConfig("object_avoidance", obstacles=places)), drive(SPEED)).attempts[0]
    assert attempt.status == Status.CRASHED
    assert attempt.progress == pytest.approx(50.0, abs=3.5)
    assert attempt.progress < 50.0


def test_a_tally_counts_the_laps_of_an_episode_of_several_laps():
    course = GlideCourse(2, RaceConfig(laps=3))
    tally, laps = Tally(course, course.reset()), [0]
    while not tally.ended.all():
        tally.update(course.step(np.zeros(2), np.array([SPEED, 0.0])))  # the second car stands
        laps.append(tally.laps)
        assert course.steps < 1000
    assert sorted(set(laps)) == [0, 1, 2, 3]
    assert (tally.evaluation().laps_completed, tally.evaluation().laps_attempted) == (3, 6)
