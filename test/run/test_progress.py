# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""The progress file survives kills, full disks and resumptions."""

import dataclasses
import json
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from deepracer_ros.errors import InputError
from deepracer_ros.run.progress import EvaluationPoint, ProgressLog, ProgressRecord, ProgressTail, read_progress

Limit = Callable[[int], AbstractContextManager[None]]


def record(env_steps: int) -> ProgressRecord:
    """A record with one number that is not finite."""
    return ProgressRecord(
        env_steps=env_steps,
        seconds=env_steps / 4000,
        mean_reward=12.5,
        mean_progress=40.0,
        lap_rate=None,
        laps_completed=3,
        episodes=20,
        steps_per_second=4000.0,
        model_version=7,
        losses={"policy_loss": 0.1, "value_loss": None},
        reward_terms={"progress": 14.5, "failure": -2.0},
        evaluation=EvaluationPoint(env_steps=4096, seconds=1.0, laps_completed=7, laps_attempted=10),
    )


def test_what_is_appended_is_read_again(tmp_path: Path) -> None:
    path = tmp_path / "progress.jsonl"
    with ProgressLog(path, resumed_at=0) as log:
        log.write(record(100))
        log.write(record(200))
    assert read_progress(path) == [record(100), record(200)]
    assert json.loads(path.read_text().splitlines()[0])["evaluation"]["laps_completed"] == 7


def test_a_resumption_that_drops_nothing_leaves_the_file(tmp_path: Path) -> None:
    path = tmp_path / "progress.jsonl"
    with ProgressLog(path, resumed_at=0) as log:
        log.write(record(100))
    before = path.stat().st_ino
    with ProgressLog(path, resumed_at=100) as log:
        log.write(record(200))
    assert path.stat().st_ino == before
    assert read_progress(path) == [record(100), record(200)]


def test_an_absent_file_holds_nothing(tmp_path: Path) -> None:
    assert read_progress(tmp_path / "progress.jsonl") == []


def test_loss_that_is_not_finite_is_null(tmp_path: Path) -> None:
    path = tmp_path / "progress.jsonl"
    with ProgressLog(path, resumed_at=0) as log:
        log.write(dataclasses.replace(record(100), losses={"value_loss": float("nan")}))
    assert read_progress(path)[0].losses == {"value_loss": None}


def test_torn_last_line_is_left_out_and_not_glued_to_the_next(tmp_path: Path) -> None:
    path = tmp_path / "progress.jsonl"
    with ProgressLog(path, resumed_at=0) as log:
        log.write(record(100))
        log.write(record(200))
    path.write_bytes(path.read_bytes()[:-30])
    assert read_progress(path) == [record(100)]
    with ProgressLog(path, resumed_at=100) as log:
        log.write(record(150))
    assert read_progress(path) == [record(100), record(150)]


def test_resumption_drops_what_it_does_again(tmp_path: Path) -> None:
    path = tmp_path / "progress.jsonl"
    with ProgressLog(path, resumed_at=0) as log:
        for env_steps in (100, 200, 300):
            log.write(record(env_steps))
    with ProgressLog(path, resumed_at=200) as log:
        log.write(record(310))
    assert [r.env_steps for r in read_progress(path)] == [100, 200, 310]


def test_full_disk_leaves_whole_lines(tmp_path: Path, full_at: Limit) -> None:
    path = tmp_path / "progress.jsonl"
    with ProgressLog(path, resumed_at=0) as log:
        log.write(record(100))
        size = path.stat().st_size
        with full_at(size + 50), pytest.raises(InputError, match=r"progress\.jsonl: cannot be written"):
            log.write(record(200))
        assert path.stat().st_size == size
        log.write(record(300))
    assert [r.env_steps for r in read_progress(path)] == [100, 300]


def test_damage_in_the_middle_is_named(tmp_path: Path) -> None:
    path = tmp_path / "progress.jsonl"
    path.write_text("{}x\n{}\n")
    with pytest.raises(InputError, match=r"progress\.jsonl:1: found b'\{\}x', expected a JSON object"):
        read_progress(path)
    path.write_text('{"steps": 1}\n')
    with pytest.raises(InputError, match=r"progress\.jsonl:1: unknown key 'steps'"):
        read_progress(path)


def test_tail_reads_what_is_new_and_all_after_a_resumption(tmp_path: Path) -> None:
    path = tmp_path / "progress.jsonl"
    tail = ProgressTail(path)
    assert tail.read() == []
    with ProgressLog(path, resumed_at=0) as log:
        log.write(record(100))
        log.write(record(200))
        assert tail.read() == [record(100), record(200)]
        assert tail.read() == []
        line = path.read_bytes().splitlines(keepends=True)[0]
        with path.open("ab") as file:
            file.write(line[:50])
        assert tail.read() == []
        with path.open("ab") as file:
            file.write(line[50:])
        assert tail.read() == [record(100)]
    with ProgressLog(path, resumed_at=100) as log:
        log.write(record(150))
    assert tail.read() == [record(100), record(100), record(150)]
