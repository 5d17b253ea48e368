"""Trainers and whole trainings against a real Redis and a real S3 server."""

import itertools
import json
import os
import threading
import time
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from safetensors import safe_open

from deepracer_ros.config import from_mapping, merge
from deepracer_ros.experience.segment import Segment
from deepracer_ros.services.redis_server import LocalRedis
from deepracer_ros.services.s3_server import LocalS3
from deepracer_ros.training.config import RunConfig
from deepracer_ros.training.trainer import CHECKPOINT

STEPS, HEIGHT, WIDTH = 8, 40, 48
SMALL = {
    "tracks": ["oval"],
    "camera": {"width": WIDTH, "height": HEIGHT},
    "network": {"width": WIDTH, "height": HEIGHT},
    "simulation": {"cars": 16},
    "experience": {"segment_steps": STEPS, "capacity_segments": 64},
    "learning": {"epochs": 1, "precision": "float32"},
    "trainer": {
        "batch_segments": 16, "threads": 1, "evaluate_every": 1000000, "evaluation_starts": 1, "max_staleness": 1000000,
    },
}  # fmt: skip
RUNS = (f"run-{number}" for number in itertools.count())


@pytest.fixture(scope="session")
def redis_server(tmp_path_factory):
    with LocalRedis(tmp_path_factory.mktemp("redis")) as server:
        yield server


@pytest.fixture(scope="session")
def s3(tmp_path_factory):
    """An S3 server with a second identity that may only read."""
    folder = tmp_path_factory.mktemp("s3")
    rights = {"WRITER": ["Admin", "Read", "Write", "List", "Tagging"], "READER": ["Read", "List"]}
    identities = [
        {"name": key, "credentials": [{"accessKey": key, "secretKey": f"{key}-secret"}], "actions": actions}
        for key, actions in rights.items()
    ]
    (folder / "s3.json").write_text(json.dumps({"identities": identities}))
    with LocalS3(folder) as server:
        os.environ.update(AWS_ACCESS_KEY_ID=server.access_key, AWS_SECRET_ACCESS_KEY=server.secret_key)
        yield server


@pytest.fixture
def config(tmp_path, redis_server, s3):
    """A small run of its own on the shared servers."""
    servers = {"experience": {"url": redis_server.url}, "models": {"endpoint": s3.endpoint}}
    folder = tmp_path / "run"
    folder.mkdir()
    return from_mapping(RunConfig, merge(merge(SMALL, servers), {"run": next(RUNS), "folder": str(folder)}))


@pytest.fixture(scope="session")
def make_segments():
    """Return random segments of 16 cars, with numbers as a continuous action space gives them."""

    def make(sequence, worker="worker", reward=None, model_version=0):
        random = np.random.default_rng(sequence)
        segments = []
        for car in range(16):
            frames = random.integers(0, 256, (STEPS + 1, HEIGHT, WIDTH), dtype=np.uint8)
            steering = random.uniform(-0.4, 0.4, STEPS).astype(np.float32)
            speed = random.uniform(1.1, 2.9, STEPS).astype(np.float32)
            rewards = random.random(STEPS, dtype=np.float32) if reward is None else np.full(STEPS, reward, np.float32)
            zeros, ones = np.zeros(STEPS, np.uint8), np.ones(STEPS, np.uint8)
            density = np.full(STEPS, -1.0, np.float32)
            progress = np.linspace(0.0, 5.0, STEPS, dtype=np.float32)
            segments.append(
                Segment(
                    frames=frames, steering=steering, speed=speed, reward=rewards, log_probability=density,
                    progress=progress, terminated=zeros, truncated=zeros, valid=ones, model_version=model_version,
                    track="oval", worker=worker, car=car, sequence=sequence,
                )
            )  # fmt: skip
        return segments

    return make


class Ledger:
    """What was trained: follows the checkpoint, which names what each update learned from.

    What counts is the line of checkpoints: an update that died before its checkpoint has never been.

    Attributes:
        updates: Ids of the segments of each update that a checkpoint holds.
    """

    def __init__(self, folder):
        self._path, self._stop = Path(folder) / CHECKPOINT, threading.Event()
        self.updates, self.progress, self._seen = {}, {}, None
        self._thread = threading.Thread(target=self._follow, daemon=True)
        self._thread.start()

    def _follow(self):
        while not self._stop.wait(0.002):
            self._look()

    def _look(self):
        try:
            state = self._path.stat()
            if (state.st_ino, state.st_mtime_ns) == self._seen:
                return
            with safe_open(self._path, "np") as file:
                progress = json.loads(file.metadata()["progress"])
        except FileNotFoundError:
            return
        self._seen, self.progress = (state.st_ino, state.st_mtime_ns), progress
        consumed = tuple(progress["consumed"])
        if self.updates.setdefault(progress["updates"], consumed) != consumed:
            self.updates[-1] = consumed  # no number of an update: `check` finds it

    @property
    def count(self):
        return len(self.updates)

    def until(self, updates, seconds=30.0):
        """Wait until so many updates are trained."""
        deadline = time.monotonic() + seconds
        while self.count < updates:
            assert time.monotonic() < deadline, f"{self.count} updates within {seconds} s, expected {updates}"
            time.sleep(0.005)

    def check(self):
        """Check that every update was seen and none trained what another one had; return the ids trained."""
        self._look()
        assert sorted(self.updates) == list(range(1, self.count + 1))
        trained = Counter(name for consumed in self.updates.values() for name in consumed)
        assert max(trained.values()) == 1
        return set(trained)

    def close(self):
        self._stop.set()
        self._thread.join()


def _open_ledgers():
    opened = []

    def make(folder):
        opened.append(Ledger(folder))
        return opened[-1]

    yield make
    for ledger in opened:
        ledger.close()


@pytest.fixture
def open_ledger():
    """Follow the checkpoint of a run folder."""
    yield from _open_ledgers()


@pytest.fixture(scope="module")
def open_module_ledger():
    """As `open_ledger`, over several tests."""
    yield from _open_ledgers()


@pytest.fixture(scope="session")
def small():
    """The configuration of a small run, as a mapping."""
    return SMALL
