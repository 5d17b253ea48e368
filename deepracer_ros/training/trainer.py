"""The trainer: draws batches, updates the network, keeps checkpoints, publishes models, evaluates."""

import fcntl
import os
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch

from deepracer_ros.errors import InputError
from deepracer_ros.experience.reader import ExperienceReader, Taken
from deepracer_ros.files import write_atomically, write_error
from deepracer_ros.learning.learner import Update, make_learner
from deepracer_ros.learning.policy import Policy
from deepracer_ros.models.bucket import StoreError
from deepracer_ros.models.policy_file import Manifest, Tensors
from deepracer_ros.models.store import ModelStore
from deepracer_ros.run.checkpoint import Progress, load_checkpoint, save_checkpoint
from deepracer_ros.run.progress import EvaluationPoint, ProgressLog, ProgressRecord, read_progress
from deepracer_ros.run.tensorboard import TensorBoardLog
from deepracer_ros.simulation.evaluation import Evaluation, evaluate
from deepracer_ros.simulation.factory import make_evaluation
from deepracer_ros.simulation.sensors import sensor_specs
from deepracer_ros.training.batches import capacity_bytes, make_batch
from deepracer_ros.training.config import RunConfig
from deepracer_ros.training.evaluation import greedy
from deepracer_ros.training.policies import make_manifest
from deepracer_ros.training.publishing import Publisher
from deepracer_ros.training.statistics import EpisodeStatistics
from deepracer_ros.training.tuning import tune_process

CHECKPOINT = "checkpoint.safetensors"
PROGRESS = "progress.jsonl"
TENSORBOARD = "tensorboard"
LOCK = ".trainer.lock"
TAKE_SECONDS = 0.5
"""How long one wait for experience may last before the trainer looks whether it should stop."""
WAITING_SECONDS = 5.0
"""Waiting so long for experience is worth a word."""


@dataclass
class TrainerCounts:
    """What the trainer did, for diagnostics."""

    updates: int = 0
    """Updates since this process began."""
    waited_seconds: float = 0.0
    """Waiting for experience, in all."""


class Trainer:
    """One run's trainer; knows no ROS.

    Exactly once: what an update learned from is named in the checkpoint that follows it and removed
    from Redis only after that. A trainer that dies before the checkpoint gets it again; one that dies after it
    finds it named there.

    Attributes:
        progress: How far training is.
        counts: What was done.
    """

    def __init__(
        self, config: RunConfig, run: str, folder: Path, reader: ExperienceReader, store: ModelStore,
        on_model: Callable[[Manifest], None] = lambda _: None,
    ) -> None:  # fmt: skip
        """Build the learner and go on from the folder's checkpoint, if there is one.

        Args:
            config: Of the run.
            run: Its name.
            folder: The run folder: checkpoint, progress and TensorBoard events.
            reader: Of the run's experience.
            store: Of the run's models.
            on_model: Called after each publication.

        Raises:
            InputError: if the checkpoint is damaged or of another network, the folder cannot be written, or
                another trainer works in it.
        """
        self._lock = _lock(folder / LOCK)
        tune_process()
        self._run = run
        torch.manual_seed(config.seed)
        self._config, self._folder, self._reader, self._store, self._on_model = config, folder, reader, store, on_model
        self._learner = make_learner(
            config.learner,
            config.network,
            sensor_specs(config),
            config.actions,
            config.learning,
            config.trainer.threads,
        )
        self._reads = (*config.network.reads, *config.network.critic_reads)
        self.progress, self.counts, self._patience = Progress(), TrainerCounts(), ""
        self._publisher: Publisher | None = None
        checkpoint = folder / CHECKPOINT
        if checkpoint.exists():
            self.progress = load_checkpoint(str(checkpoint), self._learner)
        self._held: list[Taken] = []
        earlier = read_progress(folder / PROGRESS)
        self._episodes = EpisodeStatistics(earlier[-1] if earlier else None)
        self._evaluation_environment = make_evaluation(config, config.tracks, config.trainer.evaluation_starts)
        self._evaluation: EvaluationPoint | None = None
        self._perfect = 0
        self._resumed_seconds, self._started = self.progress.seconds, 0.0

    @property
    def waiting(self) -> str:
        """Why nothing goes on, one line; empty if all is well."""
        return (self._publisher.waiting if self._publisher else "") or self._patience

    @property
    def publish_seconds(self) -> float:
        """How long the last publication took, s."""
        return self._publisher.seconds if self._publisher else 0.0

    @property
    def seconds(self) -> float:
        """Training time: since the first experience was there, over all resumptions."""
        return self._resumed_seconds + (time.monotonic() - self._started if self._started else 0.0)

    def run(self, stop: threading.Event) -> None:
        """Train until the configured end or until `stop` is set.

        Raises:
            InputError: if the disk is full, no experience comes, or Redis is away for too long.
            NonFiniteLossError: if the loss became NaN; the last good model stays published.
            NonFiniteWeightsError: if a weight became NaN; as well.
        """
        self._reader.recover(self.progress.consumed)
        with (
            Publisher(self._store, self._on_model, stop) as self._publisher,
            ProgressLog(self._folder / PROGRESS, self.progress.env_steps) as log,
            TensorBoardLog(self._folder / TENSORBOARD, self.progress.env_steps) as board,
        ):
            waiting_since = time.monotonic()
            while not stop.is_set() and not self._is_over():
                began = time.monotonic()
                taken = self._take(stop)
                self.counts.waited_seconds += time.monotonic() - began
                if len(taken) < self._config.trainer.batch_segments:
                    self._check_patience(waiting_since)
                    continue
                self._started, self._patience = self._started or began, ""
                record = self._learn(taken)
                log.append(record)
                board.write(record)
                waiting_since = time.monotonic()
        self._published(self._publisher.wait())
        if self.counts.updates:
            self._save_checkpoint()

    def _take(self, stop: threading.Event) -> list[Taken]:
        """Take one batch; gives up at `stop` or when training is over. What was taken so far is kept for later."""
        count, version = self._config.trainer.batch_segments, self.progress.version
        oldest = max(0, version - self._config.trainer.max_staleness)
        if len(self._held) < count and not stop.is_set():
            missing = count - len(self._held)
            self._held += self._reader.take(missing, missing, TAKE_SECONDS, oldest)
        if len(self._held) < count:
            return []
        taken, self._held = self._held[:count], self._held[count:]
        return taken

    def _check_patience(self, since: float) -> None:
        waited = time.monotonic() - since
        self._patience = "waits for experience" if waited > WAITING_SECONDS else ""
        if waited > self._config.trainer.patience:
            raise InputError(
                f"experience: found {len(self._held)} segments within {waited:.0f} s, "
                f"expected {self._config.trainer.batch_segments}; does a simulation job run?"
            )

    def _learn(self, taken: Sequence[Taken]) -> ProgressRecord:
        """One update: learn, checkpoint, acknowledge, publish, evaluate now and then."""
        assert self._publisher is not None
        segments = [item.segment for item in taken]
        staleness = float(np.mean([self.progress.version - segment.model_version for segment in segments]))
        statistics = self._learner.update(make_batch(segments, self._config.experience.segment_steps, self._reads))
        tensors = self._learner.policy_tensors()  # raises if one is not finite, before anything of it is kept
        self._episodes.add(segments)
        self.progress = replace(
            self.progress,
            updates=self.progress.updates + 1,
            env_steps=self.progress.env_steps + statistics.samples,
            seconds=self.seconds,
            consumed=tuple(segment.id for segment in segments),
        )
        self.counts.updates += 1
        self._save_checkpoint()
        self._reader.acknowledge(item.stream_id for item in taken)
        self._published(self._publisher.wait())
        self._publisher.publish(tensors, self._manifest())
        if self.progress.updates % self._config.trainer.evaluate_every == 0:
            self._evaluate(tensors)
        return self._record(statistics, staleness)

    def _manifest(self) -> Manifest:
        return make_manifest(self._config, self._run, self.progress.updates, self.progress.env_steps)

    def _save_checkpoint(self) -> None:
        write_atomically(self._folder / CHECKPOINT, save_checkpoint(self._learner, self.progress))

    def _published(self, version: int | None) -> None:
        """Note the version that was published last."""
        if version is not None:
            self.progress = replace(self.progress, version=version)

    def _evaluate(self, tensors: Tensors) -> None:
        """Drive the evaluation's laps with the model that is being published; mark the best one."""
        assert self._publisher is not None
        policy = Policy(tensors, self._config.network, sensor_specs(self._config), self._config.actions)

        result = evaluate(self._evaluation_environment, lambda observations: greedy(policy, observations))
        self._evaluation = EvaluationPoint(
            self.progress.env_steps, self.seconds, result.laps_completed, result.laps_attempted
        )
        self._perfect = self._perfect + 1 if result.all_completed else 0
        if result.all_completed and self.progress.seconds_to_all_laps is None:
            self.progress = replace(self.progress, seconds_to_all_laps=self.seconds)
        score, version = _score(result), self._publisher.wait()
        self._published(version)
        if version is not None and score > self.progress.best:
            with suppress(StoreError):  # the next best one is marked when the store is back
                self._store.mark_best(version)
                self.progress = replace(self.progress, best=score)

    def _record(self, statistics: Update, staleness: float) -> ProgressRecord:
        losses = dict(statistics.statistics)
        recent = self._episodes.recent()
        return ProgressRecord(
            env_steps=self.progress.env_steps,
            seconds=self.seconds,
            mean_reward=recent.reward,
            mean_progress=recent.progress,
            lap_rate=recent.lap_rate,
            laps_completed=self._episodes.laps,
            episodes=self._episodes.episodes,
            steps_per_second=self.progress.env_steps / max(self.seconds, 1e-9),
            model_version=self.progress.version,
            staleness=staleness,
            queue_fill=min(1.0, self._reader.status().bytes / capacity_bytes(self._config)),
            losses=losses,
            evaluation=self._evaluation,
        )

    def _is_over(self) -> bool:
        trainer = self._config.trainer
        return (
            (trainer.perfect_evaluations > 0 and self._perfect >= trainer.perfect_evaluations)
            or self.seconds >= trainer.max_seconds
            or 0 < trainer.max_env_steps <= self.progress.env_steps
        )

    def close(self) -> None:
        """Close the evaluation's simulator and the connection, and free the folder."""
        self._evaluation_environment.close()
        self._reader.close()
        os.close(self._lock)


def _lock(path: Path) -> int:
    """Return a descriptor that keeps other trainers out of the folder until it is closed, or this process ends.

    Raises:
        InputError: if another trainer is there, or the folder cannot be written.
    """
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise write_error(path, error) from error
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        os.close(descriptor)
        raise InputError(f"{path.parent}: another trainer works on this run, expected one at a time") from error
    return descriptor


def _score(result: Evaluation) -> tuple[float, ...]:
    """Completed laps first, then progress, then speed."""
    return (float(result.laps_completed), result.mean_progress, -(result.mean_lap_seconds or 0.0))
