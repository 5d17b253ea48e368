# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""The end of a training: evaluation of the best model, its folder, curves and summary."""

import time
from dataclasses import dataclass, replace

from deepracer_ros.config import to_mapping
from deepracer_ros.errors import InputError
from deepracer_ros.formats.folder import model_documents
from deepracer_ros.models.bucket import open_bucket
from deepracer_ros.models.folder import write_model_folder
from deepracer_ros.models.policy_file import Manifest
from deepracer_ros.models.store import ModelStore
from deepracer_ros.report.curves import write_curves
from deepracer_ros.report.evaluation_report import summarise
from deepracer_ros.run.bucket_checkpoints import read_bucket_checkpoint
from deepracer_ros.run.checkpoint import Progress, read_checkpoint
from deepracer_ros.run.folder import RunFolder
from deepracer_ros.run.progress import read_progress
from deepracer_ros.run.summary import ModelSummary, Summary, library_versions, this_machine
from deepracer_ros.services.record import keys_of_run
from deepracer_ros.simulation.attempts import Evaluation
from deepracer_ros.training.config import RunConfig
from deepracer_ros.training.evaluation import evaluate_model
from deepracer_ros.training.score import describe_evaluation, score_basis

Keys = tuple[str, str] | None
"""Access key and secret key of the run's own S3 server; None for another server."""


@dataclass(frozen=True, eq=False)
class Outcome:
    """The result of a training.

    Attributes:
        folder: Folder of the run.
        evaluation: Evaluation of the final policy.
        training_seconds: Training time, s, over all resumptions.
        seconds_to_all_laps: Training time at the first evaluation in which every lap was complete, s; None if there
            was no such evaluation.
    """

    folder: RunFolder
    evaluation: Evaluation
    training_seconds: float
    seconds_to_all_laps: float | None


def finish(config: RunConfig, folder: RunFolder, tracks: tuple[str, ...], started: float) -> Outcome:
    """Evaluate the best model, and write the model, curves and summary into the run folder.

    Args:
        config: Configuration of the run, with the addresses of the servers.
        folder: Folder of the run.
        tracks: Names of the tracks.
        started: `time.monotonic()` at the start of the command, s.

    Raises:
        InputError: if no model was published, or the folder cannot be written.
    """
    keys = keys_of_run(folder.services, config.models.endpoint)
    progress = _progress(config, folder, keys)
    manifest, evaluation = _evaluate_best(config, folder, keys)
    write_curves(folder.curves, read_progress(folder.progress), folder.name)
    folder.write_summary(
        Summary(
            track=",".join(tracks),
            simulator=config.simulation.simulator,
            seed=config.seed,
            env_steps=progress.env_steps,
            training_seconds=progress.seconds,
            seconds_to_all_laps=progress.seconds_to_all_laps,
            env_steps_per_second=progress.env_steps / max(progress.seconds, 1e-9),
            evaluation=summarise(evaluation),
            model=ModelSummary(manifest.version, manifest.sha256),
            jobs=config.jobs,
            wall_seconds=time.monotonic() - started,
            machine=this_machine(),
            versions=library_versions(),
        )
    )
    return Outcome(folder, evaluation, progress.seconds, progress.seconds_to_all_laps)


def _progress(config: RunConfig, folder: RunFolder, keys: Keys) -> Progress:
    """Return the progress in the last checkpoint."""
    if config.trainer.checkpoints == "folder":
        checkpoint = read_checkpoint(folder.checkpoint)
    else:
        checkpoint = read_bucket_checkpoint(open_bucket(config.models, keys), folder.name)
    return checkpoint.progress if checkpoint else Progress()


def _evaluate_best(config: RunConfig, folder: RunFolder, keys: Keys) -> tuple[Manifest, Evaluation]:
    """Write the best model, or the last one if none was evaluated, into the run folder, and evaluate it.

    Raises:
        InputError: if no model was published.
    """
    store = ModelStore(config.models, folder.name, keys)
    pointer = store.pointer("best")
    if pointer is not None and store.manifest(pointer.version).score_basis not in ("", score_basis(config)):
        pointer = None  # the best on another track, in another race, or by another reward
    pointer = pointer or store.pointer("last")
    if pointer is None:
        raise InputError(f"run {folder.name}: found no published model, expected one or more after a training")
    model = store.load(pointer)
    beside = model_documents(to_mapping(config), config.actions)
    manifest = write_model_folder(folder.model, model.tensors, store.manifest(pointer.version), beside)
    evaluation, _ = evaluate_model(model, config, config.tracks, config.trainer.evaluation_starts, folder.path)
    if manifest.evaluation is None:
        found = dict(describe_evaluation(evaluation))
        store.add_evaluation(pointer.version, found)
        manifest = write_model_folder(folder.model, model.tensors, replace(manifest, evaluation=found), beside)
    return manifest, evaluation
