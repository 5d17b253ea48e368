# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""TensorBoard's event files."""

import struct

import pytest
from tensorboardX.proto.event_pb2 import Event, SessionLog

from deepracer_ros.errors import InputError
from deepracer_ros.run.progress import EvaluationPoint, ProgressRecord
from deepracer_ros.run.tensorboard import TensorBoardLog


def record(env_steps, evaluation=None):
    losses = {"policy_loss": 0.5, "value_loss": None}
    terms = {"progress": 14.5, "failure": -2.0}
    return ProgressRecord(
        env_steps, 1.0, 12.5, 40.0, 0.25, 3, 20, 4000.0, 7, losses=losses, evaluation=evaluation, reward_terms=terms
    )


def read(folder):
    """Return the events of all files, oldest file first."""
    events = []
    for path in sorted(folder.iterdir(), key=lambda path: path.stat().st_mtime_ns):
        content = path.read_bytes()
        while content:  # a record: length, its checksum, the event, its checksum
            (length,) = struct.unpack("<Q", content[:8])
            events.append(Event.FromString(content[12 : 12 + length]))
            content = content[16 + length :]
    return events


def scalars(event):
    return {value.tag: value.simple_value for value in event.summary.value}


def test_scalars_have_the_usual_tags(tmp_path):
    with TensorBoardLog(tmp_path / "tensorboard", resumed_at=0) as log:
        log.write(record(4096))
    event = read(tmp_path / "tensorboard")[-1]
    found = scalars(event)
    assert event.step == 4096
    assert found["charts/episodic_return"] == 12.5
    assert found["charts/SPS"] == 4000.0
    assert found["losses/policy_loss"] == 0.5
    assert found["race/progress"] == 40.0
    assert found["race/laps"] == 3
    assert (found["reward/progress"], found["reward/failure"]) == (14.5, -2.0)
    assert "losses/value_loss" not in found


def test_an_evaluation_is_written_once_where_it_was_made(tmp_path):
    point = EvaluationPoint(env_steps=4000, seconds=1.0, laps_completed=7, laps_attempted=10)
    with TensorBoardLog(tmp_path, resumed_at=0) as log:
        log.write(record(4096, point))
        log.write(record(8192, point))
    made = [event for event in read(tmp_path) if "race/evaluation_lap_rate" in scalars(event)]
    assert [(event.step, scalars(event)["race/evaluation_lap_rate"]) for event in made] == [(4000, pytest.approx(0.7))]


def test_events_are_on_disk_at_once_and_a_resumption_says_where_it_goes_on(tmp_path):
    first = TensorBoardLog(tmp_path, resumed_at=0)
    first.write(record(4096))
    first.write(record(8192))
    assert read(tmp_path)[-1].step == 8192
    with TensorBoardLog(tmp_path, resumed_at=4096) as log:
        log.write(record(8192))
    first.close()
    starts = [event.step for event in read(tmp_path) if event.session_log.status == SessionLog.START]
    assert sorted(starts) == [0, 4096]


def test_full_disk_is_one_line_and_blocks_nobody(tmp_path, full_at):
    with TensorBoardLog(tmp_path, resumed_at=0) as log:
        log.write(record(1))
        with full_at(1000), pytest.raises(InputError, match="cannot be written"):
            for step in range(2, 100):
                log.write(record(step))
