# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""`deepracer status`: how a run stands, from its Redis alone."""

import json
import socket

import numpy as np
import pytest

from deepracer_ros.cli import status
from deepracer_ros.cli.main import main
from deepracer_ros.experience.bulletin import Bulletin
from deepracer_ros.experience.segment import Segment
from deepracer_ros.experience.writer import ExperienceWriter
from deepracer_ros.run.progress import ProgressRecord, encode_record
from deepracer_ros.run.state import StateFile
from deepracer_ros.simulation.sensors import CAMERA

RUN, STEPS = "status-run", 4
RECORD = ProgressRecord(
    env_steps=1280, seconds=12.5, mean_reward=1.0, mean_progress=50.0, lap_rate=0.5, laps_completed=3, episodes=9,
    steps_per_second=1234.0, model_version=7, staleness=1.5,
)  # fmt: skip


def segment(sequence):
    zeros, ones = np.zeros(STEPS, np.uint8), np.ones(STEPS, np.float32)
    return Segment(
        observations={CAMERA: np.zeros((STEPS + 1, 8, 8), np.uint8)}, steering=ones, speed=ones, reward=ones,
        log_probability=ones, progress=ones, terminated=zeros, truncated=zeros, valid=zeros + 1, model_version=1,
        track="oval", worker="worker", car=0, sequence=sequence, terms={"progress": ones},
    )  # fmt: skip


@pytest.fixture
def told(redis_server, tmp_path, monkeypatch):
    """A run that has told something; the folder has no runs."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(status, "SAMPLE_SECONDS", 0.05)
    bulletin = Bulletin(redis_server.url, RUN)
    bulletin.tell("running")
    bulletin.record(encode_record(RECORD))
    writer = ExperienceWriter(redis_server.url, RUN, 1 << 20, label="job 3")
    writer.counts.dropped = 2
    for sequence in range(3):
        assert writer.append([segment(sequence)])
    yield bulletin
    writer.close()
    bulletin.close()


def test_it_shows_phase_progress_experience_and_jobs(told, redis_server, capsys):
    assert main(["status", RUN, "--redis", redis_server.tcp_url]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == f"run {RUN}: running"
    assert lines[1] == "1280 steps trained in 12 s, 1234/s, staleness 1.5, model 7"
    assert lines[2].startswith("experience: 3 segments held")
    assert lines[3] == f"job 3 on {socket.gethostname()}: 0.0 segments/s, 0.00 MB/s, 2 dropped"


def test_json_has_the_same(told, redis_server, capsys):
    told.tell("failed", "the loss is NaN")
    assert main(["status", RUN, "--json", "--redis", redis_server.tcp_url]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["phase"], found["words"]) == ("failed", "the loss is NaN")
    assert found["progress"]["env_steps"] == 1280
    assert found["jobs"]["job 3"]["segments"] == 2  # of the appends before the last
    assert found["experience"]["segments"] >= 3


def test_a_run_that_nobody_knows_has_not_begun(told, redis_server, capsys):
    assert main(["status", "unheard", "--redis", redis_server.tcp_url]) == 0
    assert capsys.readouterr().out.startswith("run unheard: not begun\n")


def test_without_a_server_it_is_one_line(told, capsys):
    assert main(["status", RUN]) == 2
    assert (
        "found no run folder with services.json, expected one, or the Redis server by --redis"
        in capsys.readouterr().err
    )
    assert main(["status", RUN, "--redis", "redis://127.0.0.1:1"]) == 2
    assert "redis://127.0.0.1:1: no success within 2 s" in capsys.readouterr().err


def test_a_run_that_has_ended_needs_no_server(told, tmp_path, capsys):
    folder = tmp_path / "runs" / "ended"
    folder.mkdir(parents=True)
    StateFile(folder / "state.json").write("stopped", "the disk is full")
    (folder / "progress.jsonl").write_bytes(encode_record(RECORD) + b"\n")
    assert main(["status", "ended"]) == 0
    lines = ["run ended: stopped: the disk is full", "1280 steps trained in 12 s, 1234/s, staleness 1.5, model 7"]
    assert capsys.readouterr().out.splitlines() == lines
    assert main(["status", "runs/ended", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["phase"] == "stopped"
