"""What a trainer works with, each part known by its protocol only, and how a run's configuration chooses them."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from deepracer_ros.errors import InputError
from deepracer_ros.experience.reader import ExperienceStatus, Taken
from deepracer_ros.experience.segment import Segment
from deepracer_ros.learning.batch import Batch
from deepracer_ros.learning.learner import Learner, make_learner
from deepracer_ros.models.policy_file import Manifest, Tensors
from deepracer_ros.run.checkpoint import CheckpointStore, FileCheckpoints
from deepracer_ros.run.folder import RunFolder
from deepracer_ros.run.sinks import Sinks, check_sinks
from deepracer_ros.simulation.sensors import sensor_specs
from deepracer_ros.training.batches import make_batch
from deepracer_ros.training.config import RunConfig
from deepracer_ros.training.tuning import tune_process


class Experience(Protocol):
    """Where experience comes from; `experience.reader.ExperienceReader` is one."""

    def recover(self, consumed: Collection[str] = ()) -> int:
        """Hand out again what an earlier trainer did not acknowledge, but for what a checkpoint holds."""
        ...

    def take(self, minimum: int, maximum: int, seconds: float, oldest_version: int = 0) -> list[Taken]:
        """Take the next segments; fewer than `minimum` when the time is over."""
        ...

    def acknowledge(self, stream_ids: Iterable[str]) -> int:
        """Remove for good what a checkpoint holds."""
        ...

    def status(self) -> ExperienceStatus:
        """Return fill level and counts."""
        ...

    def close(self) -> None:
        """Close the connection."""
        ...


class Models(Protocol):
    """Where models are published; `models.store.ModelStore` is one."""

    def publish(self, tensors: Tensors, manifest: Manifest) -> Manifest:
        """Store a new version and let it drive; raises StoreError while that is not possible."""
        ...

    def add_evaluation(self, version: int, evaluation: Mapping[str, Any]) -> None:
        """Store what an evaluation of a version came to beside it."""
        ...

    def mark_best(self, version: int) -> None:
        """Say that a version is the best so far."""
        ...


class Score(Protocol):
    """What the trainer asks of an evaluation; `simulation.evaluation.Evaluation` is one."""

    @property
    def laps_attempted(self) -> int:
        """Laps started."""
        ...

    @property
    def laps_completed(self) -> int:
        """Laps driven to their end."""
        ...

    @property
    def mean_progress(self) -> float:
        """Mean progress of all laps, %."""
        ...

    @property
    def mean_lap_seconds(self) -> float | None:
        """Mean time of the completed laps, s; None if there is none."""
        ...

    @property
    def best_lap_seconds(self) -> float | None:
        """Time of the fastest lap, s; None if there is none."""
        ...


def describe_evaluation(result: Score) -> Mapping[str, Any]:
    """Return an evaluation as it is stored beside a model: laps, mean progress (%), lap times (s)."""
    return {
        "laps_completed": result.laps_completed,
        "laps_attempted": result.laps_attempted,
        "mean_progress": result.mean_progress,
        "mean_lap_seconds": result.mean_lap_seconds,
        "best_lap_seconds": result.best_lap_seconds,
    }


def score(result: Score) -> tuple[float, ...]:
    """Return what the best model has most of: completed laps, then progress, then speed."""
    return (float(result.laps_completed), result.mean_progress, -(result.mean_lap_seconds or 0.0))


class Evaluator(Protocol):
    """Drives the laps of an evaluation; `training.evaluation.Evaluator` is one."""

    def evaluate(self, tensors: Tensors) -> Score:
        """Drive with a policy's weights."""
        ...

    def close(self) -> None:
        """Close the simulator."""
        ...


@dataclass(frozen=True, eq=False)
class Parts:
    """What a trainer works with.

    Attributes:
        learner: Learns the policy.
        make_batch: Stacks segments for the learner.
        checkpoints: What the training goes on from.
        open_sinks: Opens the sinks of progress records, from the environment steps that the training goes on from.
        evaluator: Drives the evaluations; None if there are none.
    """

    learner: Learner
    make_batch: Callable[[Sequence[Segment]], Batch]
    checkpoints: CheckpointStore
    open_sinks: Callable[[int], Sinks]
    evaluator: Evaluator | None


def make_run_learner(config: RunConfig) -> Learner:
    """Build a run's learner; the same seed gives the same weights.

    Raises:
        InputError: if a sensor or the learner does not exist.
    """
    tune_process(config.seed)
    sensors = sensor_specs(config)
    try:
        return make_learner(
            config.learner, config.network, sensors, config.actions, config.learning, config.trainer.threads
        )
    except ValueError as error:
        raise InputError(str(error)) from error


def make_parts(config: RunConfig, folder: RunFolder) -> Parts:
    """Build what the configuration of a run asks for; the simulator of evaluations only if there are any.

    Args:
        config: Of the run.
        folder: Of the run; another trainer that works there is refused before anything else.

    Raises:
        InputError: if another trainer works on the run, the folder cannot be written, or a sensor, sink, learner or
            track does not exist.
    """
    check_sinks(config.trainer.sinks)
    checkpoints = FileCheckpoints(folder.checkpoint, folder.trainer_lock)
    try:
        evaluator: Evaluator | None = None
        if config.trainer.evaluate_every:
            from deepracer_ros.training.evaluation import make_evaluator  # imports numba, and compiles the simulator

            evaluator = make_evaluator(config)
        steps, reads = config.experience.segment_steps, (*config.network.reads, *config.network.critic_reads)
        return Parts(
            learner=make_run_learner(config),
            make_batch=lambda segments: make_batch(segments, steps, reads),
            checkpoints=checkpoints,
            open_sinks=lambda resumed_at: Sinks(folder, resumed_at, config.trainer.sinks),
            evaluator=evaluator,
        )
    except BaseException:
        checkpoints.close()
        raise
