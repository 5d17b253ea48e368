# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""A user's reward file: the values it sees, and the line it gets when it is wrong."""

import math
import sys

import numpy as np
import pytest

from deepracer_ros.errors import InputError
from deepracer_ros.race.config import ObstaclesConfig, RaceConfig, RefereeConfig, StartConfig
from deepracer_ros.race.episode import as_table, new_cars
from deepracer_ros.race.obstacle import SIGHT
from deepracer_ros.race.referee import Referee
from deepracer_ros.race.track import Track
from deepracer_ros.rewards.function import RewardFunction
from deepracer_ros.rewards.params import Eye, closest_objects, is_seen
from deepracer_ros.rewards.source import RewardError
from deepracer_ros.simulation.simulator import CarStates

KEYS = [
    "all_wheels_on_track",
    "x",
    "y",
    "heading",
    "distance_from_center",
    "projection_distance",
    "progress",
    "steps",
    "speed",
    "steering_angle",
    "track_width",
    "track_length",
    "waypoints",
    "closest_waypoints",
    "is_left_of_center",
    "is_reversed",
    "closest_objects",
    "objects_location",
    "objects_left_of_center",
    "object_in_camera",
    "objects_speed",
    "objects_heading",
    "objects_distance_from_center",
    "objects_distance",
    "is_crashed",
    "is_offtrack",
    "sim_time",
]


def square():
    """Return a loop of 4 m sides, 0.8 m wide, a waypoint every metre, from (0, 0) along the x axis."""
    sides = [((k, 0), (4, k), (4 - k, 4), (0, 4 - k)) for k in range(4)]
    centre = np.array([corner[side] for side in range(4) for corner in sides] + [(0, 0)], float)
    inwards = (np.array([2.0, 2.0]) - centre) * 0.2
    return Track.from_route("square", np.hstack([centre, centre + inwards, centre - inwards]))


def referee(path, text, cars=1, direction="forward", places=()):
    """Return a referee whose reward is the text of a user's file, with every car at its start."""
    path.write_text(text)
    start = StartConfig("even", direction=direction, lateral_noise=0.0, heading_noise=0.0)
    race = RaceConfig()
    if places:
        progress, lane = zip(*places, strict=True)
        race = RaceConfig("object_avoidance", obstacles=ObstaclesConfig(len(places), progress=progress, lane=lane))
    reward = RewardFunction(path)
    judge = Referee([square()], np.zeros(cars, int), RefereeConfig(start=start), reward, seed=0, race=race)
    judge.judge(states(*judge.start(np.ones(cars, bool)).T), np.zeros(cars), np.zeros(cars))
    return judge


def states(x, y, yaw):
    """Return states of cars at rest."""
    x, y, yaw = (np.atleast_1d(np.asarray(value, float)) for value in (x, y, yaw))
    return CarStates(x, y, yaw, 0 * x, 0 * x, 0 * x, 0 * x)


def seen_params(path, judge, *places):
    """Drive one car through places and return the params of the last one."""
    for place in places:
        judge.judge(states(*place), np.array([math.radians(-20.0)]), np.array([1.5]))
    return judge.reward._functions[0].__globals__["seen"]


REMEMBER = "def reward_function(params):\n    global seen\n    seen = params\n    return 1\n"


def test_all_params_of_a_step(tmp_path):
    path = tmp_path / "reward.py"
    params = seen_params(path, referee(path, REMEMBER), (1.0, 0.1, 0.0), (2.2, 0.1, math.radians(10.0)))
    assert list(params) == KEYS
    front = (2.2 + 0.14 * math.cos(math.radians(10.0)), 0.1 + 0.14 * math.sin(math.radians(10.0)))
    assert (params["x"], params["y"]) == pytest.approx(front)
    assert params["heading"] == pytest.approx(10.0)
    assert params["distance_from_center"] == pytest.approx(front[1])
    assert params["is_left_of_center"] is True
    assert params["projection_distance"] == pytest.approx(front[0])
    assert params["progress"] == pytest.approx(
        100.0 * (front[0] - 0.14 * math.sqrt(0.5)) / 16.0
    )  # starts across the corner
    assert params["steps"] == 3  # the start is the first
    assert params["speed"] == 1.5
    assert params["steering_angle"] == pytest.approx(-20.0)
    assert params["track_length"] == pytest.approx(16.0)
    assert params["waypoints"][:2] == [(0.0, 0.0), (1.0, 0.0)]
    assert params["waypoints"][0] == params["waypoints"][-1]
    assert len(params["waypoints"]) == 17
    assert params["closest_waypoints"] == [2, 3]
    assert params["all_wheels_on_track"] is True
    assert params["is_reversed"] is False
    assert (params["is_crashed"], params["is_offtrack"]) == (False, False)
    assert params["sim_time"] == pytest.approx(3 / 15)
    assert params["objects_location"] == params["objects_distance"] == params["objects_heading"] == []
    assert params["closest_objects"] == [0, 0]
    assert params["object_in_camera"] is False


def test_params_right_of_the_centre_in_the_last_segment(tmp_path):
    path = tmp_path / "reward.py"
    judge = referee(path, REMEMBER)
    places = [(x, 0, 0) for x in (1, 2, 3)] + [(4, y, math.pi / 2) for y in (0, 1, 2, 3)]
    places += [(x, 4, -math.pi) for x in (4, 3, 2, 1)] + [(0, y, -math.pi / 2) for y in (4, 3, 2, 1)]
    params = seen_params(path, judge, *places, (-0.5, 0.5, -math.pi / 2))
    assert params["closest_waypoints"] == [15, 16]
    assert params["is_left_of_center"] is False
    assert params["distance_from_center"] == pytest.approx(0.5)
    assert params["is_offtrack"] is True
    assert params["all_wheels_on_track"] is False


@pytest.mark.parametrize(("direction", "is_reversed"), [("forward", True), ("reverse", False)])
def test_a_reversed_track_says_so(tmp_path, direction, is_reversed):
    path = tmp_path / "reward.py"
    path.write_text(REMEMBER)
    start = StartConfig("even", direction=direction, lateral_noise=0.0, heading_noise=0.0)
    judge = Referee([square().reversed()], [0], RefereeConfig(start=start), RewardFunction(path), seed=0)
    judge.judge(states(*judge.start(np.ones(1, bool)).T), np.zeros(1), np.zeros(1))
    assert seen_params(path, judge, (0.0, 1.0, 0.0))["is_reversed"] is is_reversed


def test_at_a_waypoint_that_one_is_behind_the_car(tmp_path):
    # DeepRacer finds the waypoints by the arc length of the car's front, also outside of a corner.
    path = tmp_path / "reward.py"
    judge = referee(path, REMEMBER)
    for front, expected in [((2.0, 0.0), [2, 3]), ((4.1, -0.1), [4, 5]), ((4.0, 0.0), [4, 5]), ((-0.1, -0.1), [0, 1])]:
        params = seen_params(path, judge, (front[0] - 0.14, front[1], 0.0))
        assert params["closest_waypoints"] == expected


def test_reverse_direction_has_its_own_waypoints(tmp_path):
    path = tmp_path / "reward.py"
    judge = referee(path, REMEMBER, direction="reverse")
    params = seen_params(path, judge, (0.0, 1.0, math.pi / 2))
    assert params["is_reversed"] is True
    assert params["waypoints"][:3] == [(0.0, 0.0), (0.0, 1.0), (0.0, 2.0)]
    assert params["closest_waypoints"] == [1, 2]


SIDES = ((12.5, 0.5), (37.5, -0.5), (87.5, 0.0))
"""Boxes in the middle of the square's first, second and last side, at 2, 6 and 14 m."""


def test_objects_of_a_step(tmp_path):
    path = tmp_path / "reward.py"
    params = seen_params(path, referee(path, REMEMBER, places=SIDES), (0.5, 0.0, 0.0), (2.2, -0.3, 0.0))
    inside = 2.0 * 0.2 * 0.5  # the border lies 0.2 of the way to the middle of the square
    locations = np.array([(2.0, inside), (4.0 + inside, 2.0), (0.0, 2.0)])
    assert np.array(params["objects_location"]) == pytest.approx(locations)
    assert all(isinstance(place, tuple) for place in params["objects_location"])
    assert params["objects_distance"] == pytest.approx([2.0, 6.0, 14.0])
    assert params["objects_distance_from_center"] == pytest.approx([inside, inside, 0.0])
    assert params["objects_left_of_center"][:2] == [True, False]
    assert params["objects_heading"] == pytest.approx([0.0, 90.0, -90.0])
    assert params["objects_speed"] == [0.0, 0.0, 0.0]
    assert params["closest_objects"] == [0, 1]
    assert params["is_crashed"] is False


def test_closest_objects_go_on_behind_the_start_line(tmp_path):
    path = tmp_path / "reward.py"
    params = seen_params(path, referee(path, REMEMBER, places=SIDES), (0.5, 0.0, 0.0), (1.0, 0.0, 0.0))
    assert params["closest_objects"] == [2, 0]


def test_objects_in_reverse_are_at_the_distance_that_is_left_to_drive(tmp_path):
    path = tmp_path / "reward.py"
    params = seen_params(path, referee(path, REMEMBER, direction="reverse", places=SIDES), (0.0, 1.0, math.pi / 2))
    assert params["objects_distance"] == pytest.approx([14.0, 10.0, 2.0])
    assert params["closest_objects"] == [0, 2]
    assert params["objects_left_of_center"][:2] == [False, True]


@pytest.mark.parametrize(
    ("yaw", "seen"),
    [(0.0, True), (32.0, True), (-32.0, True), (33.0, False), (-33.0, False), (180.0, False)],
)
def test_an_object_is_in_camera_within_its_field_of_view(tmp_path, yaw, seen):
    # The camera is 0.137 m ahead of base_link, and sees 1.13 rad = 64.7 degrees: 32.37 to either side.
    path, turned = tmp_path / "reward.py", math.radians(yaw)
    judge = referee(path, REMEMBER, places=((18.75, 0.0),))  # at (3, 0)
    place = (1.0 - 0.137 * math.cos(turned), -0.137 * math.sin(turned), turned)
    params = seen_params(path, judge, (1.0, 0.0, 0.0), place)
    assert params["object_in_camera"] is seen


def test_a_crash_is_told(tmp_path):
    path = tmp_path / "reward.py"
    params = seen_params(path, referee(path, REMEMBER, places=((12.5, 0.0),)), (1.0, 0.0, 0.0), (1.7, 0.0, 0.0))
    assert params["is_crashed"] is True


@pytest.mark.parametrize(
    ("station", "closed", "expected"),
    [(1.0, False, [0, 0]), (3.0, False, [0, 1]), (9.0, False, [1, 1]), (9.0, True, [1, 0]), (1.0, True, [1, 0])],
)
def test_closest_objects_of_open_and_closed_tracks(station, closed, expected):
    places = np.array([[2.0, 8.0]])
    found = closest_objects(np.array([station]), places, np.array([10.0]), np.array([closed]))
    assert found.tolist() == [expected]


def test_an_object_out_of_sight_is_not_in_camera():
    objects = np.array([[[SIGHT + 0.09, 0.0, 0.0], [SIGHT + 0.11, 0.0, 0.0]]])
    assert is_seen(as_table(new_cars(1), objects), Eye(0.1, 0.5)).tolist() == [[True, False]]


def test_each_car_has_its_own_globals_and_its_own_reward(tmp_path):
    text = "calls = 0\ndef reward_function(params):\n    global calls\n    calls += 1\n    return calls + params['x']\n"
    judge = referee(tmp_path / "reward.py", text, cars=2)
    poses = np.array([[0.86, 0.0, 0.0], [2.86, 0.0, 0.0]])
    for calls in (1, 2):
        verdict = judge.judge(states(*poses.T), np.zeros(2), np.zeros(2))
        assert verdict.reward == pytest.approx([calls + 1.0, calls + 3.0])


def test_the_start_of_an_episode_has_no_reward(tmp_path):
    judge = referee(tmp_path / "reward.py", "def reward_function(params):\n    return 5.0\n")
    verdict = judge.judge(states(*judge.start(np.ones(1, bool)).T), np.zeros(1), np.zeros(1))
    assert verdict.reward[0] == 0.0


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("def reward_function(params)\n    return 1\n", r"reward.py:1: expected ':', expected Python"),
        ("def reward(params):\n    return 1\n", r"reward.py: found reward, expected reward_function\(params\)"),
        ("", r"reward.py: found nothing, expected reward_function\(params\)"),
        ("import math\nx = math.sqrt(-1)\n", r"reward.py:2: ValueError: "),
        ("raise SystemExit(3)\n", r"reward.py:1: SystemExit: 3, expected"),
    ],
)
def test_a_file_that_is_no_reward_is_named(tmp_path, text, message):
    path = tmp_path / "reward.py"
    path.write_text(text)
    with pytest.raises(InputError, match=message) as caught:
        RewardFunction(path)
    assert "\n" not in str(caught.value)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(InputError, match=r"none.py: cannot be read \(No such file or directory\)"):
        RewardFunction(tmp_path / "none.py")


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("return params['speeed']", r"reward.py:3: KeyError: 'speeed' at steps 2, expected"),
        ("return 1 / 0", r"reward.py:3: ZeroDivisionError: division by zero at steps 2"),
        ("return float('nan')", r"reward.py:2: reward_function returned nan at steps 2, expected a number from"),
        ("return 'much'", r"reward.py:2: reward_function returned 'much' at steps 2, expected a number"),
        ("return None", r"reward.py:2: reward_function returned None at steps 2, expected a number"),
        ("return 1e39", r"returned 1e\+39 at steps 2, expected a number from -100000 to 100000"),
        ("return 10 ** 400", r"returned 10+\.\.\.0+ at steps 2"),
        ("return [1.0, 2.0]", r"returned \[1.0, 2.0\] at steps 2"),
    ],
)
def test_a_function_that_fails_is_named_with_its_line(tmp_path, body, message):
    judge = referee(tmp_path / "reward.py", f"# a comment\ndef reward_function(params):\n    {body}\n")
    with pytest.raises(InputError, match=message):
        judge.judge(states(0.2, 0.0, 0.0), np.zeros(1), np.zeros(1))


@pytest.mark.parametrize(
    "value", ["numpy.array(2.5)", "numpy.float32(2.5)", "'2.5'", "numpy.bool_(True) + 1.5", "Fraction(5, 2)"]
)
def test_what_float_takes_is_a_reward(tmp_path, value):
    text = f"import numpy\nfrom fractions import Fraction\ndef reward_function(params):\n    return {value}\n"
    judge = referee(tmp_path / "reward.py", text)
    assert judge.judge(states(0.2, 0.0, 0.0), np.zeros(1), np.zeros(1)).reward[0] == 2.5


def test_the_first_call_of_an_episode_is_that_of_step_2_and_params_are_the_function_s_own(tmp_path):
    text = """
def reward_function(params):
    global calls
    if params['steps'] == 2:
        calls = 0
    calls += 1
    params['steps'] = -7
    return calls
"""
    judge = referee(tmp_path / "reward.py", text)
    for calls in (1, 2):
        assert judge.judge(states(0.1 * calls, 0.0, 0.0), np.zeros(1), np.zeros(1)).reward[0] == calls
    judge.start(np.ones(1, bool))
    judge.judge(states(0.0, 0.0, 0.0), np.zeros(1), np.zeros(1))
    assert judge.judge(states(0.1, 0.0, 0.0), np.zeros(1), np.zeros(1)).reward[0] == 1


def test_files_beside_it_dataclasses_and_pickle_work_and_each_car_has_its_own(tmp_path):
    (tmp_path / "consts.py").write_text("CALLS = []\n")
    text = """
from __future__ import annotations
import pickle
from dataclasses import dataclass, field
from consts import CALLS

@dataclass
class State:
    calls: list[int] = field(default_factory=list)

def reward_function(params):
    CALLS.append(1)
    return len(pickle.loads(pickle.dumps(State(CALLS))).calls)
"""
    judge = referee(tmp_path / "reward.py", text, cars=2)
    for calls in (1, 2):
        verdict = judge.judge(states(*np.array([[0.86, 0.0, 0.0], [2.86, 0.0, 0.0]]).T), np.zeros(2), np.zeros(2))
        assert verdict.reward.tolist() == [calls, calls]
    assert "consts" not in sys.modules
    assert str(tmp_path) not in sys.path


def test_an_error_keeps_the_params_of_its_call(tmp_path):
    judge = referee(tmp_path / "reward.py", "def reward_function(params):\n    return 1 / (params['steps'] - 3)\n")
    judge.judge(states(0.2, 0.0, 0.0), np.zeros(1), np.zeros(1))
    with pytest.raises(RewardError) as caught:
        judge.judge(states(0.4, 0.0, 0.0), np.zeros(1), np.zeros(1))
    assert list(caught.value.params) == KEYS
    assert caught.value.params["steps"] == 3


def test_the_modules_of_a_reward_go_with_it(tmp_path):
    path = tmp_path / "gone.py"
    path.write_text("def reward_function(params):\n    return 1.0\n")
    reward = RewardFunction(path)
    assert [name for name in sys.modules if name.startswith("gone_")]
    del reward
    assert [name for name in sys.modules if name.startswith("gone_")] == []


BATCH = """
import numpy
def reward_function_batch(params):
    global seen
    seen = params
    assert params["waypoints"].shape == (17, 2)
    return params["x"] + numpy.where(params["all_wheels_on_track"], 100.0, 0.0)
"""


def test_a_batch_function_gets_all_cars_at_once(tmp_path):
    judge = referee(tmp_path / "reward.py", BATCH, cars=3)
    poses = np.array([[0.86, 0.0, 0.0], [2.86, 0.0, 0.0], [1.0, 3.0, 0.0]])
    verdict = judge.judge(states(*poses.T), np.full(3, 0.1), np.full(3, 2.0))
    assert verdict.reward == pytest.approx([101.0, 103.0, 1.14])
    seen = judge.reward._functions[0].__globals__["seen"]
    assert list(seen) == KEYS
    assert seen["steps"].tolist() == [2, 2, 2]
    assert seen["speed"].tolist() == [2.0, 2.0, 2.0]
    assert seen["closest_waypoints"].shape == (3, 2)
    assert seen["objects_location"].shape == (3, 0, 2)


def test_a_batch_function_gives_what_the_function_gives(tmp_path):
    one = "def reward_function(p):\n    return p['progress'] + p['heading'] / 100 - p['distance_from_center']\n"
    rewards = []
    for name in ("reward_function", "reward_function_batch"):
        judge = referee(tmp_path / f"{name}.py", one.replace("reward_function", name), cars=2)
        poses = np.array([[0.86, 0.1, 0.2], [2.86, 0.0, -0.1]])
        rewards.append(judge.judge(states(*poses.T), np.zeros(2), np.ones(2)).reward.tolist())
    assert rewards[0] == rewards[1]


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("return 1.0", r"reward.py:1: reward_function_batch returned 1.0 at steps 2, expected 2 numbers"),
        ("return [1.0, None]", r"returned \[1.0, None\] at steps 2, expected 2 numbers"),
        ("return [1.0, 1e6]", r"returned \[1.0, 1000000.0\] at steps 2, expected 2 numbers"),
        ("return params['z']", r"reward.py:2: KeyError: 'z' at steps 2"),
    ],
)
def test_a_batch_function_that_fails_is_named(tmp_path, body, message):
    judge = referee(tmp_path / "reward.py", f"def reward_function_batch(params):\n    {body}\n", cars=2)
    with pytest.raises(RewardError, match=message) as caught:
        judge.judge(states([0.86, 2.86], [0.0, 0.0], [0.0, 0.0]), np.zeros(2), np.zeros(2))
    assert caught.value.params["steps"] == [2, 2]


def test_an_error_that_has_no_text_is_named(tmp_path):
    text = "class E(BaseException):\n    def __str__(self):\n        raise ValueError\n"
    judge = referee(tmp_path / "reward.py", text + "def reward_function(params):\n    raise E\n")
    with pytest.raises(RewardError, match=r"reward.py:5: E: a value without a text \(ValueError\) at steps 2"):
        judge.judge(states(0.2, 0.0, 0.0), np.zeros(1), np.zeros(1))
