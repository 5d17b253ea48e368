# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""The trial drive meets what a training meets, and the review names what DeepRacer refuses."""

import math

import pytest

from deepracer_ros.race.catalogue import find_tracks
from deepracer_ros.race.config import ObstaclesConfig, RaceConfig
from deepracer_ros.rewards.function import RewardFunction
from deepracer_ros.rewards.review import review
from deepracer_ros.rewards.reward import find_reward
from deepracer_ros.rewards.source import RewardError
from deepracer_ros.rewards.trial import try_reward

OVAL = find_tracks(["oval"])
NOTE = """
SEEN = set()
def reward_function(params):
    if params["is_offtrack"]:
        SEEN.add("off the track")
    if params["is_crashed"]:
        SEEN.add("crashed")
    if params["is_reversed"]:
        SEEN.add("reversed")
    if params["progress"] == 100.0:
        SEEN.add("finish")
    if params["progress"] < -1.0:
        SEEN.add("backwards")
    if params["steps"] == 2:
        SEEN.add("start")
    if 40.0 < params["progress"] < 60.0:
        SEEN.add("middle")
    return 2.0
"""


@pytest.fixture
def written(tmp_path):
    """Return the reward of a file with this text."""

    def write(text):
        path = tmp_path / "reward.py"
        path.write_text(text)
        return RewardFunction(path)

    return write


def seen(reward):
    return set().union(*(function.__globals__["SEEN"] for function in reward._functions))


def test_a_trial_drive_meets_every_situation(written):
    reward = written(NOTE)
    drive = try_reward(reward, OVAL)
    assert seen(reward) == {"off the track", "reversed", "finish", "backwards", "start", "middle"}
    assert drive.endings == ("immobilized", "lap_complete", "off_track", "reversed")
    assert (drive.least, drive.greatest, drive.mean) == (2.0, 2.0, 2.0)
    assert drive.calls > 5 * 40
    assert 0.0 < drive.seconds < 1e-3


def test_in_a_race_with_objects_it_meets_those_too(written):
    reward = written(NOTE)
    race = RaceConfig("object_avoidance", obstacles=ObstaclesConfig(3))
    assert "crashed" in try_reward(reward, OVAL, race=race).endings
    assert "crashed" in seen(reward)


def test_heats_and_terms_are_tried_too():
    drive = try_reward(find_reward({"progress": 1.0}), OVAL, race=RaceConfig("head_to_head", cars=3))
    assert drive.greatest > 0.0 > drive.least


def test_a_function_that_fails_off_the_track_is_named(written):
    reward = written("def reward_function(params):\n    return 1 / (not params['is_offtrack'])\n")
    with pytest.raises(RewardError, match=r"reward.py:2: ZeroDivisionError: division by zero at steps \d+"):
        try_reward(reward, OVAL)


def test_a_slow_function_ends_the_drive(written, monkeypatch):
    monkeypatch.setattr("deepracer_ros.rewards.trial.SECONDS", 0.0)
    drive = try_reward(written("def reward_function(params):\n    return 1.0\n"), OVAL)
    assert drive.calls == 0
    assert math.isnan(drive.mean)


def test_a_review_names_what_deepracer_refuses(tmp_path):
    path = tmp_path / "reward.py"
    path.write_text(
        "import math, os.path\nfrom numpy.linalg import norm\nimport time\n"
        "def reward_function(params):\n    open('x')\n    return time.time()\n"
    )
    assert [(finding.line, finding.text.split(":")[0]) for finding in review(path)] == [
        (1, "import of os.path"), (3, "import of time"), (5, "call of open"), (6, "call of time.time"),
    ]  # fmt: skip
