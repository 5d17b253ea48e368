# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""Sinks cannot stop or slow a training: they lose records, which is counted and said."""

import threading
import time

import pytest

from deepracer_ros.errors import InputError
from deepracer_ros.run import sinks
from deepracer_ros.run.folder import RunFolder
from deepracer_ros.run.progress import ProgressRecord, read_progress
from deepracer_ros.run.sinks import SINKS, Sinks, check_sinks

MANY = 3 * sinks.WAITING_RECORDS


def record(env_steps):
    return ProgressRecord(env_steps, 1.0, None, None, None, 0, 0, 0.0, 0)


class Kept:
    """A second sink: it keeps the records. Its one line of registration is in `kept`."""

    def __init__(self):
        self.records, self.closed, self.gate = [], threading.Event(), threading.Event()
        self.gate.set()

    def write(self, record):
        self.gate.wait()
        self.records.append(record)

    def close(self):
        self.closed.set()


@pytest.fixture
def kept(monkeypatch):
    sink = Kept()
    monkeypatch.setitem(SINKS, "kept", lambda folder, resumed_at: sink)
    return sink


@pytest.fixture
def folder(tmp_path):
    return RunFolder(tmp_path)


def steps(records):
    return [record.env_steps for record in records]


def test_every_sink_is_told_the_same_in_order_and_closed(folder, kept):
    with Sinks(folder, 0, ["kept", "tensorboard", "kept"]) as opened:
        for number in range(5):
            opened.write(record(number))
    assert steps(kept.records) == steps(read_progress(folder.progress)) == [0, 1, 2, 3, 4]
    assert kept.closed.is_set()
    assert list(folder.tensorboard.iterdir())
    assert (opened.lost, opened.trouble) == ({}, "")


def test_one_that_blocks_for_ever_costs_its_records_and_a_bounded_wait(folder, kept):
    kept.gate.clear()
    opened = Sinks(folder, 0, ["kept"])
    began = time.monotonic()
    for number in range(MANY):
        opened.write(record(number))
        if number % 16 == 0:  # the progress log, which does not block, must keep up
            until(lambda number=number: len(read_progress(folder.progress)) > number)
    assert opened.trouble.startswith("kept: is slow: 64 records wait (")
    opened.close(0.3)
    assert time.monotonic() - began < 10.0
    assert opened.lost == {"kept": MANY}
    assert len(read_progress(folder.progress)) == MANY
    kept.gate.set()


def until(condition, seconds=10.0):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.001)


def test_one_that_is_slow_loses_what_does_not_fit(folder, kept):
    opened = Sinks(folder, 0, ["kept"])
    opened.write(record(0))
    until(lambda: len(kept.records) == 1)
    kept.gate.clear()
    opened.write(record(1))
    slow = next(sink for sink in opened._sinks if sink.name == "kept")
    until(slow._queue.empty)  # it has the record in hand, and waits
    for number in range(2, 2 + MANY):
        opened.write(record(number))
    kept.gate.set()
    opened.close()
    assert opened.lost["kept"] == MANY - sinks.WAITING_RECORDS
    assert steps(kept.records) == list(range(2 + sinks.WAITING_RECORDS))
    assert kept.closed.is_set()


class Raising(Kept):
    """Raises at every second record, and when it is closed."""

    def write(self, record):
        super().write(record)
        if record.env_steps % 2:
            raise ZeroDivisionError("no\nway")

    def close(self):
        raise OSError("also not")


def test_one_that_raises_is_counted_said_and_told_the_next(folder, monkeypatch):
    sink = Raising()
    monkeypatch.setitem(SINKS, "raising", lambda folder, resumed_at: sink)
    opened = Sinks(folder, 0, ["raising"])
    for number in range(6):
        opened.write(record(number))
    until(lambda: len(sink.records) == 6)
    until(lambda: opened.trouble == "raising: ZeroDivisionError: no way (3 lost)")
    opened.close()
    assert opened.lost == {"raising": 3}
    assert opened.trouble == "raising: OSError: also not (3 lost)"
    assert len(read_progress(folder.progress)) == 6


def test_one_that_cannot_be_opened_is_tried_again(folder, kept, monkeypatch):
    tries = []

    def factory(folder, resumed_at):
        tries.append(resumed_at)
        if len(tries) < 4:
            raise InputError("kept: away")
        return kept

    monkeypatch.setitem(SINKS, "kept", factory)
    opened = Sinks(folder, 128, ["kept"])
    until(lambda: opened.trouble == "kept: kept: away (0 lost)")
    for number in range(4):
        opened.write(record(number))
    opened.close()
    assert tries == [128] * 4
    assert steps(kept.records) == [2, 3]
    assert opened.lost == {"kept": 2}
    assert opened.trouble == ""


def test_a_full_disk_costs_lines_and_nothing_else(folder, full_at):
    opened = Sinks(folder, 0, [])
    opened.write(record(1))
    until(lambda: len(read_progress(folder.progress)) == 1)
    with full_at(folder.progress.stat().st_size + 10):
        opened.write(record(2))
        until(lambda: "cannot be written" in opened.trouble)
    opened.write(record(3))
    opened.close()
    assert steps(read_progress(folder.progress)) == [1, 3]
    assert opened.lost == {"progress log": 1}


def test_an_unknown_one_is_named():
    with pytest.raises(InputError, match="trainer.sinks: found 'cloud', expected one of tensorboard"):
        check_sinks(["tensorboard", "cloud"])
