# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""The trainer: takes batches, updates the policy, saves checkpoints, publishes and evaluates models."""

import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import replace

import numpy as np

from deepracer_ros.errors import InputError
from deepracer_ros.experience.reader import Taken
from deepracer_ros.learning.learner import Update
from deepracer_ros.models.bucket import StoreError
from deepracer_ros.models.policy_file import Manifest, Tensors
from deepracer_ros.moments import moment
from deepracer_ros.run.checkpoint import Progress
from deepracer_ros.run.progress import EvaluationPoint, ProgressRecord
from deepracer_ros.run.sinks import CLOSE_SECONDS, QueuedSink, Sinks
from deepracer_ros.training.background import BackgroundEvaluator
from deepracer_ros.training.batches import capacity_bytes
from deepracer_ros.training.config import RunConfig
from deepracer_ros.training.iteration import Iteration, Part
from deepracer_ros.training.parts import Experience, Models, Parts
from deepracer_ros.training.policies import make_manifest
from deepracer_ros.training.publishing import Publisher
from deepracer_ros.training.score import describe_evaluation, score, score_basis
from deepracer_ros.training.statistics import EpisodeStatistics, Rate, TrainerCounts

TAKE_SECONDS = 0.5
"""Longest wait for experience before the trainer checks whether it should stop, s."""
WAITING_SECONDS = 5.0
"""Time without experience after which the trainer reports that it waits, s."""


class Trainer:
    """The trainer of one run. It knows nothing of ROS, and its parts only by their protocols.

    Each segment is trained on exactly once. The checkpoint after an update names the segments of the update, and only
    then they are removed from Redis. A trainer that dies before the checkpoint gets the segments again. One that dies
    after the checkpoint finds them named there and skips them.

    Attributes:
        progress: Progress of the training, which is part of each checkpoint.
        counts: Numbers of updates and seconds since this process started.
        rate: Environment steps trained on per second, over the last few seconds.
    """

    def __init__(
        self, config: RunConfig, run: str, parts: Parts, experience: Experience, models: Models,
        on_model: Callable[[Manifest], None] = lambda _: None,
    ) -> None:  # fmt: skip
        """Load the checkpoint, if there is one.

        Args:
            config: Configuration of the run.
            run: Name of the run.
            parts: Learner, checkpoints, sinks and evaluator; closed with the trainer.
            experience: Source of the run's experience; closed with the trainer.
            models: Store to which models are published.
            on_model: Called with the manifest after each publication.

        Raises:
            InputError: if the checkpoint is damaged, or is from another network or learner; or if another trainer has
                taken over the run.
        """
        self._config = self._next_config = config
        self._run, self._parts = run, parts
        self._experience, self._models, self._on_model = experience, models, on_model
        self.progress, self.counts, self.rate, self._patience = Progress(), TrainerCounts(), Rate(), ""
        checkpoint = parts.checkpoints.load()
        if checkpoint is not None:
            self.progress = checkpoint.progress
            try:
                parts.learner.load(dict(checkpoint.state))
            except ValueError as error:
                raise InputError(
                    f"checkpoint of run {run}: {error}; expected a checkpoint of this configuration"
                ) from error
        if parts.checkpoints.epoch:
            models.take_over(parts.checkpoints.epoch)
        self._basis = score_basis(config)
        if self.progress.best_of not in ("", f"{run}:{self._basis}"):  # of another track, race or reward
            self.progress = replace(self.progress, best=(), seconds_to_all_laps=None)
        self.progress = replace(self.progress, best_of=f"{run}:{self._basis}")
        self._is_cloned = checkpoint is not None and self.progress.updates == 0
        self._publisher: Publisher | None = None
        self._sinks: Sinks | None = None
        self._trace: QueuedSink[Iteration] | None = None
        self._held: list[Taken] = []
        self._episodes = EpisodeStatistics(self.progress.episodes, self.progress.laps)
        self._evaluation: EvaluationPoint | None = None
        self._evaluator = BackgroundEvaluator(parts.evaluator) if parts.evaluator is not None else None
        self._perfect = 0
        self._last: ProgressRecord | None = None
        self._resumed_seconds, self._started = self.progress.seconds, 0.0

    def reconfigure(self, config: RunConfig) -> None:
        """Use other hyperparameters from the next update on; any thread may call this.

        Args:
            config: Configuration of the run, of which only `learning` may differ.
        """
        self._next_config = config

    @property
    def waiting(self) -> str:
        """Why the trainer waits, one line; empty if it does not wait."""
        return (self._publisher.waiting if self._publisher else "") or self._patience

    @property
    def sink_trouble(self) -> str:
        """Current errors of the sinks and the traces, one line; empty if there are none."""
        trace = f"traces: {self._trace.error}" if self._trace and self._trace.error else ""
        return (self._sinks.trouble if self._sinks else "") or trace

    @property
    def lost_records(self) -> int:
        """Number of progress records that sinks did not take."""
        return sum(self._sinks.lost.values()) if self._sinks else 0

    @property
    def publish_seconds(self) -> float:
        """Duration of the last publication of a model, s; 0 before the first."""
        return self._publisher.seconds if self._publisher else 0.0

    @property
    def seconds(self) -> float:
        """Training time since the first experience, s, over all resumptions."""
        return self._resumed_seconds + (time.monotonic() - self._started if self._started else 0.0)

    @property
    def is_over(self) -> bool:
        """Whether the configured end of the training is reached."""
        trainer = self._config.trainer
        return (
            (trainer.perfect_evaluations > 0 and self._perfect >= trainer.perfect_evaluations)
            or self.seconds >= trainer.max_seconds
            or 0 < trainer.max_env_steps <= self.progress.env_steps
        )

    def run(self, stop: threading.Event) -> None:
        """Train until the configured end or until `stop` is set.

        Args:
            stop: Set by another thread to end the training after the current update.

        Raises:
            InputError: if the disk is full, no experience arrives, Redis is unreachable for too long, or another
                trainer has taken over the run.
            NonFiniteError: if the loss or a weight became NaN or infinite; the last good model stays published.
        """
        self._experience.recover(self.progress.consumed)
        with (
            self._parts.open_sinks(self.progress.env_steps) as self._sinks,
            Publisher(self._models, self._on_model, stop, self._parts.beside) as self._publisher,
        ):
            if self._parts.open_trace is not None:
                self._trace = self._parts.open_trace()
            if self._is_cloned:  # the agent drives with the cloned policy from the start
                self._publish(self._parts.learner.policy_tensors())
            waiting_since = time.monotonic()
            while not stop.is_set() and not self.is_over:
                self._parts.checkpoints.check()
                self._note_evaluation()
                began = time.monotonic()
                taken = self._take(stop)
                self.counts.waited_seconds += time.monotonic() - began
                if taken or self._evaluator is None or self._evaluator.is_idle:  # else its result is awaited
                    self._write_record()
                if len(taken) < self._config.trainer.batch_segments:
                    self._check_patience(waiting_since)
                    continue
                if not self._started:
                    self._started = began
                    self.rate.add(self._resumed_seconds, self.progress.env_steps)
                self._patience = ""
                self._last = self._learn(taken)
                waiting_since = time.monotonic()
            self._published(self._publisher.wait())
            self._note_evaluation(wait=True)
            self._write_record()
            if self.counts.updates:
                self._save_checkpoint()

    def _take(self, stop: threading.Event) -> list[Taken]:
        """Return one batch, or an empty list after a short wait; an incomplete batch is kept for the next call."""
        count, version = self._config.trainer.batch_segments, self.progress.version
        oldest = max(0, version - self._config.trainer.max_staleness)
        if len(self._held) < count and not stop.is_set():
            missing = count - len(self._held)
            self._held += self._experience.take(missing, missing, TAKE_SECONDS, oldest)
        if len(self._held) < count:
            return []
        taken, self._held = self._held[:count], self._held[count:]
        return taken

    def _check_patience(self, since: float) -> None:
        waited = time.monotonic() - since
        self._patience = "waiting for experience" if waited > WAITING_SECONDS else ""
        if waited > self._config.trainer.patience:
            raise InputError(
                f"experience: found {len(self._held)} segments within {waited:.0f} s, "
                f"expected {self._config.trainer.batch_segments}; does a simulation job run?"
            )

    def _learn(self, taken: Sequence[Taken]) -> ProgressRecord:
        """Make one update: learn, save a checkpoint, acknowledge, publish and, at its interval, evaluate."""
        assert self._publisher is not None
        if self._next_config is not self._config:
            self._config = self._next_config
            self._parts.learner.configure(self._config.learning)
        segments = [item.segment for item in taken]
        staleness = float(np.mean([self.progress.version - segment.model_version for segment in segments]))
        update = self._parts.learner.update(self._parts.make_batch(segments))
        tensors = self._parts.learner.policy_tensors()  # raises if a weight is not finite, before it is saved
        self._episodes.add(segments)
        self.progress = replace(
            self.progress,
            updates=self.progress.updates + 1,
            env_steps=self.progress.env_steps + update.samples,
            seconds=self.seconds,
            episodes=self._episodes.episodes,
            laps=self._episodes.laps,
            consumed=tuple(segment.id for segment in segments),
        )
        self.counts.updates += 1
        self._save_checkpoint()
        self._experience.acknowledge([item.stream_id for item in taken])
        moment("batch.acknowledged")
        if self._trace is not None:
            self._trace.write(Iteration(self.progress.updates, [Part.of(segment) for segment in segments]))
        self._published(self._publisher.wait())
        self._evaluate(tensors, self._publish(tensors))
        return self._record(update, staleness)

    def _publish(self, tensors: Tensors) -> Future[int | None]:
        """Start to publish the policy of the last update; return the version that it gets."""
        assert self._publisher is not None
        progress = self.progress
        manifest = make_manifest(self._config, self._run, progress.updates, progress.env_steps, self._basis)
        return self._publisher.publish(tensors, manifest)

    def _save_checkpoint(self) -> None:
        self._parts.checkpoints.save(self._parts.learner.state(), self.progress)

    def _published(self, version: int | None) -> None:
        """Store the version that was published last in the progress; None changes nothing."""
        if version is not None:
            self.progress = replace(self.progress, version=version)

    def _evaluate(self, tensors: Tensors, version: Future[int | None]) -> None:
        """Start to evaluate the model that is being published, at its interval; until all laps come, after each update.

        Before all laps come, an evaluation between the intervals ends at its first failure. The learner does not
        wait for an evaluation, except at an interval for one that still runs.
        """
        every, progress = self._config.trainer.evaluate_every, self.progress
        if self._evaluator is None or not every:
            return
        due = progress.updates % every == 0
        self._note_evaluation(wait=due)
        if due or (self._evaluator.is_idle and self.progress.seconds_to_all_laps is None):
            self._evaluator.start(tensors, version, progress.env_steps, whole=due)

    def _note_evaluation(self, wait: bool = False) -> None:
        """Store the result of the evaluation that has ended, and mark its model if it is the best.

        Args:
            wait: Whether to wait for the evaluation that runs.
        """
        done = self._evaluator.take(wait) if self._evaluator is not None else None
        if done is None:
            return
        self._perfect = self._perfect + 1 if done.is_perfect else 0
        if not done.is_whole:
            return
        result, seconds = done.result, self._resumed_seconds + done.ended - self._started
        self._evaluation = EvaluationPoint(done.env_steps, seconds, result.laps_completed, result.laps_attempted)
        if done.is_perfect and self.progress.seconds_to_all_laps is None:
            self.progress = replace(self.progress, seconds_to_all_laps=seconds)
        version = done.version.result()
        if version is None:
            return
        with suppress(StoreError):  # the store is unreachable: this result is lost, the next one is stored
            self._models.add_evaluation(version, describe_evaluation(result))
            found = score(result, self._config.trainer.best_by)
            if found > self.progress.best:
                self._models.mark_best(version)
                self.progress = replace(self.progress, best=found)

    def _record(self, update: Update, staleness: float) -> ProgressRecord:
        recent, seconds = self._episodes.recent(), self.seconds
        return ProgressRecord(
            env_steps=self.progress.env_steps,
            seconds=seconds,
            mean_reward=recent.reward,
            mean_progress=recent.progress,
            lap_rate=recent.lap_rate,
            laps_completed=self._episodes.laps,
            episodes=self._episodes.episodes,
            steps_per_second=self.rate.add(seconds, self.progress.env_steps),
            model_version=self.progress.version,
            staleness=staleness,
            queue_fill=min(1.0, self._experience.status().bytes / capacity_bytes(self._config)),
            losses=dict(update.statistics),
            evaluation=self._evaluation,
            reward_terms=recent.terms,
        )

    def _write_record(self) -> None:
        """Give the record of the last update to the sinks, with the evaluation that has ended meanwhile."""
        if self._last is not None and self._sinks is not None:
            self._sinks.write(replace(self._last, evaluation=self._evaluation))
        self._last = None

    def close(self) -> None:
        """Close the evaluator and the experience, release the checkpoints, and let the traces be written."""
        if self._evaluator is not None:
            self._evaluator.close()
        self._experience.close()
        self._parts.checkpoints.close()
        if self._trace is not None:
            self._trace.ask_to_close()
            self._trace.wait_closed(time.monotonic() + CLOSE_SECONDS)
