# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""Where the objects of a race stand: fixed, spread evenly, drawn at random; and those that do not fit."""

import sys
from pathlib import Path

import numpy as np
import pytest

from deepracer_ros.config import from_mapping
from deepracer_ros.errors import InputError
from deepracer_ros.race.config import ObstaclesConfig, RaceConfig, RefereeConfig, StartConfig
from deepracer_ros.race.obstacle import place_obstacles, shape_of
from deepracer_ros.race.race import RACES, RaceType, find_race
from deepracer_ros.race.referee import Referee
from deepracer_ros.race.vehicle import read_vehicle
from deepracer_ros.rewards.reward import find_reward
from deepracer_ros.simulation.config import EnvironmentConfig

sys.path.insert(0, str(Path(__file__).parent))
from roads import HALF_WIDTH, RADIUS, circle, straight  # noqa: E402

ROUND = 2.0 * np.pi * RADIUS
POLYGON = 2e-3
"""m: by so much a circle of 720 waypoints is not round, 0.25 degrees at up to 0.4 m from its line."""


def avoidance(**obstacles):
    """Return a race among objects."""
    return RaceConfig("object_avoidance", obstacles=ObstaclesConfig(**obstacles))


def referee(track, race, cars=1, seed=0, direction="forward", **rest):
    """Return a referee of cars that start evenly."""
    start = StartConfig("even", direction=direction, lateral_noise=0.0, heading_noise=0.0)
    reward = find_reward({"progress": 1.0})
    return Referee([track], np.zeros(cars, int), RefereeConfig(start=start), reward, seed, race=race, **rest)


def everyone(cars):
    """Return a mask of all cars."""
    return np.ones(cars, bool)


def test_the_shapes_of_a_box_and_of_a_parked_car():
    box, car = shape_of("box"), read_vehicle()
    assert (box.length, box.width, box.height) == (0.4, 0.5, 0.3)
    parked = shape_of("car")
    assert (parked.length, parked.width, parked.height) == (car.body_length, car.body_width, car.body_height)


def test_objects_are_spread_evenly_left_and_right_in_turn():
    poses = place_obstacles(straight(), ObstaclesConfig(4), None)
    expected = [[1.25, 0.2, 0.0], [3.75, -0.2, 0.0], [6.25, 0.2, 0.0], [8.75, -0.2, 0.0]]
    assert poses == pytest.approx(np.array(expected))


def test_fixed_places_are_parts_of_the_lap_and_of_the_way_to_the_border():
    config = ObstaclesConfig(2, progress=(25.0, 50.0), lane=(1.0, -0.5))
    poses = place_obstacles(circle(), config, None)
    left, right = RADIUS - HALF_WIDTH, RADIUS + 0.5 * HALF_WIDTH
    assert poses[:, :2] == pytest.approx(np.array([[0.0, left], [-right, 0.0]]), abs=POLYGON)
    assert np.cos(poses[:, 2] - [np.pi, -np.pi / 2]) == pytest.approx([1.0, 1.0])


def test_random_places_keep_their_spacing_round_the_lap_and_reach_all_of_it():
    track, config = circle(), ObstaclesConfig(4, spacing=2.5, random=True)
    generator = np.random.default_rng(1)
    stations = []
    for _ in range(200):
        found = track.project(place_obstacles(track, config, generator)[:, :2])
        assert np.abs(found.offset) == pytest.approx(np.full(4, 0.5 * HALF_WIDTH), abs=1e-3)
        gaps = np.diff(np.sort(found.station), append=found.station.min() + track.length)
        assert gaps.min() >= 2.5 - 1e-3
        stations.extend(found.station)
    assert np.histogram(stations, 8, (0.0, track.length))[0].min() > 60  # 100 expected in each


def test_random_places_on_an_open_track_leave_room_after_the_start():
    track, config = straight(), ObstaclesConfig(3, spacing=3.0, random=True)
    generator = np.random.default_rng(1)
    for _ in range(50):
        x = np.sort(place_obstacles(track, config, generator)[:, 0])
        assert x[0] >= 3.0
        assert np.diff(x).min() >= 3.0 - 1e-9
        assert x[-1] <= 10.0


@pytest.mark.parametrize(
    ("obstacles", "message"),
    [
        ({"count": 5, "random": True, "spacing": 2.1}, r"found 5 on track straight of 10.0 m, expected at most 4 with"),
        ({"count": 26}, r"found 26 on track straight of 10.0 m, expected at most 25 with 0.4 m for each"),
        ({"count": 32, "kind": "car"}, r"found 32 on track straight of 10.0 m, expected at most 31 with 0.32 m"),
    ],
)
def test_objects_that_do_not_fit_are_refused_in_one_line(obstacles, message):
    with pytest.raises(InputError, match=message) as caught:
        referee(straight(), avoidance(**obstacles))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("race", "message"),
    [
        ({"type": "rally"}, r"race\.type: found 'rally', expected one of time_trial, object_avoidance"),
        ({"type": "object_avoidance"}, r"race\.obstacles\.count: found 0, expected 1 or more"),
        ({"obstacles": {"count": 2}}, r"race\.obstacles\.count: found 2, which has no effect in race type time_trial"),
        ({"obstacles": {"kind": "car"}}, r"race\.obstacles\.kind: found 'car', which has no effect"),
        ({"obstacles": {"spacing": 1.0}}, r"spacing: found 1 m, which has no effect without random: true"),
        ({"obstacles": {"count": 2, "progress": [1.0]}}, r"progress: found 1 places, expected one for each of 2"),
        ({"obstacles": {"count": 1, "lane": [0.0], "random": True}}, r"lane: found fixed places together with random"),
    ],
)
def test_a_race_that_cannot_be_is_refused_before_anything_starts(race, message):
    with pytest.raises(InputError, match=message) as caught:
        from_mapping(EnvironmentConfig, {"race": race}, "config.yaml")
    assert "\n" not in str(caught.value)


def test_a_time_trial_has_a_free_road():
    judge = referee(circle(), None, cars=2)
    assert judge.objects.shape == (2, 0, 3)


def test_a_race_type_is_one_function_and_one_line(monkeypatch):
    def gate(track, config, random):
        """Two objects that leave a gap in the middle, half way round."""
        return track.pose_at([0.5 * track.length] * 2, [0.3, -0.3])

    monkeypatch.setitem(RACES, "gate", RaceType(gate))
    race = RaceConfig("gate", obstacles=ObstaclesConfig(2))
    judge = referee(circle(), EnvironmentConfig(race=race).race)
    assert judge.objects[0, :, :2] == pytest.approx(np.array([[-1.7, 0.0], [-2.3, 0.0]]), abs=POLYGON)
    with pytest.raises(InputError, match="expected one of time_trial, object_avoidance, head_to_head, gate"):
        find_race(RaceConfig("rally"))


def test_places_are_drawn_anew_for_every_episode_of_a_car():
    judge = referee(circle(), avoidance(count=2, random=True), cars=3)
    objects = judge.objects
    judge.start(everyone(3))
    first = objects.copy()
    assert len({tuple(row) for row in first[:, 0]}) == 3
    judge.start(np.array([False, True, False]))
    assert judge.objects is objects
    assert (objects != first).any(axis=(1, 2)).tolist() == [False, True, False]


def test_cars_that_share_a_road_have_the_same_objects_for_ever():
    judge = referee(circle(), avoidance(count=2, random=True), cars=4, redraw=False)
    first = judge.objects.copy()
    assert (first == first[0]).all()
    judge.start(everyone(4))
    assert (judge.objects == first).all()


def test_the_seed_determines_where_objects_stand_and_they_change_no_start():
    def drawn(seed, race):
        judge = referee(circle(), race, 2, seed)
        return [judge.start(everyone(2)) for _ in range(3)], judge.objects.copy()

    race = avoidance(count=1, random=True)
    (starts, one), (_, same), (_, other) = drawn(1, race), drawn(1, race), drawn(2, race)
    assert (one == same).all()
    assert (one != other).any()
    assert np.shape(starts) == (3, 2, 3)


def test_places_are_counted_forward_and_stay_there_for_cars_in_reverse():
    race = avoidance(count=1, progress=(25.0,), lane=(0.5,))
    for direction, station, offset in (("forward", 0.25 * ROUND, 0.2), ("reverse", 0.75 * ROUND, -0.2)):
        judge = referee(circle(), race, direction=direction)
        judge.start(everyone(1))
        assert judge.objects[0, 0, :2] == pytest.approx([0.0, 1.8], abs=POLYGON)
        assert judge.episodes.object_places[0, 0] == pytest.approx([station, offset], abs=POLYGON)
