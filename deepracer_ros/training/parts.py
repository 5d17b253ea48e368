# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""The protocols of the parts of a trainer, and the functions that build the parts from a run's configuration."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from deepracer_ros.config import to_mapping
from deepracer_ros.errors import InputError
from deepracer_ros.experience.reader import Taken
from deepracer_ros.experience.segment import Segment
from deepracer_ros.experience.status import ExperienceStatus
from deepracer_ros.formats.folder import model_documents
from deepracer_ros.learning.batch import Batch
from deepracer_ros.learning.learner import Learner, make_learner
from deepracer_ros.models.policy_file import Manifest, Tensors
from deepracer_ros.run.checkpoint import CheckpointStore, FileCheckpoints
from deepracer_ros.run.folder import RunFolder
from deepracer_ros.run.sinks import SINKS, QueuedSink, SinkFactory, Sinks, check_sinks
from deepracer_ros.simulation.sensors import TRACE, sensor_specs
from deepracer_ros.training.batches import make_batch
from deepracer_ros.training.config import RunConfig
from deepracer_ros.training.iteration import Iteration
from deepracer_ros.training.score import Score
from deepracer_ros.training.shared_progress import SHARED, SharedProgress
from deepracer_ros.training.tuning import tune_process

WAITING_ITERATIONS = 16
"""Number of updates whose traces may wait for being written."""


class Experience(Protocol):
    """Protocol of a source of experience, which `experience.reader.ExperienceReader` implements."""

    def recover(self, consumed: Collection[str] = ()) -> int:
        """Claim the segments that an earlier trainer did not acknowledge; remove those whose ids are in `consumed`."""
        ...

    def take(self, minimum: int, maximum: int, seconds: float, oldest_version: int = 0) -> list[Taken]:
        """Return the next `minimum` to `maximum` segments, or fewer after `seconds`; drop those of older versions."""
        ...

    def acknowledge(self, stream_ids: Iterable[str]) -> int:
        """Remove the segments of these stream ids, since a checkpoint contains them; return how many were removed."""
        ...

    def status(self) -> ExperienceStatus:
        """Return fill level and counts of the experience."""
        ...

    def close(self) -> None:
        """Close the connection to the source."""
        ...


class Models(Protocol):
    """Protocol of a store of models, which `models.store.ModelStore` implements."""

    def take_over(self, epoch: int) -> None:
        """Publish in the place of the trainers before, of which this is number `epoch`; they are refused from now on.

        Raises:
            FencedError: if a later trainer has taken over.
            StoreError: if the store is unreachable or refuses.
        """
        ...

    def publish(self, tensors: Tensors, manifest: Manifest) -> Manifest:
        """Store a new version and make it the last one; return its manifest.

        Raises:
            StoreError: while the store is unreachable or refuses.
        """
        ...

    def add_files(self, version: int, files: Mapping[str, bytes]) -> None:
        """Store further files, by name, with a version."""
        ...

    def add_evaluation(self, version: int, evaluation: Mapping[str, Any]) -> None:
        """Store the result of an evaluation with a version."""
        ...

    def mark_best(self, version: int) -> None:
        """Mark a version as the best so far."""
        ...


class Evaluator(Protocol):
    """Protocol of an evaluator of policies, which `training.evaluation.Evaluator` implements."""

    def evaluate(self, tensors: Tensors, whole: bool = True) -> Score:
        """Evaluate the policy with these weights, float32 arrays by name; unless `whole`, end at the first failure."""
        ...

    def close(self) -> None:
        """Close the simulator."""
        ...


@dataclass(frozen=True, eq=False)
class Parts:
    """The parts of a trainer.

    Attributes:
        learner: Learner of the policy.
        make_batch: Stacks segments to a batch for the learner.
        checkpoints: Store of the checkpoints of the run.
        open_sinks: Opens the sinks of progress records; its argument is the number of environment steps from which
            the training resumes.
        open_trace: Opens the writer of the traces of episodes; None if the training writes none.
        evaluator: Evaluator of policies; None if the training makes no evaluations.
        beside: Contents by name of the files that are stored with each model.
    """

    learner: Learner
    make_batch: Callable[[Sequence[Segment]], Batch]
    checkpoints: CheckpointStore
    open_sinks: Callable[[int], Sinks]
    evaluator: Evaluator | None
    open_trace: Callable[[], QueuedSink[Iteration]] | None = None
    beside: Mapping[str, bytes] = field(default_factory=dict)


def make_run_learner(config: RunConfig) -> Learner:
    """Build the learner of a run; the same seed gives the same initial weights.

    Raises:
        InputError: if a sensor or the learner does not exist.
    """
    from deepracer_ros.learning.parallel import tune_torch  # imports torch

    tune_process()
    tune_torch(config.seed)
    sensors = sensor_specs(config)
    try:
        return make_learner(
            config.learner, config.network, sensors, config.actions, config.learning, config.trainer.threads
        )
    except ValueError as error:
        raise InputError(str(error)) from error


def make_parts(
    config: RunConfig, folder: RunFolder, run: str = "", credentials: tuple[str, str] | None = None
) -> Parts:  # fmt: skip
    """Build the parts of a trainer; an evaluator is built only if `trainer.evaluate_every` is not 0.

    Args:
        config: Configuration of the run.
        folder: Folder of the run.
        run: Name of the run, for checkpoints in a bucket; by default that of the folder.
        credentials: Access key and secret key of the bucket; by default boto3 searches for them.

    Raises:
        InputError: if another trainer works on the run, the folder cannot be written, or a sensor, sink, learner or
            track does not exist.
    """
    check_sinks(config.trainer.sinks)
    checkpoints = _open_checkpoints(config, folder, run or folder.name, credentials)
    try:
        evaluator: Evaluator | None = None
        if config.trainer.evaluate_every:
            from deepracer_ros.training.evaluation import make_evaluator  # imports numba and compiles

            evaluator = make_evaluator(config)
        steps, reads = config.experience.segment_steps, (*config.network.reads, *config.network.critic_reads)
        return Parts(
            learner=make_run_learner(config),
            make_batch=lambda segments: make_batch(segments, steps, reads),
            checkpoints=checkpoints,
            open_sinks=_sinks_opener(config, folder, run or folder.name),
            evaluator=evaluator,
            open_trace=_trace_opener(config, folder) if TRACE in config.sensors else None,
            beside=model_documents(to_mapping(config), config.actions),
        )
    except BaseException:
        checkpoints.close()
        raise


def _open_checkpoints(
    config: RunConfig, folder: RunFolder, run: str, credentials: tuple[str, str] | None
) -> CheckpointStore:  # fmt: skip
    if config.trainer.checkpoints == "folder":
        return FileCheckpoints(folder.checkpoint, folder.trainer_lock)
    from deepracer_ros.models.bucket import open_bucket  # with the next one imports boto3
    from deepracer_ros.run.bucket_checkpoints import BucketCheckpoints

    bucket = open_bucket(config.models, credentials)
    return BucketCheckpoints(bucket, run, config.trainer.lease)


def _sinks_opener(config: RunConfig, folder: RunFolder, run: str) -> Callable[[int], Sinks]:
    """Return a function that opens the sinks; a run that lives in a bucket has one more, which others can read."""
    if config.trainer.checkpoints == "folder":
        return lambda resumed_at: Sinks(folder, resumed_at, config.trainer.sinks)
    registry: dict[str, SinkFactory] = {**SINKS, SHARED: lambda _, at: SharedProgress(config.experience.url, run, at)}
    return lambda resumed_at: Sinks(folder, resumed_at, (*config.trainer.sinks, SHARED), registry)


def _trace_opener(config: RunConfig, folder: RunFolder) -> Callable[[], QueuedSink[Iteration]]:
    def open_trace() -> QueuedSink[Iteration]:
        from deepracer_ros.training.tracing import TraceFiles  # imports numba

        return QueuedSink("traces", lambda: TraceFiles(folder.deepracer, config), WAITING_ITERATIONS)

    return open_trace
