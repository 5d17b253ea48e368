# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""Cars that fail and are put back on the road, with numbers worked out by hand on a straight road and on a circle."""

import sys
from pathlib import Path

import numpy as np
import pytest

from deepracer_ros.config import from_mapping
from deepracer_ros.errors import InputError
from deepracer_ros.race.config import ObstaclesConfig, RaceConfig, RecoveryConfig, RefereeConfig, StartConfig
from deepracer_ros.race.referee import Referee
from deepracer_ros.race.status import Status
from deepracer_ros.rewards.function import RewardFunction
from deepracer_ros.rewards.reward import find_reward

sys.path.insert(0, str(Path(__file__).parent))
from roads import FRONT, HALF_WIDTH, RADIUS, at, circle, on_circle, straight  # noqa: E402

CENTRED = StartConfig(spread="even", lateral_noise=0.0, heading_noise=0.0)
LANE = 0.5 * HALF_WIDTH


def begin(track, race=None, **recovery):
    config = RefereeConfig(start=CENTRED, recovery=RecoveryConfig(**recovery))
    judge = Referee([track], [0], config, find_reward({"progress": 1.0, "failure": -1.0}), 0, race=race)
    judge.judge(at(*judge.start(np.ones(1, bool)).T), np.zeros(1), np.zeros(1))
    return judge


def drive(judge, *places):
    for place in places:
        verdict = judge.judge(at(*place), np.zeros(1), np.zeros(1))
    return verdict


@pytest.mark.parametrize(("side", "lane"), [(0.7, LANE), (-0.7, -LANE)])
def test_a_car_that_left_the_road_drives_on_from_the_nearer_lane(side, lane):
    judge = begin(straight(), resets=1, off_track_penalty=3.0)
    failed = drive(judge, (1.0,), (2.0, side))
    assert (failed.status[0], failed.terminated[0], failed.put_back[0]) == (Status.OFF_TRACK, False, True)
    assert failed.terms[1, 0] == -1.0  # the failure costs its reward
    poses = judge.place(failed)
    assert poses == pytest.approx(np.array([[2.0, lane, 0.0]]))
    clock = judge.episodes.clock[0]
    placed = drive(judge, poses[0])
    assert (placed.status[0], placed.reward[0], placed.step[0], placed.episode[0]) == (Status.PAUSE, 0.0, 3, 0)
    assert not placed.put_back[0]
    assert placed.progress[0] == pytest.approx(failed.progress[0])
    assert judge.episodes.clock[0] - clock == pytest.approx(3.0 + 1.0 / 15.0)
    on = drive(judge, (2.5, lane))
    assert (on.status[0], on.terms[0, 0]) == (Status.IN_PROGRESS, pytest.approx(5.0 * 0.5))  # 5 a metre
    again = drive(judge, (3.0, side))
    assert (again.status[0], again.terminated[0], again.put_back[0]) == (Status.OFF_TRACK, True, False)
    judge.place(again)
    assert judge.episodes.resets[0] == 1  # until the new episode was observed
    assert drive(judge, (0.0,)).status[0] == Status.PREPARE
    assert judge.episodes.resets[0] == 0
    assert judge.episodes.episode[0] == 1


@pytest.mark.parametrize(("lane", "other"), [(0.5, -LANE), (-0.5, LANE)])
def test_a_car_that_crashed_drives_on_behind_the_object_in_the_other_lane(lane, other):
    race = RaceConfig("object_avoidance", obstacles=ObstaclesConfig(1, progress=(50.0,), lane=(lane,)))
    judge = begin(straight(), race, resets=2, collision_penalty=4.0)
    failed = drive(judge, (4.0,), (4.8, -other))
    assert (failed.status[0], failed.put_back[0]) == (Status.CRASHED, True)
    poses = judge.place(failed)
    assert poses == pytest.approx(np.array([[4.0, other, 0.0]]))
    placed = drive(judge, poses[0])
    assert placed.progress[0] == pytest.approx(100.0 * 4.0 / (10.0 - FRONT))
    assert judge.episodes.penalty[0] == 4.0


def test_after_some_crashes_with_an_object_a_car_is_put_ahead_of_it():
    race = RaceConfig("object_avoidance", obstacles=ObstaclesConfig(2, progress=(50.0, 80.0), lane=(0.5, 0.5)))
    judge = begin(straight(), race, resets=9, mercy=2, distance=1.5, distance_ahead=1.25)

    def crash(x):
        failed = drive(judge, (x, LANE))
        assert failed.status[0] == Status.CRASHED
        pose = judge.place(failed)[0]
        drive(judge, pose)
        return pose

    assert crash(4.8) == pytest.approx([3.5, -LANE, 0.0])
    assert crash(7.8) == pytest.approx([6.5, -LANE, 0.0])  # another object
    assert crash(4.8) == pytest.approx([3.5, -LANE, 0.0])
    assert crash(4.8) == pytest.approx([6.25, -LANE, 0.0])  # the second in a row
    assert crash(4.8) == pytest.approx([3.5, -LANE, 0.0])
    judge.place(drive(judge, (2.0, 1.0)))  # off the road is no crash


def test_a_car_that_stands_or_drives_backwards_is_put_back_too():
    judge = begin(straight(), resets=2, off_track_penalty=1.0)
    failed = drive(judge, *[(1.0,)] * 16)
    assert (failed.status[0], failed.put_back[0]) == (Status.IMMOBILIZED, True)
    drive(judge, judge.place(failed)[0])
    failed = drive(judge, *[(3.0 - 0.01 * step,) for step in range(16)])
    assert (failed.status[0], failed.put_back[0]) == (Status.REVERSED, True)
    assert drive(judge, judge.place(failed)[0]).status[0] == Status.PAUSE
    assert judge.episodes.penalty[0] == 2.0


def test_the_penalty_is_in_the_lap_time():
    judge = begin(straight(), resets=5, off_track_penalty=2.5)
    failed = drive(judge, (2.0,), (4.0, 1.0))
    drive(judge, judge.place(failed)[0])
    verdict = drive(judge, (6.0,), (8.0,), (9.86,))
    assert verdict.status[0] == Status.LAP_COMPLETE
    assert verdict.lap_seconds[0] == pytest.approx(6 / 15 + 2.5)


def test_laps_go_on_over_the_line_with_a_reset():
    judge = begin(circle(), RaceConfig(laps=2), resets=5, off_track_penalty=2.0)
    angles = 2.0 * np.pi * np.arange(1, 10) / 10
    drive(judge, *map(on_circle, angles))
    failed = drive(judge, (RADIUS + 1.0, 0.5, np.pi / 2))
    assert (failed.status[0], failed.lap[0], failed.put_back[0]) == (Status.OFF_TRACK, 1, True)
    first = failed.lap_seconds[0]
    poses = judge.place(failed)
    assert np.hypot(*poses[0, :2]) == pytest.approx(RADIUS + LANE, abs=1e-4)  # to the right of an anticlockwise lap
    assert drive(judge, poses[0]).progress[0] == pytest.approx(failed.progress[0], abs=1.0)
    verdict = drive(judge, *map(on_circle, angles), on_circle(0.1))
    assert (verdict.status[0], verdict.lap[0]) == (Status.LAP_COMPLETE, 2)
    assert first + verdict.lap_seconds[0] == pytest.approx(2.0 + 20.5 / 15, abs=0.06)


def test_a_penalty_without_resets_has_no_effect_and_is_refused():
    with pytest.raises(InputError, match=r"recovery.*off_track_penalty: found 3, which has no effect with resets: 0"):
        from_mapping(RefereeConfig, {"recovery": {"off_track_penalty": 3.0}}, "referee")
    with pytest.raises(InputError, match=r"recovery.*distance_ahead: found 2, which has no effect with mercy: 0"):
        from_mapping(RefereeConfig, {"recovery": {"resets": 1, "distance_ahead": 2.0}}, "referee")


def test_no_reward_function_is_called_where_a_car_is_put_back(tmp_path):
    path = tmp_path / "reward.py"
    path.write_text("def reward_function(params):\n    return 100.0 * params['steps'] + params['is_offtrack']\n")
    config = RefereeConfig(start=CENTRED, recovery=RecoveryConfig(resets=1))
    calls = []
    reward = RewardFunction(path, entered=lambda car, step: calls.append(step))
    judge = Referee([straight()], [0], config, reward, 0)
    judge.judge(at(*judge.start(np.ones(1, bool)).T), np.zeros(1), np.zeros(1))
    failed = drive(judge, (1.0,), (2.0, 1.0))
    drive(judge, judge.place(failed)[0])
    assert drive(judge, (2.5,)).reward[0] == 500.0
    assert [step for step in calls if step] == [1, 2, 4]
    assert failed.reward[0] == 301.0
