# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""Checkpoints in S3: whole or not at all, and one writer on all machines, also after a pause."""

import json
import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest

from deepracer_ros.errors import InputError
from deepracer_ros.models.bucket import StoreError
from deepracer_ros.moments import VARIABLE
from deepracer_ros.run import bucket_checkpoints
from deepracer_ros.run.bucket_checkpoints import read_bucket_checkpoint
from deepracer_ros.run.checkpoint import Progress

WRITER = """
import sys
import numpy as np
from deepracer_ros.models.bucket import Bucket
from deepracer_ros.run.bucket_checkpoints import BucketCheckpoints
from deepracer_ros.run.checkpoint import Progress
endpoint, access_key, secret_key, run, lease = sys.argv[1:]
bucket = Bucket(endpoint, "deepracer", "", (access_key, secret_key))
store = BucketCheckpoints(bucket, run, float(lease))
updates = 0
print("open", store.epoch, flush=True)
while sys.stdin.readline():
    updates += 1
    store.save({"weight": np.full(1000, float(updates))}, Progress(updates=updates))
    print("saved", flush=True)
"""


class Writer:
    """A writer in a process of its own, which saves at every line that it reads."""

    def __init__(self, s3, run, lease, death=""):
        arguments = [s3.endpoint, s3.access_key, s3.secret_key, run, str(lease)]
        self.process = subprocess.Popen(
            [sys.executable, "-c", WRITER, *arguments], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, text=True, env={**os.environ, VARIABLE: death},
        )  # fmt: skip
        self.said = self.process.stdout.readline().split()

    def save(self):
        """Let it save once; return what it says, nothing if it ends."""
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        return self.process.stdout.readline().strip()

    def last_words(self):
        return self.process.communicate(timeout=20)[1].strip().splitlines()[-1]


@pytest.fixture
def start(s3, run):
    """Start writers; killed at the end."""
    started = []

    def make(lease, death=""):
        started.append(Writer(s3, run, lease, death))
        return started[-1]

    yield make
    for writer in started:
        writer.process.kill()
        writer.process.communicate()


def objects(bucket, run):
    return sorted(key.rpartition("/")[2][:9] for key in bucket.keys(f"checkpoints/{run}/"))


def test_one_checkpoint_is_kept_and_anybody_may_read_it(open_bucket_store, bucket, run):
    store = open_bucket_store()
    assert read_bucket_checkpoint(bucket, run) is None
    for updates in (1, 2, 3):
        store.save({"weight": np.full(3, float(updates))}, Progress(updates=updates))
    assert objects(bucket, run) == ["00000003-", "writer.js"]
    found = read_bucket_checkpoint(bucket, run)
    assert (found.progress.updates, found.state["weight"].tolist()) == (3, [3.0, 3.0, 3.0])


@pytest.mark.parametrize(("moment", "kept"), [("checkpoint.uploaded", 1), ("checkpoint.written", 2)])
def test_a_killed_writer_leaves_a_whole_one_and_its_remains_go(start, open_bucket_store, bucket, run, moment, kept):
    writer = start(0.5, f"{moment}:2")
    assert (writer.said, writer.save(), writer.save()) == (["open", "1"], "saved", "")
    assert writer.process.wait(20) == -signal.SIGKILL
    assert objects(bucket, run) == ["00000001-", "00000002-", "writer.js"]
    store = open_bucket_store(lease=0.5)
    assert objects(bucket, run) == [f"0000000{kept}-", "writer.js"]
    found = store.load()
    assert (found.progress.updates, found.state["weight"][0], store.epoch) == (kept, float(kept), 2)


def test_a_writer_that_lives_keeps_all_others_out(start, open_bucket_store):
    writer = start(3.0)
    began = time.monotonic()
    with pytest.raises(InputError, match=r"another trainer works on this run \(\S+\), expected none"):
        open_bucket_store(lease=3.0)
    assert time.monotonic() - began < 2.9
    assert writer.save() == "saved"


def test_a_writer_that_was_paused_writes_nothing_after_its_successor(start, open_bucket_store, bucket, run):
    writer = start(1.0)
    assert writer.save() == "saved"
    os.kill(writer.process.pid, signal.SIGSTOP)
    store = open_bucket_store(lease=1.0)
    assert store.epoch == 2
    store.save({"weight": np.zeros(2)}, Progress(updates=2))
    before = bucket.keys(f"checkpoints/{run}/"), bucket.get(f"checkpoints/{run}/writer.json")[0]
    os.kill(writer.process.pid, signal.SIGCONT)
    assert writer.save() == ""
    assert "has taken over this run, expected one trainer: this one ends" in writer.last_words()
    after = bucket.keys(f"checkpoints/{run}/"), bucket.get(f"checkpoints/{run}/writer.json")[0]
    assert after[0] == before[0]
    epoch = [json.loads(content)["epoch"] for _, content in (before, after)]
    assert epoch == [2, 2]
    assert read_bucket_checkpoint(bucket, run).progress.updates == 2


def test_an_answer_that_was_lost_is_no_other_writer(open_bucket_store, monkeypatch, bucket):
    store, put = open_bucket_store(), bucket.put
    failures = iter([True, False, True, False])

    def lossy(key, body, replaces=""):
        etag = put(key, body, replaces)
        if next(failures, False):
            raise StoreError("the answer was lost")
        return etag

    monkeypatch.setattr(bucket, "put", lossy)
    store.save({"weight": np.zeros(2)}, Progress(updates=1))
    monkeypatch.undo()
    store.check()
    store.save({"weight": np.zeros(2)}, Progress(updates=2))
    assert store.load().progress.updates == 2


def test_a_server_that_refuses_leaves_the_old_one(open_bucket_store, monkeypatch, bucket, run):
    store = open_bucket_store()
    store.save({"weight": np.zeros(2)}, Progress(updates=1))
    monkeypatch.setattr(bucket_checkpoints, "PATIENCE", 0.0)

    def refuse(key, body, replaces=""):
        raise StoreError("refused")

    monkeypatch.setattr(bucket, "put", refuse)
    with pytest.raises(StoreError, match="refused"):
        store.save({"weight": np.ones(2)}, Progress(updates=2))
    monkeypatch.undo()
    assert read_bucket_checkpoint(bucket, run).progress.updates == 1


def test_a_damaged_one_is_one_line(open_bucket_store, bucket, run):
    store = open_bucket_store()
    store.save({"weight": np.zeros(2)}, Progress(updates=1))
    (key,) = [key for key in bucket.keys(f"checkpoints/{run}/") if "writer" not in key]
    content, etag = bucket.get(key)
    bucket.put(key, content[:-1] + b"x", etag)
    with pytest.raises(InputError, match="sha256 is .*, expected") as caught:
        store.load()
    assert "\n" not in str(caught.value)
    store.close()
    record = f"checkpoints/{run}/writer.json"
    bucket.put(record, b"{", bucket.get(record)[1])
    with pytest.raises(InputError, match="writer.json: is not JSON"):
        open_bucket_store()
