# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""Traces of DeepRacer are read from CSV files and from logs, and what is none is named."""

import numpy as np
import pytest

from deepracer_ros.errors import InputError
from deepracer_ros.formats.simtrace import HEADER, EpisodeTrace, to_csv
from deepracer_ros.formats.traces import COLUMNS, read_traces, sim_trace_log
from deepracer_ros.race.status import Status


def episode(number, reward=1.0, steps=4, ending=Status.OFF_TRACK, action=None):
    """Return the trace of an episode that drives 0.1 m a step along x."""
    count = np.arange(steps, dtype=float)
    return EpisodeTrace(
        episode=number, x=0.1 * count, y=0 * count, yaw=0 * count, steering=0 * count + 5.0, speed=0 * count + 1.5,
        action=action, reward=np.array([0.0] + [reward] * (steps - 1)),
        status=np.array([Status.PREPARE] + [Status.IN_PROGRESS] * (steps - 2) + [ending]),
        all_wheels_on_track=np.ones(steps, bool), progress=10.0 * count, waypoint=np.arange(steps),
        clock=count / 15, track_length=16.0, wall_clock=1000.0,
    )  # fmt: skip


def put(folder, iteration, *episodes):
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{iteration}-iteration.csv").write_text(HEADER + "\n" + to_csv(episodes))


def test_csv_files_of_one_worker(tmp_path):
    put(tmp_path / "training-simtrace", 10, episode(3))
    put(tmp_path / "training-simtrace", 2, episode(0), episode(1, reward=2.0, ending=Status.LAP_COMPLETE))
    put(tmp_path / "evaluation-20260101000000" / "evaluation-simtrace", 0, episode(0))
    found = read_traces(tmp_path)
    assert [(one.worker, one.iteration, one.episode, one.status) for one in found] == [
        ("", 2, 0, "off_track"), ("", 2, 1, "lap_complete"), ("", 10, 3, "off_track"),
    ]  # fmt: skip
    assert (found[1].reward, found[1].progress, found[1].is_lap) == (6.0, 30.0, True)
    assert found[0].seconds == pytest.approx(3 / 15)
    assert found[0].column("X") == pytest.approx([0.0, 0.1, 0.2, 0.3])


def test_csv_files_of_several_workers(tmp_path):
    for worker in (0, 1):
        put(tmp_path / str(worker) / "training-simtrace", 0, episode(0))
    assert [one.worker for one in read_traces(tmp_path)] == ["0", "1"]


@pytest.mark.parametrize("action", [None, np.array([3, 3, 3, 3])], ids=["continuous", "discrete"])
def test_log_lines_say_the_same(tmp_path, action):
    put(tmp_path / "run" / "training-simtrace", 0, episode(0, action=action), episode(1, action=action))
    lines = sim_trace_log(tmp_path / "run", 100)
    assert lines[0].startswith("SIM_TRACE_LOG:0,1,0.0000,0.0000,0.0000,5.00,1.50,")
    assert len(lines[0].split(",")) == 19
    assert sim_trace_log(tmp_path / "run", 3) == lines[-3:]
    (tmp_path / "log").mkdir()
    text = "".join(f"[agent-9] {line}\tmore\nsomething else\n" for line in lines)
    (tmp_path / "log" / "training.log").write_text(text)
    found = read_traces(tmp_path / "log")
    assert [(one.episode, one.status, len(one.steps)) for one in found] == [(0, "off_track", 4), (1, "off_track", 4)]
    assert found[0].reward == 3.0


def test_what_is_no_trace_is_named(tmp_path):
    with pytest.raises(InputError, match="found no training-simtrace/N-iteration.csv and no log"):
        read_traces(tmp_path)
    path = tmp_path / "training-simtrace" / "0-iteration.csv"
    path.parent.mkdir()
    path.write_text("a,b\n1,2\n")
    with pytest.raises(InputError, match="0-iteration.csv: found no column episode, expected a simtrace"):
        read_traces(tmp_path)
    path.write_text(",".join(("episode", "episode_status", *COLUMNS)) + "\n0,prepare,much\n")
    with pytest.raises(InputError, match="0-iteration.csv:2: found .*much.*, expected a step of a trace"):
        read_traces(tmp_path)
