# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""A score belongs to tracks, race and reward."""

import pytest

from deepracer_ros.training.config import read_config
from deepracer_ros.training.score import score_basis


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
