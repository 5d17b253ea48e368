# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""The rules of an episode, with numbers worked out by hand on a straight road and on a circle."""

import sys
from pathlib import Path

import numpy as np
import pytest

from deepracer_ros.config import from_mapping
from deepracer_ros.errors import InputError
from deepracer_ros.race.config import ObstaclesConfig, RaceConfig, RefereeConfig, StartConfig
from deepracer_ros.race.referee import Referee
from deepracer_ros.race.rules import Footprint
from deepracer_ros.race.start import Starter
from deepracer_ros.race.status import Status
from deepracer_ros.race.vehicle import read_vehicle
from deepracer_ros.rewards.reward import find_reward

sys.path.insert(0, str(Path(__file__).parent))
from roads import FRONT, HALF_WIDTH, RADIUS, at, circle, on_circle, straight  # noqa: E402

CENTRED = StartConfig(spread="even", lateral_noise=0.0, heading_noise=0.0)
BUMPER = 0.16
REWARD = {"progress": 1.0, "failure": -1.0}


def referee(track, cars=1, start=CENTRED, seed=0, race=None, laps=1, **rules):
    """Return a referee of cars on one track."""
    config = RefereeConfig(start=start, **rules)
    race = race or RaceConfig(laps=laps)
    where = np.zeros(cars, int)
    return Referee([track], where, config, find_reward(REWARD), seed, race=race)


def among(*places, **rest):
    """Return a race among boxes at places (progress in %, lane)."""
    progress, lane = zip(*places, strict=True)
    return RaceConfig("object_avoidance", obstacles=ObstaclesConfig(len(places), progress=progress, lane=lane, **rest))


def begin(judge, mask=None):
    """Start the masked cars where the referee says and return the poses and the first verdict."""
    poses = judge.start(np.ones(len(judge.episodes.step), bool) if mask is None else mask)
    return poses, judge.judge(at(*poses.T), 0.0 * poses[:, 0], 0.0 * poses[:, 0])


def drive(judge, *places):
    """Take one car through places (tuples as of `at`) and return the last verdict."""
    for place in places:
        verdict = judge.judge(at(*place), np.zeros(1), np.zeros(1))
    return verdict


def test_the_first_frame_of_an_episode_is_the_start():
    poses, verdict = begin(referee(straight()))
    assert poses == pytest.approx(np.zeros((1, 3)))
    assert verdict.status[0] == Status.PREPARE
    assert (verdict.reward[0], verdict.step[0], verdict.episode[0], verdict.progress[0]) == (0.0, 0, 0, 0.0)
    assert verdict.station[0] == pytest.approx(FRONT)
    assert verdict.all_wheels_on_track[0]
    assert not verdict.ended[0]
    assert np.isnan(verdict.lap_seconds[0])


def test_where_the_car_is_and_how_far_it_came():
    judge = referee(straight())
    begin(judge)
    verdict = drive(judge, (1.0, 0.1, np.pi / 6))
    assert verdict.status[0] == Status.IN_PROGRESS
    assert verdict.station[0] == pytest.approx(1.0 + FRONT * np.cos(np.pi / 6))
    assert verdict.offset[0] == pytest.approx(0.1 + FRONT * 0.5)
    assert verdict.heading_error[0] == pytest.approx(np.pi / 6)
    assert verdict.progress[0] == pytest.approx(100.0 * (verdict.station[0] - FRONT) / (10.0 - FRONT))
    assert verdict.step[0] == 1


def test_all_wheels_are_on_track_until_the_outer_ones_pass_the_border():
    judge = referee(straight())
    begin(judge)
    outermost = 0.5 * 0.1621
    assert drive(judge, (1.0, HALF_WIDTH - outermost - 1e-6)).all_wheels_on_track[0]
    assert not drive(judge, (1.1, HALF_WIDTH - outermost + 1e-6)).all_wheels_on_track[0]


@pytest.mark.parametrize("side", [1.0, -1.0])
def test_a_car_is_off_track_when_its_last_wheel_has_passed_the_border(side):
    judge = referee(straight())
    begin(judge)
    last = 0.5 * 0.1621
    verdict = drive(judge, (1.0, side * (HALF_WIDTH + last - 1e-6)))
    assert verdict.status[0] == Status.IN_PROGRESS
    verdict = drive(judge, (1.1, side * (HALF_WIDTH + last + 1e-6)))
    assert verdict.status[0] == Status.OFF_TRACK
    assert verdict.terminated[0]
    assert not verdict.truncated[0]
    assert verdict.reward[0] == pytest.approx(0.1 / 0.2 - 1.0)


def test_a_car_across_the_border_is_off_track_by_its_rear_wheels():
    judge = referee(straight())
    begin(judge)
    rear = 0.5 * 0.163974
    assert drive(judge, (1.0, HALF_WIDTH + rear - 1e-6, np.pi / 2)).status[0] == Status.IN_PROGRESS
    assert drive(judge, (1.0, HALF_WIDTH + rear + 1e-6, np.pi / 2)).status[0] == Status.OFF_TRACK


def test_an_open_track_ends_at_its_finish_line():
    judge = referee(straight())
    begin(judge)
    assert drive(judge, *[(x,) for x in np.arange(0.5, 9.6, 0.5)]).status[0] == Status.IN_PROGRESS
    verdict = drive(judge, (9.9,))
    assert verdict.status[0] == Status.LAP_COMPLETE
    assert verdict.progress[0] == 100.0
    assert verdict.lap_seconds[0] == pytest.approx(20 / 15)


def test_a_lap_from_any_start_takes_one_time_round():
    cars, steps_per_lap = 7, 100.5
    judge = referee(circle(), cars)
    poses, verdict = begin(judge)
    start = np.arctan2(poses[:, 1], poses[:, 0])
    assert start % (2.0 * np.pi) == pytest.approx(2.0 * np.pi * np.arange(cars) / cars)
    zero = np.zeros(cars)
    for step in range(1, 101):
        verdict = judge.judge(at(*on_circle(start + 2.0 * np.pi * step / steps_per_lap)), zero, zero)
        assert verdict.progress == pytest.approx(100.0 * step / steps_per_lap, abs=1e-3)
    assert (verdict.status == Status.IN_PROGRESS).all()
    verdict = judge.judge(at(*on_circle(start + 2.0 * np.pi * 101 / steps_per_lap)), zero, zero)
    assert (verdict.status == Status.LAP_COMPLETE).all()
    assert (verdict.progress == 100.0).all()
    assert verdict.truncated.all()
    assert not verdict.terminated.any()
    assert verdict.lap_seconds == pytest.approx(steps_per_lap / 15.0, abs=1e-4)


def test_two_laps_of_one_episode():
    judge = referee(circle(), laps=2)
    begin(judge)
    angles = 2.0 * np.pi * np.arange(1, 22) / 10.5
    verdict = drive(judge, *(on_circle(angle) for angle in angles[:11]))
    assert verdict.status[0] == Status.IN_PROGRESS
    assert verdict.lap[0] == 1
    assert verdict.progress[0] == pytest.approx(100.0 * 0.5 / 10.5, abs=1e-3)
    assert verdict.lap_seconds[0] == pytest.approx(10.5 / 15.0, abs=1e-4)
    verdict = drive(judge, *(on_circle(angle) for angle in angles[11:]))
    assert verdict.status[0] == Status.LAP_COMPLETE
    assert verdict.lap[0] == 2
    assert verdict.lap_seconds[0] == pytest.approx(10.5 / 15.0, abs=1e-4)


def test_crossing_the_start_line_back_and_forth_is_no_lap():
    judge = referee(circle())
    begin(judge)
    verdict = drive(judge, *(on_circle(angle) for angle in (0.2, -0.2, -0.4, -0.2, 0.2, 0.4)))
    assert verdict.status[0] == Status.IN_PROGRESS
    assert verdict.lap[0] == 0
    assert verdict.progress[0] == pytest.approx(100.0 * 0.4 / (2.0 * np.pi), abs=1e-3)


def test_progress_that_falls_15_steps_in_a_row_is_reversed():
    judge = referee(circle())
    begin(judge)
    verdict = drive(judge, on_circle(0.02), *(on_circle(0.02 - 0.01 * step) for step in range(1, 15)))
    assert verdict.status[0] == Status.IN_PROGRESS
    assert verdict.progress[0] == pytest.approx(100.0 * -0.12 / (2.0 * np.pi), abs=1e-3)
    verdict = drive(judge, on_circle(0.02 - 0.15))
    assert verdict.status[0] == Status.REVERSED
    assert verdict.terminated[0]


def test_a_step_forward_forgives_the_steps_back():
    judge = referee(straight())
    begin(judge)
    back = [(2.0 - 0.01 * step,) for step in range(14)]
    verdict = drive(judge, (2.0,), *back, (2.5,), *back)
    assert verdict.status[0] == Status.IN_PROGRESS


def test_15_steps_without_motion_are_immobilized():
    judge = referee(straight())
    begin(judge)
    still = [(1.0 + 0.00029 * step,) for step in range(16)]
    assert drive(judge, *still[:15]).status[0] == Status.IN_PROGRESS
    verdict = drive(judge, still[15])
    assert verdict.status[0] == Status.IMMOBILIZED
    assert verdict.terminated[0]


def test_slow_motion_is_motion():
    judge = referee(straight())
    begin(judge)
    assert drive(judge, *[(0.00031 * step,) for step in range(1, 40)]).status[0] == Status.IN_PROGRESS


def test_time_up_truncates():
    judge = referee(straight(), slowest_speed=(10.0 - FRONT) * 15.0 / 9.5)
    begin(judge)
    assert drive(judge, *[(0.1 * step,) for step in range(1, 10)]).status[0] == Status.IN_PROGRESS
    verdict = drive(judge, (1.0,))
    assert verdict.status[0] == Status.TIME_UP
    assert verdict.truncated[0]
    assert not verdict.terminated[0]


def test_a_box_is_hit_where_the_bumper_meets_it():
    judge = referee(straight(), race=among((30.0, 0.25)))  # 0.4 m long, 0.5 m wide, its middle at (3.0, 0.1)
    begin(judge)
    assert judge.objects.tolist() == [[[3.0, pytest.approx(0.1), 0.0]]]
    assert drive(judge, (2.8 - BUMPER - 1e-6, 0.1)).status[0] == Status.IN_PROGRESS
    verdict = drive(judge, (2.8 - BUMPER + 1e-6, 0.1))
    assert verdict.status[0] == Status.CRASHED
    assert verdict.terminated[0]


def test_a_box_beside_the_car_and_a_turned_car():
    side = 0.25 + 0.5 * 0.1921
    judge = referee(straight(), race=among((30.0, 0.0)))
    begin(judge)
    assert drive(judge, (3.0, side + 1e-6)).status[0] == Status.IN_PROGRESS
    assert drive(judge, (3.01, side - 1e-6)).status[0] == Status.CRASHED
    corner = 0.5 * (0.32 + 0.1921) * np.sqrt(0.5)  # of a car at 45 degrees, ahead of its middle
    judge = referee(straight(), race=among((30.0, 0.0)))
    begin(judge)
    assert drive(judge, (2.8 - corner - 1e-6, 0.0, np.pi / 4)).status[0] == Status.IN_PROGRESS
    assert drive(judge, (2.8 - corner + 1e-6, 0.0, np.pi / 4)).status[0] == Status.CRASHED


def test_a_parked_car_is_as_large_as_a_car():
    judge = referee(straight(), race=among((30.0, 0.0), kind="car"))
    begin(judge)
    assert drive(judge, (3.0 - 2 * BUMPER - 1e-6,)).status[0] == Status.IN_PROGRESS
    assert drive(judge, (3.0 - 2 * BUMPER + 1e-6,)).status[0] == Status.CRASHED


def test_each_car_hits_the_boxes_of_its_own_road_alone():
    race = RaceConfig("object_avoidance", obstacles=ObstaclesConfig(1, random=True))
    judge = referee(circle(), 2, race=race)
    begin(judge)
    first = judge.objects[0, 0]
    zero = np.zeros(2)
    verdict = judge.judge(at(*np.array([first, first]).T), zero, zero)
    assert verdict.status.tolist() == [Status.CRASHED, Status.IN_PROGRESS]


def test_cars_of_a_heat_crash_into_each_other_and_into_no_other_heats():
    judge = referee(straight(), 4, race=RaceConfig("head_to_head", cars=2))
    begin(judge)
    zero = np.zeros(4)
    apart = 2 * BUMPER + 1e-6
    verdict = judge.judge(at([1.0, 1.0 + apart, 1.0 + apart / 2, 3.0]), zero, zero)
    assert (verdict.status == Status.IN_PROGRESS).all()
    verdict = judge.judge(at([1.1, 1.1 + apart - 2e-6, 1.1, 3.0]), zero, zero)
    assert verdict.status.tolist() == [Status.CRASHED, Status.CRASHED, Status.IN_PROGRESS, Status.IN_PROGRESS]
    assert verdict.terminated.tolist() == [True, True, False, False]


def test_the_cars_of_a_heat_start_in_a_row_and_apart_from_those_that_drive():
    judge = referee(circle(), 6, race=RaceConfig("head_to_head", cars=3), start=StartConfig(spread="even"))
    poses, _ = begin(judge)
    apart = np.hypot(*(poses[:, None, :2] - poses[None, :, :2]).T)
    for first in (0, 3):
        heat = apart[first : first + 3, first : first + 3]
        assert heat[np.triu_indices(3, 1)].min() > 0.9
        assert heat[0, 1] < 1.5
    again, _ = begin(judge, np.arange(6) == 1)  # the others stand where they started
    assert np.hypot(*(again[1] - poses[[0, 2]])[:, :2].T).min() > 0.9


@pytest.mark.parametrize("direction", ["alternate", "random"])
def test_the_cars_of_a_heat_drive_in_one_direction_in_all_episodes(direction):
    judge = referee(
        circle(), 8, race=RaceConfig("head_to_head", cars=2), start=StartConfig(direction=direction, spread="random")
    )
    for _ in range(3):
        begin(judge)
        assert judge.episodes.track.tolist() == [0, 0, 1, 1, 0, 0, 1, 1]


@pytest.mark.parametrize(
    ("race", "message"),
    [
        (RaceConfig("head_to_head"), "race.cars: found 1, expected 2 or more in race type head_to_head"),
        (RaceConfig(cars=2), "race.cars: found 2, expected 1 in race type time_trial"),
        (
            RaceConfig("head_to_head", cars=2, obstacles=ObstaclesConfig(3)),
            "race.obstacles.count: found 3, which has no effect in race type head_to_head",
        ),
    ],
)
def test_a_number_of_cars_that_does_not_fit_the_race_is_refused(race, message):
    with pytest.raises(InputError, match=message):
        referee(circle(), 2, race=race)


def test_a_start_on_a_box_moves_on_until_it_is_clear():
    judge = referee(circle(), race=among((0.0, 0.0)))
    poses, verdict = begin(judge)
    assert np.arctan2(poses[0, 1], poses[0, 0]) == pytest.approx(1.0 / RADIUS, abs=1e-3)  # two steps of 0.5 m
    assert verdict.progress[0] == 0.0


def test_the_car_is_the_urdfs():
    car = read_vehicle()
    footprint = Footprint.of(car)
    assert (footprint.wheelbase, footprint.front_track, footprint.rear_track) == (
        car.wheelbase, car.front_track, car.rear_track,
    )  # fmt: skip
    assert (footprint.body_x, footprint.body_length, footprint.body_width) == (0.0, 0.32, 0.1921)
    assert footprint.front == FRONT


def test_the_terms_of_the_reward_are_given_one_by_one_and_add_up():
    judge = referee(straight())
    begin(judge)
    verdict = drive(judge, (1.0,), (1.1, HALF_WIDTH + 0.1))
    assert judge.reward_names == ("progress", "failure")
    assert verdict.terms == pytest.approx(np.array([[0.5], [-1.0]]))
    assert verdict.reward == pytest.approx([-0.5])


def test_reverse_direction_starts_and_counts_the_other_way():
    judge = referee(circle(), start=StartConfig("even", direction="reverse", lateral_noise=0, heading_noise=0))
    poses, _ = begin(judge)
    assert poses[0] == pytest.approx([RADIUS, 0.0, -np.pi / 2], abs=1e-9)
    verdict = drive(judge, (RADIUS * np.cos(-0.5), RADIUS * np.sin(-0.5), -np.pi / 2 - 0.5))
    assert verdict.progress[0] == pytest.approx(100.0 * 0.5 / (2.0 * np.pi), abs=1e-3)
    assert judge.tracks[judge.episodes.track[0]].name == "circle-reversed"


def test_alternate_direction_changes_with_every_episode_and_from_car_to_car():
    judge = referee(circle(), 2, StartConfig("even", direction="alternate"))
    everyone = np.ones(2, bool)
    driven = []
    for _ in range(3):
        judge.start(everyone)
        driven.append(judge.episodes.track.tolist())
    assert driven == [[0, 1], [1, 0], [0, 1]]


def test_only_the_masked_cars_start_again():
    judge = referee(circle(), 3)
    poses, _ = begin(judge)
    moved = poses + [0.01, 0.0, 0.0]
    zero = np.zeros(3)
    judge.judge(at(*moved.T), zero, zero)
    again = judge.start(np.array([False, True, False]))
    assert (again[[0, 2]] == 0.0).all()
    verdict = judge.judge(at(*np.where([[False], [True], [False]], again, moved).T), zero, zero)
    assert verdict.episode.tolist() == [0, 1, 0]
    assert verdict.step.tolist() == [2, 0, 2]
    assert verdict.status.tolist() == [Status.IN_PROGRESS, Status.PREPARE, Status.IN_PROGRESS]


def test_the_seed_determines_every_start():
    def starts(seed):
        judge = referee(circle(), 4, StartConfig(direction="random"), seed)
        return np.stack([judge.start(np.arange(4) <= k) for k in range(4)])

    assert (starts(1) == starts(1)).all()
    assert (starts(1) != starts(2)).any()


def test_random_starts_spread_over_the_lap_and_keep_to_the_noise():
    cars = 8
    track = circle()
    judge = referee(track, cars, StartConfig(lateral_noise=0.5, heading_noise=0.2))
    stations = []
    for _ in range(40):
        poses = judge.start(np.ones(cars, bool))
        found = track.project(poses[:, :2])
        assert (np.abs(found.offset) <= 0.5 * HALF_WIDTH + 1e-3).all()
        assert (np.abs((poses[:, 2] - found.heading + np.pi) % (2 * np.pi) - np.pi) <= 0.2 + 1e-9).all()
        stations.append(found.station)
    parts = np.floor(np.array(stations) / track.length * cars).astype(int)
    assert (np.sort((parts[0] - parts[0].min()) % cars) == np.arange(cars)).all()
    assert all(len(set(parts[:, car])) == cars for car in range(cars))


def test_round_robin_advances_a_part_of_the_lap_per_episode():
    start = StartConfig("round_robin", advance=0.25, lateral_noise=0.0, heading_noise=0.0)
    judge = referee(circle(), 1, start)
    angles = [np.arctan2(*judge.start(np.ones(1, bool))[0, 1::-1]) for _ in range(5)]
    assert np.array(angles) % (2 * np.pi) == pytest.approx(np.array([0, 1, 2, 3, 0]) * np.pi / 2, abs=1e-6)


def test_cars_of_several_tracks_share_out_each_of_them():
    judge = Referee([straight(), circle()], [1, 0, 1], RefereeConfig(start=CENTRED), find_reward(REWARD), 0)
    poses, verdict = begin(judge)
    assert poses[0] == pytest.approx([RADIUS, 0.0, np.pi / 2])
    assert poses[1] == pytest.approx([0.0, 0.0, 0.0])
    assert poses[2] == pytest.approx([-RADIUS, 0.0, -np.pi / 2], abs=1e-9)
    assert verdict.all_wheels_on_track.all()


def test_evaluation_rules_start_straight_and_evenly():
    start = RefereeConfig(start=StartConfig(direction="reverse")).for_evaluation().start
    assert start == StartConfig("even", direction="reverse", lateral_noise=0.0, heading_noise=0.0)


def test_several_laps_on_an_open_track_are_refused():
    with pytest.raises(InputError, match="laps: found 2, expected 1: track straight is open"):
        referee(straight(), laps=2)


@pytest.mark.parametrize(
    ("mapping", "message"),
    [
        ({"immobilized_steps": 0}, "referee: immobilized_steps: found 0, expected 1 or more"),
        ({"slowest_speed": 0.0}, "referee: slowest_speed: found 0.0, expected above 0 m/s"),
        ({"start": {"lateral_noise": 2.0}}, "referee: start.lateral_noise: found 2.0, expected 0 to 1"),
        ({"start": {"direction": "left"}}, "referee: start.direction: found 'left', expected one of"),
    ],
)
def test_bad_rules_are_named(mapping, message):
    with pytest.raises(InputError, match=message):
        from_mapping(RefereeConfig, mapping, "referee")


def test_fixed_starts_are_all_at_one_place_and_an_offset_moves_them() -> None:
    for spread, expected in (("fixed", [0.25, 0.25]), ("even", [0.25, 0.75])):
        config = StartConfig(spread=spread, offset=0.25, lateral_noise=0.0, heading_noise=0.0)
        starter = Starter(np.zeros(2, np.int64), config, seed=0)
        for episode in (0, 5):
            _, draws = starter.draw(np.arange(2), np.full(2, episode))
            assert draws[0].tolist() == expected
