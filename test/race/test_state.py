# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""The observation `state` with numbers worked out by hand, on a straight and a circle, both ways round."""

import sys
from pathlib import Path

import numpy as np
import pytest

from deepracer_ros.race.config import ObstaclesConfig, RaceConfig, RefereeConfig, StartConfig
from deepracer_ros.race.referee import Referee
from deepracer_ros.race.state import CURVATURE_AHEAD, OBJECT_RANGE, STATE_NAMES, STATE_UNITS
from deepracer_ros.race.state_kernel import CURVATURES
from deepracer_ros.race.track import Track
from deepracer_ros.rewards.reward import find_reward

sys.path.insert(0, str(Path(__file__).parent))
from roads import FRONT, HALF_WIDTH, RADIUS, at, circle, straight  # noqa: E402


def observed(track, state, places=(), direction="forward"):
    """Return the state by name of one car that drives among boxes at places (progress in %, lane)."""
    start = StartConfig("even", direction=direction, lateral_noise=0.0, heading_noise=0.0)
    race = RaceConfig()
    if places:
        progress, lane = zip(*places, strict=True)
        race = RaceConfig("object_avoidance", obstacles=ObstaclesConfig(len(places), progress=progress, lane=lane))
    judge = Referee([track], [0], RefereeConfig(start=start), find_reward({"progress": 1.0}), 0, race=race)
    judge.start(np.ones(1, bool))
    judge.judge(state, np.array([0.4]), np.array([3.0]))
    assert judge.state.dtype == np.float32
    return dict(zip(STATE_NAMES, judge.state[0].tolist(), strict=True))


def curvatures(state):
    """Return the curvatures of a state, 1/m."""
    return [state[f"curvature_{k}"] for k in range(len(CURVATURE_AHEAD))]


def test_the_curvatures_stand_where_the_kernel_writes_them():
    assert STATE_NAMES[CURVATURES] == "curvature_0"
    assert list(STATE_UNITS)[CURVATURES + len(CURVATURE_AHEAD) :] == ["object_distance", "object_offset"]


def test_on_a_straight():
    yaw = np.pi / 6
    motion = {"speed": 1.5, "lateral_speed": -0.2, "yaw_rate": 0.7, "steering": -0.1}
    state = observed(straight(), at(1.0, 0.1, yaw, **motion), [(20.0, 0.5), (30.0, -0.5)])
    assert state["offset"] == pytest.approx(0.1 + FRONT * 0.5)
    assert state["heading_error"] == pytest.approx(yaw)
    assert {name: state[name] for name in motion} == pytest.approx(motion)
    assert (state["left_width"], state["right_width"]) == pytest.approx((HALF_WIDTH, HALF_WIDTH))
    assert curvatures(state) == pytest.approx([0.0] * 7)
    assert state["object_distance"] == pytest.approx(2.0 - 1.0 - FRONT * np.cos(yaw))
    assert state["object_offset"] == pytest.approx(0.2)


def test_on_a_straight_in_reverse():
    state = observed(straight(), at(3.0, 0.1, np.pi), [(20.0, 0.5), (40.0, -0.5)], "reverse")
    assert state["offset"] == pytest.approx(-0.1)
    assert state["heading_error"] == pytest.approx(0.0, abs=1e-6)
    assert state["object_distance"] == pytest.approx(3.0 - FRONT - 2.0)  # the box at 4 m is behind
    assert state["object_offset"] == pytest.approx(-0.2)


@pytest.mark.parametrize("places", [[], [(10.0, 0.0)], [(80.0, 0.0)]])
def test_an_object_behind_on_an_open_track_or_out_of_range_is_none(places):
    state = observed(straight(), at(2.0), places)
    assert (state["object_distance"], state["object_offset"]) == (OBJECT_RANGE, 0.0)


@pytest.mark.parametrize(("direction", "sign"), [("forward", 1.0), ("reverse", -1.0)])
def test_on_a_circle(direction, sign):
    # The front is FRONT ahead on the tangent: 0.0049 m outside the circle, 0.0699 rad further round.
    turned = np.arctan2(FRONT, RADIUS)
    state = observed(circle(), at(RADIUS, 0.0, sign * np.pi / 2), [(25.0, 0.5), (75.0, 0.5)], direction)
    assert state["offset"] == pytest.approx(-sign * (np.hypot(RADIUS, FRONT) - RADIUS), abs=1e-4)
    assert state["heading_error"] == pytest.approx(-sign * turned, abs=1e-4)
    assert curvatures(state) == pytest.approx([sign / RADIUS] * 7, rel=1e-3)
    assert state["object_distance"] == pytest.approx(RADIUS * (np.pi / 2 - turned), abs=2e-3)
    assert state["object_offset"] == pytest.approx(sign * 0.2, abs=1e-3)


@pytest.mark.parametrize(("direction", "sign"), [("forward", 1.0), ("reverse", -1.0)])
def test_ahead_goes_on_behind_the_start_line_of_a_loop(direction, sign):
    x, y = RADIUS * np.cos(-0.5), sign * RADIUS * np.sin(-0.5)
    turned = np.arctan2(FRONT, RADIUS)
    state = observed(circle(), at(x, y, sign * (np.pi / 2 - 0.5)), [(0.0, 0.0)], direction)
    assert state["object_distance"] == pytest.approx(RADIUS * (0.5 - turned), abs=1e-3)
    assert curvatures(state) == pytest.approx([sign / RADIUS] * 7, rel=1e-3)


def corner():
    """Return an open road: 2.45 m straight, a quarter circle of radius 2 m to the left from there, 2.45 m straight."""
    step = np.arange(0.05, 2.5, 0.1)
    angle = np.linspace(0.0, np.pi / 2, 33)[1:-1]
    before = np.column_stack([step, 0.0 * step])
    arc = np.column_stack([2.45 + 2.0 * np.sin(angle), 2.0 - 2.0 * np.cos(angle)])
    after = np.column_stack([np.full_like(step, 4.45), 1.95 + step])
    centre = np.concatenate([before, arc, after])
    normal = np.concatenate([0.0 * before + [0.0, 1.0], np.column_stack([-np.sin(angle), np.cos(angle)]),
                             0.0 * after + [-1.0, 0.0]])  # fmt: skip
    return Track.from_route("corner", np.hstack([centre, centre + 0.4 * normal, centre - 0.4 * normal]))


def test_curvature_is_that_of_the_place_ahead_in_both_directions():
    track = corner()
    first, last = 2.4, 2.4 + np.pi
    forward = observed(track, at(1.2 - FRONT + 0.05))
    station = 1.2
    expected = [0.5 if first < station + ahead < last else 0.0 for ahead in CURVATURE_AHEAD]
    assert expected == [0.0, 0.0, 0.0, 0.5, 0.5, 0.5, 0.5]
    assert curvatures(forward) == pytest.approx(expected, abs=5e-3)
    backward = observed(track, at(4.45, 4.35 - 1.2 + FRONT, -np.pi / 2), direction="reverse")
    assert curvatures(backward) == pytest.approx([-c for c in expected], abs=5e-3)


def test_beyond_the_end_of_an_open_track_the_curvature_is_that_of_the_end():
    assert curvatures(observed(straight(), at(9.0))) == pytest.approx([0.0] * 7)
