# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""Checkpoint stores: one suite of the contract for files, S3 and memory; and what only files can suffer."""

import signal
import subprocess
import sys

import numpy as np
import pytest

from deepracer_ros.errors import InputError
from deepracer_ros.moments import VARIABLE
from deepracer_ros.run.checkpoint import Checkpoint, FileCheckpoints, Progress, read_checkpoint

PROGRESS = Progress(
    version=4, updates=5, env_steps=640, seconds=2.5, episodes=9, laps=2, consumed=("w:0:1", "w:1:1"),
    best=(3.0, 100.0, -9.5), seconds_to_all_laps=2.25,
)  # fmt: skip


def state(value=1.0):
    """Arrays of several types and shapes, one of them not contiguous."""
    return {
        "weight/a": np.full((2, 3), value, np.float32),
        "rng": np.arange(16, dtype=np.uint8)[::2],
        "step": np.array(7.0, np.float32),
        "moment": np.arange(6, dtype=np.float64).reshape(2, 3).T,
        "none": np.zeros(0, np.uint8),
    }


class MemoryCheckpoints:
    """A third store, in memory."""

    epoch, held = 0, set()

    def __init__(self, name, kept):
        if name in self.held:
            raise InputError(f"{name}: another trainer works on this run")
        self.held.add(name)
        self._name, self._kept = name, kept

    def check(self):
        pass

    def load(self):
        return self._kept.get(self._name)

    def save(self, arrays, progress):
        copies = {name: np.array(array) for name, array in arrays.items()}
        self._kept[self._name] = Checkpoint(copies, progress)

    def close(self):
        self.held.discard(self._name)


@pytest.fixture(params=["files", "memory", "bucket"])
def open_store(request, tmp_path):
    """Open the store of one run, again and again."""
    kept, opened = {}, []
    makers = {
        "files": lambda: FileCheckpoints(tmp_path / "checkpoint", tmp_path / "lock"),
        "memory": lambda: MemoryCheckpoints("run", kept),
        "bucket": lambda: request.getfixturevalue("open_bucket_store")(),
    }

    def make():
        opened.append(makers[request.param]())
        return opened[-1]

    yield make
    for store in opened:
        store.close()


def same(found, expected):
    assert found.keys() == expected.keys()
    for name, array in expected.items():
        assert found[name].dtype == array.dtype
        np.testing.assert_array_equal(found[name], array)


def test_what_was_saved_is_loaded_by_the_next_one(open_store):
    store = open_store()
    assert store.load() is None
    store.save(state(1.0), Progress(updates=1))
    store.save(state(2.0), PROGRESS)
    store.close()
    found = open_store().load()
    assert found.progress == PROGRESS
    same(found.state, state(2.0))


def test_what_is_saved_does_not_change_with_the_learner(open_store):
    store, arrays = open_store(), state()
    store.save(arrays, PROGRESS)
    arrays["weight/a"][:] = 9.0
    same(store.load().state, state())


def test_there_is_one_writer_at_a_time(open_store):
    store = open_store()
    with pytest.raises(InputError, match="another trainer works on this run"):
        open_store()
    store.close()
    store.close()
    open_store()


def test_a_full_disk_leaves_the_old_one(tmp_path, full_at):
    store = FileCheckpoints(tmp_path / "checkpoint", tmp_path / "lock")
    store.save(state(1.0), PROGRESS)
    with full_at(100), pytest.raises(InputError, match="checkpoint: cannot be written"):
        store.save(state(2.0), Progress())
    assert store.load().progress == PROGRESS
    store.close()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["checkpoint", "lock"]


DYING = """
import sys
from pathlib import Path
import numpy as np
from deepracer_ros.run.checkpoint import FileCheckpoints, Progress
store = FileCheckpoints(Path(sys.argv[1]) / "checkpoint", Path(sys.argv[1]) / "lock")
for updates in (1, 2):
    store.save({"weight": np.full(1000, float(updates))}, Progress(updates=updates))
"""


@pytest.mark.parametrize(("moment", "kept"), [("write.half", 1), ("write.whole", 1), ("checkpoint.written", 2)])
def test_a_killed_writer_leaves_a_whole_one_and_its_remains_go(tmp_path, monkeypatch, moment, kept):
    monkeypatch.setenv(VARIABLE, f"{moment}:2")
    done = subprocess.run([sys.executable, "-c", DYING, str(tmp_path)], timeout=20)
    assert done.returncode == -signal.SIGKILL
    assert (tmp_path / ".checkpoint.tmp").exists() == (kept == 1)
    store = FileCheckpoints(tmp_path / "checkpoint", tmp_path / "lock")
    assert not (tmp_path / ".checkpoint.tmp").exists()
    found = store.load()
    assert (found.progress.updates, found.state["weight"][0]) == (kept, float(kept))
    store.close()


def test_files_that_are_no_checkpoint_are_one_line(tmp_path):
    path = tmp_path / "checkpoint"
    store = FileCheckpoints(path, tmp_path / "lock")
    store.save(state(), PROGRESS)
    store.close()
    content = path.read_bytes()
    for damaged in (content[: len(content) // 2], b"", content.replace(b'env_steps\\"', b'env_stepx\\"')):
        path.write_bytes(damaged)
        with pytest.raises(InputError, match="checkpoint") as caught:
            read_checkpoint(path)
        assert "\n" not in str(caught.value)
    path.write_bytes(content.replace(b"checkpoint 2", b"checkpoint 1"))
    with pytest.raises(InputError, match="found a checkpoint of format 'deepracer_ros checkpoint 1'"):
        read_checkpoint(path)
