# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""A score belongs to tracks, race and reward."""

from types import SimpleNamespace

import pytest

from deepracer_ros.training.config import read_config
from deepracer_ros.training.score import score, score_basis


def basis(**changes):
    return score_basis(read_config(changes, "test"))


@pytest.mark.parametrize(
    "changes",
    [{"tracks": ["oval"]}, {"tracks": ["technical-reversed"]}, {"race": {"laps": 2}}, {"reward": {"progress": 2.0}}],
)
def test_another_track_race_or_reward_is_another_basis(changes):
    assert basis(**changes) != basis()


def test_hyperparameters_are_none_of_it():
    assert basis(learning={"epochs": 7}, seed=3, jobs=2) == basis()


def test_a_file_counts_by_its_content(tmp_path):
    path, other = tmp_path / "reward.py", tmp_path / "other.py"
    path.write_text("a")
    other.write_text("a")
    assert basis(reward=str(path)) == basis(reward=str(other))
    other.write_text("b")
    assert basis(reward=str(path)) != basis(reward=str(other))


def result(laps, progress, seconds, reward=0.0):
    return SimpleNamespace(
        laps_completed=laps, laps_attempted=3, mean_progress=progress, mean_lap_seconds=seconds, mean_reward=reward,
        best_lap_seconds=seconds,
    )  # fmt: skip


def test_what_makes_the_best_model():
    steady, fast, none = result(3, 100.0, 9.0, 5.0), result(1, 60.0, 6.0, 2.0), result(0, 50.0, None, 7.0)

    def best(rule):
        return max((steady, fast, none), key=lambda found: score(found, rule))

    assert [best(rule) for rule in ("progress", "lap_time", "reward")] == [steady, fast, none]
    assert score(none, "lap_time") < score(result(1, 1.0, 99.0), "lap_time")
    assert basis(trainer={"best_by": "lap_time"}) != basis()
