# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""Traces and metrics of episodes, read again by deepracer-utils, are what was driven."""

import csv
import json
from dataclasses import replace

import numpy as np
import pytest

from deepracer_ros.formats.simtrace import training_metrics
from deepracer_ros.race.actions import make_action_coder
from deepracer_ros.race.config import RecoveryConfig
from deepracer_ros.race.status import Status
from deepracer_ros.simulation.evaluation import evaluate
from deepracer_ros.simulation.factory import make_environment, make_evaluation
from deepracer_ros.simulation.sensors import TRACE, TRACE_NUMBERS
from deepracer_ros.training.config import read_config
from deepracer_ros.training.evaluation_trace import TracedCourse
from deepracer_ros.training.iteration import Iteration, Part
from deepracer_ros.training.tracing import TraceFiles

LENGTH, CARS = 8, 3
CONTINUOUS = {"type": "continuous"}
DISCRETE = {"type": "discrete", "steering_angles": [-20.0, 0.0, 20.0], "speeds": [1.0, 2.0]}


def make_config(actions=CONTINUOUS, jobs=1):
    return read_config(
        {"tracks": ["oval"], "jobs": jobs, "actions": actions, "sensors": ["FRONT_FACING_CAMERA", "state", "trace"]},
        "test",
    )


def drive(config, job, seed, updates=12):
    """Drive random actions; yield the parts of each update, and after them the episodes that ended by car."""
    environment = make_environment(replace(config, reward={"progress": 1.0}), config.tracks, CARS, seed)
    coder, random = make_action_coder(config.actions), np.random.default_rng(seed)
    outcome, parts = environment.reset(), []
    trace = [outcome.observations[TRACE]]
    for sequence in range(updates):
        actions = []
        for _ in range(LENGTH):
            if config.actions.type == "continuous":
                chosen = random.random((CARS, 2)).astype(np.float32)
            else:
                chosen = random.integers(0, len(coder), (CARS, 1)).astype(np.float32)
            steering, speed = coder.decode(chosen)
            outcome = environment.step(steering, speed)
            trace.append(outcome.observations[TRACE])
            actions.append(np.stack([steering, speed, outcome.verdict.reward], axis=1))
        for car in range(CARS):
            taken = np.stack([row[car] for row in actions])
            first = [*taken[0, :2], 0.0]
            rows = np.concatenate([np.stack([row[car] for row in trace]), np.vstack([first, taken])], axis=1)
            part = Part(job, (f"job{job}-abc", car), sequence, "oval", rows)
            parts.append((sequence, part))
        trace = trace[-1:]
    environment.close()
    return parts


def episodes_of(parts):
    """Return the rewards of each whole episode, by hand."""
    found = []
    for car in sorted({part.car for _, part in parts}):
        rewards = None
        for _, part in (item for item in parts if item[1].car == car):
            if part.sequence == 0:
                rewards = [0.0]
            for row in part.rows[1:]:
                status = int(row[TRACE_NUMBERS.index("status")])
                if status == Status.PREPARE:
                    rewards = [0.0]
                    continue
                rewards.append(row[-1])
                if status > Status.IN_PROGRESS:
                    found.append((len(rewards), sum(rewards), row[TRACE_NUMBERS.index("progress")]))
    return sorted(found)


def write(folder, config, parts):
    files = TraceFiles(folder, config)
    for number in sorted({sequence for sequence, _ in parts}):
        files.write(Iteration(number + 1, [part for sequence, part in parts if sequence == number]))
    files.close()


@pytest.mark.parametrize("actions", [CONTINUOUS, DISCRETE], ids=["continuous", "discrete"])
@pytest.mark.parametrize("jobs", [1, 2])
def test_deepracer_utils_reads_what_was_driven(tmp_path, actions, jobs):
    logs = pytest.importorskip("deepracer.logs", reason="no deepracer-utils: pip install '.[dev]'")
    config = make_config(actions, jobs)
    parts = [item for job in range(jobs) for item in drive(config, job, seed=job)]
    write(tmp_path, config, parts)
    expected = episodes_of(parts)
    assert len(expected) > 5 * jobs
    log = logs.DeepRacerLog(str(tmp_path))
    log.load()
    frame = log.dataframe()
    kind = "DRFC_MODEL_MULTIPLE_WORKERS" if jobs > 1 else "DRFC_MODEL_SINGLE_WORKERS"
    assert log.fh.type.name == kind
    assert log.agent_and_network()["sensor_list"] == ["FRONT_FACING_CAMERA"]
    assert log.hyperparameters()["num_epochs"] == config.learning.epochs
    space = log.action_space()
    assert (len(space) == 6) if actions is DISCRETE else (space["speed"] == {"low": 1.0, "high": 3.0})
    groups = frame.groupby(["worker", "episode"] if "worker" in frame else ["episode"])
    found = sorted((len(group), group.reward.sum(), group.progress.iloc[-1]) for _, group in groups)
    assert np.array(found) == pytest.approx(np.array(expected), abs=1e-6)
    assert set(frame.groupby("unique_episode" if jobs > 1 else "episode").steps.first()) == {1.0}
    aggregated = logs.AnalysisUtils.simulation_agg(frame, secondgroup="unique_episode")
    assert len(aggregated) == len(expected)
    if actions is DISCRETE:
        angles = np.array([space[int(action)]["steering_angle"] for action in frame.action])
        assert frame.steering_angle.to_numpy() == pytest.approx(angles)


def test_metrics_are_those_of_the_episodes(tmp_path):
    metrics = pytest.importorskip("deepracer.logs.metrics", reason="no deepracer-utils: pip install '.[dev]'")
    config = make_config()
    parts = drive(config, 0, seed=3)
    write(tmp_path, config, parts)
    path = tmp_path / "metrics" / "TrainingMetrics.json"
    entries = json.loads(path.read_text())["metrics"]
    expected = episodes_of(parts)
    assert sorted(entry["reward_score"] for entry in entries) == sorted(round(reward) for _, reward, _ in expected)
    assert sorted(entry["completion_percentage"] for entry in entries) == sorted(int(item[2]) for item in expected)
    assert {entry["episode_status"] for entry in entries} <= {"Off track", "Immobilized", "Reversed", "Lap complete"}
    for entry in entries:
        assert entry["elapsed_time_in_milliseconds"] == entry["metric_time"] - entry["start_time"] > 0
    assert json.loads(path.read_text())["best_model_metric"] == "progress"
    assert training_metrics([], "lap_time")["best_model_metric"] == "laptime"
    frame = metrics.TrainingMetrics(None, fname=str(path)).getTraining()
    assert len(frame) == len(expected)


def test_a_trace_has_the_form_of_deepracer_s(tmp_path):
    config = make_config()
    write(tmp_path, config, drive(config, 0, seed=4))
    path = min((tmp_path / "training-simtrace").iterdir())
    rows = list(csv.DictReader(path.open()))
    assert (rows[0]["steps"], rows[0]["episode_status"], rows[0]["reward"], rows[0]["done"]) == (
        "1.0",
        "prepare",
        "0.0",
        "False",
    )
    last = [row for row in rows if row["episode"] == rows[0]["episode"]][-1]
    assert last["done"] == "True"
    assert rows[1]["action"] == f"[{rows[1]['steer']} {rows[1]['throttle']}]"
    assert float(rows[1]["tstamp"]) - float(rows[0]["tstamp"]) == pytest.approx(1 / 15)
    assert -180.0 <= float(rows[0]["yaw"]) <= 180.0


def test_an_episode_with_a_missing_segment_is_left_out(tmp_path):
    config = make_config()
    parts = drive(config, 0, seed=5)
    whole, first = episodes_of(parts), parts[0][1].car
    write(tmp_path / "whole", config, parts)
    lost = [item for item in parts if not (item[1].car == first and item[0] == 1)]
    write(tmp_path / "lost", config, lost)

    def count(name):
        return len(json.loads((tmp_path / name / "metrics" / "TrainingMetrics.json").read_text())["metrics"])

    assert count("whole") == len(whole)
    assert 0 < count("lost") < len(whole)


def test_old_files_go_and_the_count_goes_on(tmp_path, monkeypatch):
    monkeypatch.setattr("deepracer_ros.training.tracing.MOST_BYTES", 30_000)
    monkeypatch.setattr("deepracer_ros.formats.hyperparameters.SEGMENTS_PER_EPISODE", 32)  # two episodes in a file
    config = make_config()
    parts = drive(config, 0, seed=6, updates=20)
    write(tmp_path, config, parts)
    names = [path.name for path in (tmp_path / "training-simtrace").iterdir()]
    assert sum(path.stat().st_size for path in (tmp_path / "training-simtrace").iterdir()) <= 30_000
    assert names
    assert "0-iteration.csv" not in names
    entries = json.loads((tmp_path / "metrics" / "TrainingMetrics.json").read_text())["metrics"]
    write(tmp_path, config, drive(config, 0, seed=7))
    more = json.loads((tmp_path / "metrics" / "TrainingMetrics.json").read_text())["metrics"]
    assert more[: len(entries)] == entries
    assert [entry["episode"] for entry in more] == list(range(1, len(more) + 1))


def test_a_file_that_is_not_full_goes_on(tmp_path):
    config = make_config()
    write(tmp_path, config, drive(config, 0, seed=8, updates=6))
    folder = tmp_path / "training-simtrace"
    (only,) = folder.iterdir()
    before = only.read_text()
    write(tmp_path, config, drive(config, 0, seed=9, updates=6))
    rows = [row for path in sorted(folder.iterdir()) for row in csv.DictReader(path.open())]
    assert only.read_text().startswith(before)
    assert [int(row["episode"]) for row in rows] == sorted(int(row["episode"]) for row in rows)
    numbers = {int(row["episode"]) for row in rows}
    assert numbers == set(range(len(numbers)))


def test_deepracer_utils_reads_an_evaluation(tmp_path):
    logs = pytest.importorskip("deepracer.logs", reason="no deepracer-utils: pip install '.[dev]'")
    config = make_config()
    write(tmp_path, config, drive(config, 0, seed=1, updates=4))
    course = TracedCourse(make_evaluation(config, ["oval"], 3))
    evaluation = evaluate(course, lambda seen: (np.full(3, 0.1), np.array([1.0, 2.0, 0.0])))
    _, metrics = course.write(tmp_path, config, ["oval"])
    log = logs.DeepRacerLog(str(tmp_path))
    log.load_evaluation_trace()
    frame = log.dataframe()
    found = [
        (len(group), group.progress.iloc[-1], group.episode_status.iloc[-1]) for _, group in frame.groupby("episode")
    ]
    expected = [(attempt.steps + 1, attempt.progress, attempt.status.name.lower()) for attempt in evaluation.attempts]
    assert [row[::2] for row in found] == [row[::2] for row in expected]
    assert [row[1] for row in found] == pytest.approx([row[1] for row in expected])
    entries = json.loads(metrics.read_text())["metrics"]
    assert [entry["trial"] for entry in entries] == [1, 2, 3]
    assert [entry["immobilized_count"] for entry in entries] == [0, 0, 1]
    assert [entry["off_track_count"] for entry in entries] == [1, 1, 0]


def test_deepracer_utils_reads_continuous_laps_with_resets(tmp_path):
    logs = pytest.importorskip("deepracer.logs", reason="no deepracer-utils: pip install '.[dev]'")
    config = make_config()
    recovery = RecoveryConfig(resets=3, off_track_penalty=2.0)
    config = replace(config, race=replace(config.race, laps=2), referee=replace(config.referee, recovery=recovery))
    write(tmp_path, config, drive(config, 0, seed=1, updates=4))
    environment = make_evaluation(config, ["oval"], 1)
    course = TracedCourse(environment)

    def follow(seen):
        state = environment.referee.episodes
        steering = 0.17 * state.curvature - 1.0 * state.offset - 1.0 * state.heading_error
        # To the right until it has left the road once.
        return np.where(state.resets == 0, -0.5, steering.clip(-0.5, 0.5)), np.full(1, 1.5)

    evaluation = evaluate(course, follow)
    (attempt,) = evaluation.attempts
    assert attempt.completed
    assert len(attempt.lap_times) == 2
    assert attempt.failures
    assert set(attempt.failures) == {Status.OFF_TRACK}
    _, metrics = course.write(tmp_path, config, ["oval"])
    log = logs.DeepRacerLog(str(tmp_path))
    log.load_evaluation_trace()
    frame = log.dataframe()
    assert frame.groupby("episode").size().sum() == attempt.steps + 1
    assert frame.steps.tolist() == list(range(1, attempt.steps + 2))
    assert (frame.episode_status == "pause").sum() == len(attempt.failures)
    assert frame[frame.episode_status == "off_track"].pause_duration.tolist() == pytest.approx(
        [2.0] * len(attempt.failures)
    )
    assert frame.done.astype(str).tolist().count("True") == 1
    first, second = json.loads(metrics.read_text())["metrics"]
    assert (first["reset_count"], second["reset_count"]) == (len(attempt.failures), 0)
    assert (first["off_track_count"], first["completion_percentage"]) == (len(attempt.failures), 100)
    assert (first["episode_status"], second["episode_status"]) == ("In progress", "Lap complete")
    milliseconds = [entry["elapsed_time_in_milliseconds"] for entry in (first, second)]
    assert milliseconds == pytest.approx([1000.0 * time for time in attempt.lap_times], abs=68.0)
