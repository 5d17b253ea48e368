# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""Trainers against a real Redis and a real S3 server, with a learner that only counts."""

import itertools
import sys
import threading
import time
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest

from deepracer_ros.errors import InputError
from deepracer_ros.experience.reader import ExperienceReader
from deepracer_ros.experience.segment import Segment
from deepracer_ros.experience.writer import ExperienceWriter
from deepracer_ros.learning.config import LEARNERS
from deepracer_ros.learning.learner import NonFiniteError
from deepracer_ros.models.store import ModelStore
from deepracer_ros.parameters import merge
from deepracer_ros.run.checkpoint import read_checkpoint
from deepracer_ros.run.folder import RunFolder
from deepracer_ros.simulation.sensors import CAMERA
from deepracer_ros.training.config import RunConfig, read_config
from deepracer_ros.training.parts import make_parts
from deepracer_ros.training.trainer import Trainer

sys.path.insert(0, str(Path(__file__).parent))
import counting_learner  # noqa: E402

CARS, STEPS, HEIGHT, WIDTH = 16, 8, 40, 48


@pytest.fixture(autouse=True)
def counting(monkeypatch):
    """Register the learner that counts."""
    monkeypatch.setitem(LEARNERS, "counting", counting_learner.ENTRY)


RUNS = (f"training-{number}" for number in itertools.count())


@dataclass(frozen=True)
class Run:
    """A run of its own on the shared servers."""

    config: RunConfig
    name: str
    folder: RunFolder

    def having(self, **trainer):
        """Return it with other keys of the trainer."""
        return replace(self, config=replace(self.config, trainer=replace(self.config.trainer, **trainer)))

    @property
    def progress(self):
        """What its checkpoint says."""
        return read_checkpoint(self.folder.checkpoint).progress

    @property
    def experience(self):
        """What Redis holds."""
        reader = ExperienceReader(self.config.experience.url, self.name)
        try:
            return reader.status()
        finally:
            reader.close()


@pytest.fixture
def run(tmp_path, redis_server, s3, s3_keys, small):
    """A small run of its own on the shared servers."""
    changes = {
        "experience": {"url": redis_server.url},
        "models": {"endpoint": s3.endpoint},
        "learner": "counting",
        "trainer": {"sinks": []},
    }
    (tmp_path / "run").mkdir()
    return Run(read_config(merge(small, changes), "test"), next(RUNS), RunFolder(tmp_path / "run"))


class Training:
    """A trainer in a thread."""

    def __init__(self, run, store=None, patience=10.0, **parts):
        self.run, self.failure = run, None
        self.store = store or ModelStore(run.config.models, run.name)
        self.reader = ExperienceReader(run.config.experience.url, run.name, patience)
        given = run.having(evaluate_every=0) if "evaluator" in parts else run
        self.parts = replace(make_parts(given.config, run.folder, run.name), **parts)
        self.trainer = Trainer(run.config, run.name, self.parts, self.reader, self.store)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def _run(self):
        try:
            self.trainer.run(self._stop)
        except (InputError, NonFiniteError) as error:
            self.failure = error

    def until(self, condition, seconds=30.0):
        deadline = time.monotonic() + seconds
        while not condition():
            assert self.failure is None
            assert time.monotonic() < deadline
            time.sleep(0.005)

    def until_version(self, version):
        self.until(lambda: self.store.pointer("last") and self.store.pointer("last").version == version)

    def end(self):
        """Wait until it ends by itself; return its error, None if it came to its configured end."""
        self._thread.join(30.0)
        assert not self._thread.is_alive()
        return self.failure

    def close(self):
        self._stop.set()
        self._thread.join(30.0)
        assert not self._thread.is_alive()
        self.trainer.close()


@pytest.fixture
def train():
    """Start a trainer in this process."""
    opened = []

    def make(run, **options):
        opened.append(Training(run, **options))
        return opened[-1]

    yield make
    for training in opened:
        with suppress(OSError):  # it was closed by its test
            training.close()


@pytest.fixture(scope="session")
def make_segments():
    """Return random segments of 16 cars, with numbers as a continuous action space gives them."""

    def make(sequence, worker="worker", reward=None, model_version=0):
        random = np.random.default_rng(sequence)
        segments = []
        for car in range(CARS):
            frames = random.integers(0, 256, (STEPS + 1, HEIGHT, WIDTH), dtype=np.uint8)
            steering = random.uniform(-0.4, 0.4, STEPS).astype(np.float32)
            speed = random.uniform(1.1, 2.9, STEPS).astype(np.float32)
            rewards = random.random(STEPS, dtype=np.float32) if reward is None else np.full(STEPS, reward, np.float32)
            zeros, ones = np.zeros(STEPS, np.uint8), np.ones(STEPS, np.uint8)
            density = np.full(STEPS, -1.0, np.float32)
            progress = np.linspace(0.0, 5.0, STEPS, dtype=np.float32)
            segments.append(
                Segment(
                    observations={CAMERA: frames}, steering=steering, speed=speed, reward=rewards,
                    log_probability=density,
                    progress=progress, terminated=zeros, truncated=zeros, valid=ones, model_version=model_version,
                    track="oval", worker=worker, car=car, sequence=sequence, terms={"progress": rewards},
                )
            )  # fmt: skip
        return segments

    return make


@pytest.fixture
def feed(run, make_segments):
    """Append batches to the experience."""
    writer = ExperienceWriter(run.config.experience.url, run.name, 1 << 30)
    sequences = itertools.count()

    def append(batches, **changes):
        for _ in range(batches):
            assert writer.append(make_segments(next(sequences), **changes))

    yield append
    writer.close()


def ids(*sequences):
    """Return the ids of all segments of these sequences."""
    return {f"worker:{car}:{sequence}" for sequence in sequences for car in range(CARS)}


@pytest.fixture(scope="session")
def segment_ids():
    return ids
