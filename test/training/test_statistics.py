# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""Episodes and rates, with numbers by hand."""

from types import SimpleNamespace

import numpy as np
import pytest

from deepracer_ros.training.statistics import EpisodeStatistics, Rate


def segment(rewards, ends=(), progress=0.0, car=0, **terms):
    """A segment of one car; at the steps `ends` an episode ends with the last one's progress."""
    steps = len(rewards)
    flags = np.zeros(steps, np.uint8)
    flags[list(ends)] = 1
    arrays = {name: np.array(values, np.float32) for name, values in terms.items()}
    return SimpleNamespace(
        worker="w", car=car, reward=np.array(rewards, np.float32), terminated=flags, truncated=np.zeros_like(flags),
        progress=np.full(steps, progress, np.float32), terms=arrays,
    )  # fmt: skip


def test_rewards_and_terms_are_summed_over_an_episode_and_averaged_over_episodes():
    statistics = EpisodeStatistics()
    statistics.add([segment([1, 2, 3], progress=[1.0], bonus=[1, 1, 1], failure=[0, 1, 2])])
    assert statistics.recent().reward is None
    assert statistics.recent().terms == {}
    statistics.add([segment([4, 10, 20], ends=[0, 1], progress=100.0, bonus=[1, 5, 7], failure=[3, 5, 13])])
    recent = statistics.recent()  # episodes of 1 + 2 + 3 + 4 = 10 and of 10
    assert (recent.reward, recent.progress, recent.lap_rate) == (10.0, 100.0, 1.0)
    assert recent.terms == {"bonus": (4 + 5) / 2, "failure": (6 + 5) / 2}
    assert (statistics.episodes, statistics.laps) == (2, 2)


def test_cars_are_apart_and_segments_without_terms_do():
    statistics = EpisodeStatistics(episodes=5, laps=1)
    statistics.add([segment([1, 1], car=0), segment([8, 8], ends=[1], progress=40.0, car=1)])
    assert statistics.recent().reward == 16.0
    assert statistics.recent().terms == {}
    assert (statistics.episodes, statistics.laps) == (6, 1)


def test_a_rate_is_of_the_last_seconds():
    rate = Rate(5.0)
    assert rate.add(0.0, 0) == 0.0
    assert rate.add(2.0, 200) == 100.0
    assert rate.add(4.0, 400) == 100.0
    assert rate.add(100.0, 500) == pytest.approx(100 / 96)  # a long pause counts
    assert rate.add(102.0, 900) == pytest.approx(500 / 98)
    assert rate.add(106.0, 1300) == pytest.approx(800 / 6)  # from 100 s on
    assert rate.value == pytest.approx(800 / 6)
