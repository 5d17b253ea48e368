# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""The trainer alone: every segment once, whatever dies; nothing half-written, whatever is full or refuses."""

import json
import signal
import subprocess
import sys
import threading
import time
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import yaml

from deepracer_ros.config import to_mapping
from deepracer_ros.errors import InputError
from deepracer_ros.experience.writer import ExperienceWriter
from deepracer_ros.learning.learner import NonFiniteError
from deepracer_ros.models.bucket import open_bucket
from deepracer_ros.models.config import ModelsConfig
from deepracer_ros.models.store import ModelStore
from deepracer_ros.run.bucket_checkpoints import read_bucket_checkpoint
from deepracer_ros.run.checkpoint import Progress
from deepracer_ros.run.progress import read_progress
from deepracer_ros.run.sinks import Sinks
from deepracer_ros.services.redis_server import LocalRedis
from deepracer_ros.services.s3_server import LocalS3
from deepracer_ros.training import trainer

CARS, BATCH = 16, 128
HERE = Path(__file__).parent
MOMENTS = ("write.half", "write.whole", "checkpoint.written", "batch.acknowledged", "model.published")
"""Those that a trainer comes to once in every update."""


def test_learns_saves_acknowledges_and_publishes(train, feed, run, segment_ids):
    feed(3)
    training = train(run)
    training.until_version(3)
    training.close()
    assert training.failure is None
    progress = run.progress
    assert (progress.updates, progress.env_steps, progress.version) == (3, 3 * BATCH, 3)
    assert set(progress.consumed) == segment_ids(2)
    status = run.experience
    assert (status.segments, status.appended, status.acknowledged) == (0, 3 * CARS, 3 * CARS)
    assert training.store.load("last").manifest.training_step == 3
    described = {"model_metadata.json", "hyperparameters.json", "manifest.json", "policy.safetensors"}
    assert training.store._keys() == dict.fromkeys((1, 2, 3), described)
    assert [record.env_steps for record in read_progress(run.folder.progress)] == [BATCH, 2 * BATCH, 3 * BATCH]


def test_hyperparameters_change_between_two_updates(train, feed, run):
    training = train(run)
    learner = training.parts.learner
    changed = replace(run.config, learning=replace(run.config.learning, weights=7))
    training.trainer.reconfigure(changed)
    feed(1)
    training.until_version(1)
    assert learner.config == changed.learning
    assert training.store.manifest(1).config["learning"]["weights"] == 7


def test_a_resumed_training_goes_on_where_it_was(train, feed, run, open_ledger, segment_ids):
    ledger = open_ledger(run.folder.checkpoint)
    feed(5)
    for updates in (2, 5):
        training = train(run.having(max_env_steps=BATCH * updates))
        assert training.end() is None
        training.close()
        assert run.progress.updates == updates
    assert ledger.check() == segment_ids(*range(5))
    assert training.store.versions() == [1, 2, 3, 4, 5]
    assert training.parts.learner.weights[0] == pytest.approx(training.store.load("last").tensors["weights"][0])


def test_episodes_and_laps_do_not_depend_on_the_log(train, feed, run, make_segments):
    run.folder.checkpoint.parent.mkdir(exist_ok=True)
    feed(1)
    first = train(run.having(max_env_steps=BATCH))
    assert first.end() is None
    first.parts.checkpoints.save(first.parts.learner.state(), replace(run.progress, episodes=40, laps=7))
    first.close()
    run.folder.progress.unlink()
    feed(1)
    second = train(run.having(max_env_steps=2 * BATCH))
    assert second.end() is None
    second.close()
    (record,) = read_progress(run.folder.progress)
    assert (record.episodes, record.laps_completed) == (40, 7)


def test_two_trainers_of_one_run_are_refused(train, run):
    train(run)
    with pytest.raises(InputError, match="another trainer works on this run"):
        train(run)


def test_a_trainer_killed_at_every_moment_trains_nothing_twice_and_loses_nothing(
    train, feed, run, open_ledger, tmp_path, chance, segment_ids
):
    """Each trainer dies in its first or second update, which then is in the checkpoint, or has never been."""
    path = tmp_path / "config.yaml"
    path.write_text(yaml.safe_dump(to_mapping(run.config)))
    ledger = open_ledger(run.folder.checkpoint)
    feed(12)
    deaths = [(moment, chance.randrange(1, 3)) for moment in chance.sample(MOMENTS, len(MOMENTS))]
    command = [sys.executable, str(HERE / "mortal_trainers.py"), str(path), run.name, str(run.folder.path)]
    command += [f"{moment}:{count}" for moment, count in deaths]
    answer = subprocess.run(command, capture_output=True, text=True, timeout=50)
    updates = 0
    for (moment, count), line in zip(deaths, answer.stdout.splitlines(), strict=True):
        code, found = map(int, line.split())
        assert code == -signal.SIGKILL, answer.stderr
        updates += count - moment.startswith("write.")
        assert found - updates in ((0, 1) if moment == "model.published" else (0,)), (moment, count)
        updates = found  # a model is published beside the next update
    training = train(run)
    ledger.until(12)
    training.close()
    assert ledger.check() == segment_ids(*range(12))
    assert run.progress.env_steps == 12 * BATCH
    assert run.experience.segments == 0
    assert not list(run.folder.path.glob(".*.tmp"))


def test_a_paused_trainer_changes_nothing_after_another_one_has_taken_over(train, feed, run, tmp_path, chance):
    run = run.having(checkpoints="bucket", lease=1.0, best_by="progress")
    path = tmp_path / "config.yaml"
    path.write_text(yaml.safe_dump(to_mapping(run.config)))
    bucket, store = open_bucket(run.config.models), ModelStore(run.config.models, run.name)
    command = [sys.executable, str(HERE / "live_trainer.py"), str(path), run.name, str(run.folder.path)]
    first = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        assert first.stdout.readline() == "trains\n"
        feed(2)
        deadline = time.monotonic() + 20.0
        while not (last := store.pointer("last")) or last.version < 2:
            assert time.monotonic() < deadline
            time.sleep(0.01)
        feed(1)
        time.sleep(chance.uniform(0.0, 0.05))  # somewhere in its third update
        first.send_signal(signal.SIGSTOP)
        second = train(run)
        feed(3)
        second.until(lambda: read_bucket_checkpoint(bucket, run.name).progress.updates == 6)
        second.until(lambda: store.pointer("last").version >= 6)
        names = [key for key in bucket.keys("") if f"/{run.name}/" in key and "writer.json" not in key]
        before = {key: bucket.get(key)[0] for key in names}
        first.send_signal(signal.SIGCONT)
        assert "another trainer" in first.communicate(timeout=20)[0]
        after = [key for key in bucket.keys("") if f"/{run.name}/" in key and "writer.json" not in key]
        assert {key for key in after if "/last.json" in key or "checkpoints/" in key} <= set(names)
        assert {key: bucket.get(key)[0] for key in names} == before
    finally:
        first.kill()
        first.wait()
    second.close()
    assert second.failure is None
    assert read_bucket_checkpoint(bucket, run.name).progress.env_steps == 6 * BATCH
    assert (run.experience.segments, run.experience.acknowledged) == (0, 6 * CARS)


def test_a_nan_stops_and_leaves_the_last_good_model(train, feed, run):
    feed(2)
    feed(1, reward=3e38)  # finite, as all that is taken for experience; the sum of two is not
    feed(1)
    training = train(run)
    error = training.end()
    assert isinstance(error, NonFiniteError)
    training.close()
    assert "expected finite numbers" in str(error)
    assert run.progress.updates == 2
    assert training.store.versions() == [1, 2]
    good = training.store.load("last")
    assert good.manifest.version == 2
    assert all(np.isfinite(array).all() for array in good.tensors.values())
    assert run.experience.segments == 2 * CARS  # what it broke at is still there to be looked at


def test_a_store_that_refuses_is_waited_for(train, feed, run, s3):
    feed(4)
    refusing = ModelStore(ModelsConfig(endpoint=s3.endpoint), run.name, ("READER", "READER-secret"))
    training = train(run, store=refusing)
    training.until(lambda: "refused (AccessDenied)" in training.trainer.waiting)
    assert "\n" not in training.trainer.waiting
    training.close()
    assert training.failure is None


def test_a_store_that_is_away_is_waited_for(train, feed, run, tmp_path):
    with LocalS3(tmp_path / "s3") as server:
        store = ModelStore(ModelsConfig(endpoint=server.endpoint), run.name, (server.access_key, server.secret_key))
        feed(1)
        training = train(run, store=store)
        training.until_version(1)
        server.kill()
        feed(2)
        training.until(lambda: "unreachable" in training.trainer.waiting, 20.0)
        server.restart()
        training.until(lambda: training.trainer.waiting == "", 20.0)
        training.until_version(3)
        training.close()
        assert store.versions() == [1, 2, 3]


def test_a_redis_that_stays_away_ends_it_with_one_line(train, run, tmp_path, make_segments, segment_ids):
    with LocalRedis(tmp_path / "redis") as server:
        config = replace(run.config, experience=replace(run.config.experience, url=server.url))
        run = replace(run, config=config)
        ExperienceWriter(server.url, run.name).append(make_segments(0))
        training = train(run, patience=0.5)
        training.until_version(1)
        server.kill()
        error = training.end()
        assert "no success within 0.5 s (unreachable" in str(error)
        server.restart()
        training.close()
        ExperienceWriter(server.url, run.name).append(make_segments(1))
        resumed = train(run)
        resumed.until_version(2)
        resumed.close()
        assert set(run.progress.consumed) == segment_ids(1)


def test_a_full_disk_ends_it_with_one_line_and_leaves_the_last_checkpoint(
    train, feed, run, open_ledger, full_at, segment_ids
):
    run = replace(run, config=replace(run.config, learning=replace(run.config.learning, padding=200_000)))
    ledger = open_ledger(run.folder.checkpoint)
    feed(1)
    training = train(run)
    training.until_version(1)
    before = run.progress
    with full_at(100_000):
        feed(1)
        error = training.end()
        training.close()
    assert str(error).startswith(f"{run.folder.checkpoint}: cannot be written (File too large)")
    assert run.progress == before
    assert not list(run.folder.path.glob(".*.tmp"))
    resumed = train(run)
    ledger.until(2)
    resumed.close()
    assert ledger.check() == segment_ids(0, 1)


def test_a_checkpoint_of_another_learner_is_one_line(train, feed, run):
    feed(1)
    first = train(run.having(max_env_steps=BATCH))
    assert first.end() is None
    first.close()
    other = replace(run, config=replace(run.config, learning=replace(run.config.learning, weights=5)))
    with pytest.raises(
        InputError, match=rf"run {run.name}: weights: found \(4,\), expected \(5,\); expected a checkpoint of"
    ):
        train(other)


def test_no_experience_is_said_and_ends_it(train, run, monkeypatch):
    monkeypatch.setattr(trainer, "WAITING_SECONDS", 0.1)
    training = train(run.having(patience=1.0))
    training.until(lambda: training.trainer.waiting == "waiting for experience")
    assert str(training.end()).startswith("experience: found 0 segments within 1 s, expected 16")


class Blocked:
    """A sink that never returns."""

    def write(self, record):
        threading.Event().wait()

    close = write


def test_a_sink_that_blocks_for_ever_stops_nothing_and_is_said(train, feed, run):
    feed(3)
    registry = {"blocked": lambda folder, resumed_at: Blocked()}
    opened = []

    def open_sinks(resumed_at):
        opened.append(Sinks(run.folder, resumed_at, ["blocked"], registry))
        opened[0].close = lambda: Sinks.close(opened[0], 0.2)  # less patience than a user has
        return opened[0]

    training = train(run.having(max_env_steps=3 * BATCH), open_sinks=open_sinks)
    assert training.end() is None
    assert training.trainer.lost_records == 3
    assert "blocked: " in training.trainer.sink_trouble
    assert len(read_progress(run.folder.progress)) == 3


class Laps:
    """An evaluator that completes one lap more each time."""

    def __init__(self):
        self.completed = 0

    def evaluate(self, tensors, whole=True):
        self.completed += 1
        seconds = 10.0 - self.completed
        return SimpleNamespace(
            laps_attempted=3, laps_completed=self.completed, mean_progress=80.0, mean_lap_seconds=seconds,
            best_lap_seconds=seconds,
        )  # fmt: skip

    def close(self):
        self.completed = None


def test_evaluations_are_stored_beside_their_versions_and_end_it(train, feed, run):
    feed(3)
    training = train(run.having(evaluate_every=1, perfect_evaluations=1), evaluator=Laps())
    assert training.end() is None
    training.close()
    found = [training.store.manifest(version).evaluation for version in (1, 2, 3)]
    assert [evaluation["laps_completed"] for evaluation in found] == [1, 2, 3]
    assert found[2] == {
        "laps_completed": 3, "laps_attempted": 3, "mean_progress": 80.0, "mean_lap_seconds": 7.0,
        "best_lap_seconds": 7.0,
    }  # fmt: skip
    assert training.store.pointer("best").version == 3
    assert run.progress.seconds_to_all_laps == read_progress(run.folder.progress)[-1].evaluation.seconds


class Slow(Laps):
    """An evaluator that ends when the trainer waits for experience."""

    def __init__(self, waits):
        super().__init__()
        self._waits = waits

    def evaluate(self, tensors, whole=True):
        if self.completed == 2:
            deadline = time.monotonic() + 30.0
            while self._waits() < 2 and time.monotonic() < deadline:
                time.sleep(0.005)
        return super().evaluate(tensors, whole)


def test_the_last_record_has_the_evaluation_that_ended_the_training(train, feed, run, monkeypatch):
    empty = []
    take = trainer.Trainer._take

    def noted(self, stop):
        taken = take(self, stop)
        empty.extend([None] * (not taken and self.progress.updates == 3))
        return taken

    monkeypatch.setattr(trainer.Trainer, "_take", noted)
    feed(3)
    training = train(run.having(evaluate_every=1, perfect_evaluations=1), evaluator=Slow(lambda: len(empty)))
    assert training.end() is None
    assert read_progress(run.folder.progress)[-1].evaluation.laps_completed == 3


class Held(Laps):
    """An evaluator that waits to be let go, and completes all laps from its second evaluation on."""

    def __init__(self):
        super().__init__()
        self.go, self.asked = threading.Event(), []

    def evaluate(self, tensors, whole=True):
        self.asked.append(whole)
        assert self.go.wait(30.0)
        self.completed = 3 * (len(self.asked) > 1) - 1
        return super().evaluate(tensors, whole)


def test_updates_go_on_beside_an_evaluation_and_one_that_ended_early_is_not_stored(train, feed, run):
    feed(3)
    held = Held()
    training = train(run.having(evaluate_every=100, perfect_evaluations=1), evaluator=held)
    training.until_version(3)
    assert held.asked == [False]  # until laps come, after each update that finds the evaluator idle
    held.go.set()
    training.until(lambda: training.trainer._evaluator.is_idle)
    feed(1)
    assert training.end() is None
    training.close()
    assert held.asked == [False, False]
    found = [training.store.manifest(version).evaluation for version in (1, 2, 3, 4)]
    assert [evaluation and evaluation["laps_completed"] for evaluation in found] == [None, None, None, 3]
    assert training.store.pointer("best").version == 4
    assert run.progress.seconds_to_all_laps == read_progress(run.folder.progress)[-1].evaluation.seconds


class NoLaps(Laps):
    """An evaluator that completes none."""

    def evaluate(self, tensors, whole=True):
        self.completed = -1
        return super().evaluate(tensors, whole)


def test_the_best_model_on_another_track_is_not_the_best_on_this_one(train, feed, run):
    feed(2)
    first = train(run.having(evaluate_every=1, max_env_steps=2 * BATCH), evaluator=Laps())
    assert first.end() is None
    first.close()
    assert first.store.pointer("best").version == 2
    again = train(run.having(evaluate_every=1, max_env_steps=3 * BATCH), evaluator=NoLaps())
    feed(1)
    assert again.end() is None
    again.close()
    assert again.store.pointer("best").version == 2
    elsewhere = replace(run, config=replace(run.config, tracks=("hairpin",)))
    feed(1)
    other = train(elsewhere.having(evaluate_every=1, max_env_steps=4 * BATCH), evaluator=NoLaps())
    assert other.end() is None
    assert other.store.pointer("best").version == 4


def test_a_clone_is_published_before_it_learns(train, run):
    store = MemoryCheckpoints()
    store.save({"weights": np.full(4, 5.0, np.float32), "padding": np.zeros(0, np.uint8)}, Progress())
    training = train(run, checkpoints=store)
    training.until_version(1)
    assert training.store.load(1).tensors["weights"].tolist() == [5.0] * 4


class MemoryCheckpoints:
    """A third checkpoint store: in memory."""

    epoch = 0

    def __init__(self):
        self.saved = None

    def check(self):
        pass

    def load(self):
        return self.saved

    def save(self, state, progress):
        self.saved = SimpleNamespace(state=state, progress=progress)

    def close(self):
        pass


def test_any_checkpoint_store_will_do(train, feed, run, segment_ids):
    store = MemoryCheckpoints()
    store.save({"weights": np.full(4, 5.0, np.float32), "padding": np.zeros(0, np.uint8)}, Progress(updates=2))
    feed(1, reward=1.0)
    training = train(run.having(max_env_steps=BATCH), checkpoints=store)
    assert training.end() is None
    assert store.saved.progress.updates == 3
    assert set(store.saved.progress.consumed) == segment_ids(0)
    assert store.saved.state["weights"].tolist() == [5.0 + BATCH] * 4


ALONE = """
import sys
import deepracer_ros.nodes.trainer_node
from pathlib import Path
from deepracer_ros.run.folder import RunFolder
from deepracer_ros.training.config import read_config
from deepracer_ros.training.parts import make_parts
config = read_config({"trainer": {"evaluate_every": 0}, "learning": {"precision": "float32"}}, "test")
make_parts(config, RunFolder(Path(sys.argv[1])))
print(sorted({name.partition(".")[0] for name in sys.modules} & {"numba", "torch", "matplotlib"}))
"""


def test_a_trainer_that_evaluates_nothing_imports_no_numba(tmp_path):
    answer = subprocess.run(
        [sys.executable, "-c", ALONE, str(tmp_path)], capture_output=True, text=True, check=True, timeout=30
    )
    assert answer.stdout.strip() == "['torch']"
    source = Path(trainer.__file__).read_text()
    assert "torch" not in source


def test_the_record_says_how_fast_it_is_lately(train, feed, run):
    feed(1)
    training = train(run)
    training.until_version(1)
    time.sleep(0.3)  # nothing to learn from: the rate falls, and no steps are counted twice
    feed(1)
    training.until_version(2)
    training.close()
    first, second = (json.loads(line) for line in run.folder.progress.read_text().splitlines())
    assert second["steps_per_second"] == pytest.approx(2 * BATCH / second["seconds"])
    assert second["reward_terms"] == {}
    assert first["losses"]["total"] > 0.0
