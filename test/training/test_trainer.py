"""The trainer alone: every segment once, whatever dies; nothing half-written, whatever is full or refuses."""

import itertools
import json
import resource
import signal
import subprocess
import sys
import threading
import time
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import yaml
from safetensors import safe_open

from deepracer_ros.config import to_mapping
from deepracer_ros.errors import InputError
from deepracer_ros.experience.reader import ExperienceReader
from deepracer_ros.experience.writer import ExperienceWriter
from deepracer_ros.learning.ppo import NonFiniteLossError
from deepracer_ros.models.config import ModelsConfig
from deepracer_ros.models.store import ModelStore
from deepracer_ros.services.redis_server import LocalRedis
from deepracer_ros.services.s3_server import LocalS3
from deepracer_ros.training import trainer
from deepracer_ros.training.policies import open_store
from deepracer_ros.training.trainer import CHECKPOINT, PROGRESS, Trainer

CARS = 16


def progress_of(folder):
    with safe_open(Path(folder) / CHECKPOINT, "np") as file:
        return json.loads(file.metadata()["progress"])


class Training:
    """A trainer in a thread."""

    def __init__(self, config, store=None, patience=10.0):
        self.config, self.folder, self.failure = config, Path(config.folder), None
        self.store = store or open_store(config)
        self.reader = ExperienceReader(config.experience.url, config.run, patience)
        self.trainer = Trainer(config, self.folder, self.reader, self.store)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def _run(self):
        try:
            self.trainer.run(self._stop)
        except (InputError, NonFiniteLossError) as error:
            self.failure = error

    def until(self, condition, seconds=10.0):
        deadline = time.monotonic() + seconds
        while not condition():
            assert self.failure is None
            assert time.monotonic() < deadline
            time.sleep(0.005)

    def until_version(self, version):
        self.until(lambda: self.store.pointer("last") and self.store.pointer("last").version == version)

    def fail(self):
        """Wait until it fails; return its error."""
        self._thread.join(15.0)
        assert not self._thread.is_alive()
        return self.failure

    def close(self):
        self._stop.set()
        self._thread.join(10.0)
        assert not self._thread.is_alive()
        self.trainer.close()


@pytest.fixture
def train():
    """Start a trainer in this process."""
    opened = []

    def make(config, **options):
        opened.append(Training(config, **options))
        return opened[-1]

    yield make
    for training in opened:
        with suppress(OSError):  # it was closed by its test
            training.close()


@pytest.fixture
def feed(config, make_segments):
    """Append batches to the experience."""
    writer = ExperienceWriter(config.experience.url, config.run, 1 << 30)
    sequences = itertools.count()

    def append(batches, **changes):
        for _ in range(batches):
            assert writer.append(make_segments(next(sequences), **changes))

    yield append
    writer.close()


def experience_of(config):
    return ExperienceReader(config.experience.url, config.run).status()


def ids(*sequences):
    return {f"worker:{car}:{sequence}" for sequence in sequences for car in range(CARS)}


def test_learns_saves_acknowledges_and_publishes(train, feed, config):
    feed(3)
    training = train(config)
    training.until_version(3)
    training.close()
    assert training.failure is None
    progress = progress_of(config.folder)
    assert (progress["updates"], progress["env_steps"], progress["version"]) == (3, 384, 3)
    assert set(progress["consumed"]) == ids(2)
    status = experience_of(config)
    assert (status.segments, status.appended, status.acknowledged) == (0, 3 * CARS, 3 * CARS)
    assert training.store.load("last").manifest.training_step == 3
    lines = (training.folder / PROGRESS).read_text().splitlines()
    assert [json.loads(line)["env_steps"] for line in lines] == [128, 256, 384]


def test_a_resumed_training_goes_on_where_it_was(train, feed, config, open_ledger):
    ledger = open_ledger(config.folder)
    feed(5)
    for updates in (2, 5):
        training = train(replace(config, trainer=replace(config.trainer, max_env_steps=128 * updates)))
        assert training.fail() is None
        training.close()
        assert progress_of(config.folder)["updates"] == updates
    assert ledger.check() == ids(*range(5))
    assert training.store.versions() == [1, 2, 3, 4, 5]


def test_two_trainers_of_one_run_are_refused(train, feed, config):
    train(config)
    with pytest.raises(InputError, match="another trainer works on this run"):
        train(config)


DYING = """
import os, signal, sys, threading
from pathlib import Path
import yaml
from deepracer_ros.config import from_mapping
from deepracer_ros.experience.reader import ExperienceReader
from deepracer_ros.training import trainer
from deepracer_ros.training.config import RunConfig
from deepracer_ros.training.policies import open_store
config = from_mapping(RunConfig, yaml.safe_load(Path(sys.argv[1]).read_text()))
def die(*_):
    os.kill(os.getpid(), signal.SIGKILL)
class Dying(ExperienceReader):
    '''Dies instead of the second acknowledgement.'''
    calls = 0
    def acknowledge(self, stream_ids):
        ids = list(stream_ids)
        self.calls += bool(ids)
        if self.calls == 2:
            die()
        return super().acknowledge(ids)
if sys.argv[2] == "before the checkpoint":
    write, calls = trainer.write_atomically, []
    def write_or_die(path, content):
        calls.append(path)
        if len(calls) == 2:
            (path.parent / ("." + path.name + ".tmp")).write_bytes(content[:1000])
            die()
        write(path, content)
    trainer.write_atomically, Dying = write_or_die, ExperienceReader
reader = Dying(config.experience.url, config.run)
trainer.Trainer(config, Path(config.folder), reader, open_store(config)).run(threading.Event())
"""


@pytest.mark.parametrize("death", ["before the checkpoint", "before the acknowledgement"])
def test_a_trainer_killed_around_its_checkpoint_trains_nothing_twice(train, feed, config, open_ledger, tmp_path, death):
    """It dies in its second update, which then is in the checkpoint, or has never been."""
    path = tmp_path / "config.yaml"
    path.write_text(yaml.safe_dump(to_mapping(config)))
    ledger = open_ledger(config.folder)
    feed(5)
    assert subprocess.run([sys.executable, "-c", DYING, path, death], timeout=30).returncode == -signal.SIGKILL
    kept = 1 if death == "before the checkpoint" else 2
    assert progress_of(config.folder)["updates"] == kept
    assert experience_of(config).segments == 4 * CARS
    training = train(config)
    ledger.until(5)
    training.close()
    assert ledger.check() == ids(*range(5))
    counts = training.reader.counts
    assert (counts.already_consumed, counts.redelivered) == ((0, CARS) if kept == 1 else (CARS, 0))
    assert progress_of(config.folder)["env_steps"] == 5 * 128
    assert experience_of(config).segments == 0
    assert not list(Path(config.folder).glob(".*.tmp"))


def test_a_nan_stops_and_leaves_the_last_good_model(train, feed, config):
    feed(2)
    feed(1, reward=3e38)  # finite, as all that is taken for experience; the sum of two is not
    feed(1)
    training = train(config)
    error = training.fail()
    assert isinstance(error, NonFiniteLossError)
    training.close()
    assert "expected finite numbers" in str(error)
    assert "\n" not in str(error)
    assert progress_of(config.folder)["updates"] == 2
    assert training.store.versions() == [1, 2]
    good = training.store.load("last")
    assert good.manifest.version == 2
    assert all(np.isfinite(array).all() for array in good.tensors.values())
    assert experience_of(config).segments == 2 * CARS  # what it broke at is still there to be looked at


def test_a_store_that_refuses_is_waited_for(train, feed, config, s3):
    feed(4)
    refusing = ModelStore(ModelsConfig(endpoint=s3.endpoint), config.run, ("READER", "READER-secret"))
    training = train(config, store=refusing)
    training.until(lambda: "refused (AccessDenied)" in training.trainer.waiting)
    assert "\n" not in training.trainer.waiting
    training.close()
    assert training.failure is None
    assert refusing.pointer("last") is None
    updates = progress_of(config.folder)["updates"]
    assert updates <= 2  # the one that could not be published, and the next
    resumed = train(config)
    resumed.until_version(4 - updates)
    assert resumed.trainer.waiting == ""


def test_a_store_that_dies_is_waited_for(train, feed, config, tmp_path):
    with LocalS3(tmp_path / "s3") as server:
        store = ModelStore(ModelsConfig(endpoint=server.endpoint), config.run, (server.access_key, server.secret_key))
        feed(1)
        training = train(config, store=store)
        training.until_version(1)
        server.kill()
        feed(2)
        training.until(lambda: "unreachable" in training.trainer.waiting, 20.0)
        server.restart()
        training.until(lambda: training.trainer.waiting == "")
        training.until_version(3)
        training.close()
        assert store.versions() == [1, 2, 3]


def test_a_redis_that_stays_away_ends_it_with_one_line(train, feed, config, tmp_path, make_segments):
    with LocalRedis(tmp_path / "redis") as server:
        config = replace(config, experience=replace(config.experience, url=server.url))
        ExperienceWriter(server.url, config.run).append(make_segments(0))
        training = train(config, patience=0.5)
        training.until_version(1)
        server.kill()
        error = training.fail()
        assert "not within 0.5 s (unreachable" in str(error)
        server.restart()
        training.close()
        ExperienceWriter(server.url, config.run).append(make_segments(1))
        resumed = train(config)
        resumed.until_version(2)
        resumed.close()
        assert set(progress_of(config.folder)["consumed"]) == ids(1)


@contextmanager
def largest_file(size):
    """Let this process write no file beyond `size` bytes, as on a disk that is full."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_full_disk_ends_it_with_one_line_and_leaves_the_last_checkpoint(train, feed, config, open_ledger):
    ledger = open_ledger(config.folder)
    feed(1)
    training = train(config)
    training.until_version(1)
    before = progress_of(config.folder)
    with largest_file(100_000):
        feed(1)
        error = training.fail()
        training.close()
    assert str(error).startswith(f"{config.folder}/{CHECKPOINT}: cannot be written (File too large)")
    assert progress_of(config.folder) == before
    assert not list(Path(config.folder).glob(".*.tmp"))
    resumed = train(config)
    ledger.until(2)
    resumed.close()
    assert ledger.check() == ids(0, 1)


def test_no_experience_is_said_and_ends_it(train, config, monkeypatch):
    monkeypatch.setattr(trainer, "WAITING_SECONDS", 0.1)
    training = train(replace(config, trainer=replace(config.trainer, patience=1.0)))
    training.until(lambda: training.trainer.waiting == "waits for experience")
    assert str(training.fail()).startswith("experience: found 0 segments within 1 s, expected 16")
