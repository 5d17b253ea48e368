# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""Reward terms on one step with known numbers, and their weighted sum."""

import numpy as np
import pytest

from deepracer_ros.errors import InputError
from deepracer_ros.race.episode import as_table, new_cars
from deepracer_ros.race.status import Status
from deepracer_ros.rewards.names import reward_names
from deepracer_ros.rewards.reward import WeightedTerms, find_reward
from deepracer_ros.rewards.terms import TERMS


def step(**columns):
    """Return the table of one car that drove 0.1 m along a 0.8 m wide road, with some columns set."""
    table = as_table(new_cars(1))
    values = {"distance": 0.1, "left": 0.4, "right": 0.4, "wheels_on_track": 4, "status": Status.IN_PROGRESS}
    for name, value in {**values, **columns}.items():
        getattr(table, name)[0] = value
    return table


@pytest.mark.parametrize(
    ("name", "columns", "expected"),
    [
        ("progress", {}, 0.5),
        ("progress", {"distance": -0.02}, -0.1),
        ("progress", {"status": Status.OFF_TRACK}, 0.5),
        ("centre_line", {}, 0.5),
        ("centre_line", {"offset": -0.1}, 0.375),
        ("centre_line", {"offset": 0.5}, 0.0),
        ("speed_along_track", {"speed": 2.0}, 0.5),
        ("speed_along_track", {"speed": 2.0, "heading_error": np.pi / 3}, 0.25),
        ("speed_along_track", {"speed": 2.0, "wheels_on_track": 3}, 0.0),
        ("failure", {}, 0.0),
        ("failure", {"status": Status.OFF_TRACK}, 1.0),
        ("failure", {"status": Status.CRASHED}, 1.0),
        ("failure", {"status": Status.REVERSED}, 1.0),
        ("failure", {"status": Status.IMMOBILIZED}, 1.0),
        ("failure", {"status": Status.LAP_COMPLETE}, 0.0),
        ("failure", {"status": Status.TIME_UP}, 0.0),
    ],
)
def test_a_term_of_a_step(name, columns, expected):
    assert TERMS[name](step(**columns), []) == pytest.approx([expected])


def test_a_reward_is_its_terms_by_their_weights_in_their_order():
    reward = find_reward({"failure": -2.0, "progress": 3.0})
    assert reward.names == reward_names({"failure": -2.0, "progress": 3.0}) == ("failure", "progress")
    assert reward(step(status=Status.CRASHED), []) == pytest.approx(np.array([[-2.0], [1.5]]))


def test_a_new_term_is_one_function_and_one_line(monkeypatch):
    monkeypatch.setitem(TERMS, "steering_effort", lambda episodes, tracks: np.abs(episodes.steering_change))
    reward = find_reward({"progress": 1.0, "steering_effort": -0.5})
    assert reward(step(steering_change=-0.2), []) == pytest.approx(np.array([[0.5], [-0.1]]))


def test_a_term_may_read_the_objects_on_the_road(monkeypatch):
    def gap(episodes, tracks):
        return episodes.object_places[:, 0, 0] - episodes.station

    monkeypatch.setitem(TERMS, "gap", gap)
    table = as_table(new_cars(1), np.array([[[4.0, 0.1, 0.0]]]), np.array([[[4.0, 0.1]]]))
    table.station[0] = 1.5
    assert find_reward({"gap": 1.0})(table, []) == pytest.approx(np.array([[2.5]]))


@pytest.mark.parametrize(
    ("reward", "message"),
    [
        ({"progression": 1.0}, "reward: found 'progression', perhaps 'progress', expected one of progress, "),
        ({"progress": float("nan")}, "reward: progress: found nan, expected a finite weight"),
        ({}, "reward: found no term, expected at least one of progress, "),
        ("progress", r"reward: found 'progress', expected a path that ends in \.py, or weights of terms: progress, "),
    ],
)
def test_a_reward_that_cannot_be_is_named_in_one_line(reward, message):
    with pytest.raises(InputError, match=message) as caught:
        find_reward(reward)
    assert "\n" not in str(caught.value)


def test_the_names_of_a_reward_are_known_without_its_file():
    assert reward_names("nowhere/mine.py") == ("reward_function",)


def test_every_term_has_its_name():
    assert set(TERMS) == {"progress", "centre_line", "speed_along_track", "failure"}
    assert WeightedTerms(dict.fromkeys(TERMS, 1.0)).names == tuple(TERMS)
