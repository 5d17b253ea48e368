# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""The steps of a log get from the reward that they were driven with the rewards of the log."""

from dataclasses import replace

import numpy as np
import pytest

from deepracer_ros.cli.main import main
from deepracer_ros.errors import InputError
from deepracer_ros.formats.simtrace import HEADER, to_csv
from deepracer_ros.formats.traces import read_traces
from deepracer_ros.race.catalogue import find_tracks
from deepracer_ros.rewards.reward import find_reward
from deepracer_ros.simulation.environment import Environment
from deepracer_ros.simulation.factory import make_environment
from deepracer_ros.simulation.sensors import TRACE
from deepracer_ros.training.config import read_config
from deepracer_ros.training.episodes import Episodes
from deepracer_ros.training.rescoring import rescore

CARS = 4
REWARD = """\
def reward_function(params):
    half = 0.5 * params["track_width"]
    return max(1e-3, 1.0 - params["distance_from_center"] / half) * (0.1 + params["progress"]) / params["steps"]
"""


def drive(environment: Environment, random, steps):
    """Drive at random; return (T, N, 12) rows of a trace, and whether each row ends an episode (T, N)."""
    outcome = environment.reset()
    rows, ended = [], []
    for _ in range(steps):
        trace = outcome.observations[TRACE].copy()
        steering, speed = random.uniform(-0.3, 0.3, CARS), random.uniform(1.0, 2.0, CARS)
        rows.append(np.concatenate([trace, np.stack([steering, speed, outcome.verdict.reward], axis=1)], axis=1))
        ended.append(outcome.verdict.ended)
        outcome = environment.step(steering, speed)
    return np.stack(rows), np.stack(ended)


@pytest.fixture(scope="module")
def logged(tmp_path_factory):
    """The folder of a log that was driven on two tracks, one of them also in reverse, and its reward function."""
    folder = tmp_path_factory.mktemp("log")
    reward = folder / "reward.py"
    reward.write_text(REWARD)
    values = {
        "tracks": ["oval", "hairpin"], "sensors": ["FRONT_FACING_CAMERA", "trace"], "reward": str(reward),
        "referee": {"start": {"direction": "alternate"}},
    }  # fmt: skip
    config = read_config(values, "test")
    environment = make_environment(config, config.tracks, CARS, seed=1)
    rows, ended = drive(environment, np.random.default_rng(2), 250)
    episodes, traces = Episodes(config), []
    for car, track in enumerate(environment.car_track.tolist()):
        starts = [0, *(np.flatnonzero(ended[:, car]) + 1).tolist()]
        for start, end in zip(starts, starts[1:], strict=False):
            steps = rows[start:end, car]
            # The command in a row of the trace is the one that led there.
            steps[1:, -3:-1] = steps[:-1, -3:-1].copy()
            traces += episodes.traces([(steps, config.tracks[track])])
    environment.close()
    (folder / "training-simtrace").mkdir()
    (folder / "training-simtrace" / "0-iteration.csv").write_text(f"{HEADER}\n{to_csv(traces)}")
    return folder, reward


def test_the_same_reward_gives_the_rewards_of_the_log(logged):
    folder, reward = logged
    episodes = read_traces(folder)
    tracks = find_tracks(["hairpin", "oval"])
    assert len(episodes) > 8
    found = rescore(episodes, tracks, lambda: find_reward(str(reward)))
    for episode, again in zip(episodes, found, strict=True):
        assert again == pytest.approx(episode.column("reward"), abs=1e-6)


def test_a_log_of_another_track_is_named(logged):
    folder, _ = logged
    episode = read_traces(folder)[0]
    with pytest.raises(InputError, match=r"--track: found esses .*, expected the track of the log, which is \d+"):
        rescore([episode], find_tracks(["esses"]), lambda: find_reward({"progress": 1.0}))
    short = replace(episode, steps=episode.steps[:1])
    assert rescore([short], find_tracks(["oval", "hairpin"]), lambda: find_reward({"progress": 1.0}))[0].tolist() == [0]


def test_the_command_draws_both_rewards(logged, tmp_path, capsys):
    folder, _ = logged
    other = tmp_path / "other.py"
    other.write_text("def reward_function(params):\n    return 2.0 * params['steps']\n")
    arguments = ["analyse", str(folder), "--reward", str(other), "--output"]
    assert main([*arguments, str(tmp_path / "a"), "--track", "oval,hairpin"]) == 0
    assert "other reward" in capsys.readouterr().out
    assert (tmp_path / "a" / "other_reward.png").stat().st_size > 1000
    assert main([*arguments, str(tmp_path / "b")]) == 2
    assert "expected --track NAME" in capsys.readouterr().err
    assert not (tmp_path / "b").exists()
