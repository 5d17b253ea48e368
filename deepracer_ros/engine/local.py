"""Runs a whole training on this machine: servers, session, final evaluation and summary."""

import sys
import time
from dataclasses import dataclass, replace
from pathlib import Path

from deepracer_ros.engine.checks import check_checkpoint, check_config
from deepracer_ros.engine.domain import chosen_domain, own_domain
from deepracer_ros.engine.processes import PREFIX
from deepracer_ros.engine.servers import Services
from deepracer_ros.engine.session import Session
from deepracer_ros.errors import InputError
from deepracer_ros.files import only_one, remove_remains
from deepracer_ros.models.folder import write_model_folder
from deepracer_ros.models.policy_file import Manifest
from deepracer_ros.models.store import ModelStore
from deepracer_ros.race.compilation import is_compiled
from deepracer_ros.report.curves import write_curves
from deepracer_ros.report.evaluation_report import summarise
from deepracer_ros.report.terminal import TerminalView
from deepracer_ros.run.checkpoint import Progress, read_checkpoint
from deepracer_ros.run.folder import RunFolder, open_run_folder
from deepracer_ros.run.progress import read_progress
from deepracer_ros.run.state import StateFile
from deepracer_ros.run.summary import ModelSummary, Summary, library_versions, this_machine
from deepracer_ros.simulation.evaluation import Evaluation
from deepracer_ros.simulation.factory import make_evaluation
from deepracer_ros.training.config import RunConfig, to_saved
from deepracer_ros.training.evaluation import evaluate_model
from deepracer_ros.training.parts import describe_evaluation
from deepracer_ros.training.policies import open_store


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


def train(config: RunConfig, runs: Path, name: str | None, started: float) -> Outcome:
    """Train until the configured end and evaluate the best model.

    Args:
        config: Configuration of the run; local servers are started for those that it does not name.
        runs: Folder of all runs.
        name: Name of the run; an existing run resumes. None starts a new run.
        started: `time.monotonic()` at the start of the command, s.

    Returns:
        The run folder, the final evaluation and the training times.

    Raises:
        InputError: on bad input, or if a part of the pipeline cannot continue.
    """
    tracks = check_config(config)
    folder = open_run_folder(runs, name, "-".join(tracks))
    check_checkpoint(config, folder)
    with only_one(folder.session_lock, "another 'deepracer train' works on this run"):
        remove_remains(folder.path)
        state = StateFile(folder.state)
        try:
            outcome = _train(config, folder, state, tracks, started)
        except InputError as error:
            _stopped(state, str(error))
            raise
        except (KeyboardInterrupt, SystemExit):
            _stopped(state, "")
            print(f"{PREFIX}stopped; to resume, give --name {folder.name}", file=sys.stderr, flush=True)
            raise
        state.write("done")
    return outcome


def _stopped(state: StateFile, why: str) -> None:
    """Write the phase `stopped`; a full disk is ignored, because that error is already being reported."""
    try:
        state.write("stopped", why)
    except InputError:
        return


def _train(config: RunConfig, folder: RunFolder, state: StateFile, tracks: tuple[str, ...], started: float) -> Outcome:
    folder.write_config(to_saved(config))  # as given, since the next run has other local servers
    with own_domain() as domain, TerminalView() as view:
        state.ros_domain = domain if domain >= 0 else chosen_domain()
        state.write("starting")
        with Services(config, folder) as services:
            if domain > 0:
                print(f"ROS_DOMAIN_ID={domain}: another training on this machine uses domain 0", flush=True)
            _compile_once(services.config)
            session = Session(services.config, folder, services, view, state, ",".join(tracks))
            try:
                session.run()
            finally:
                session.close()
            return _finish(services.config, folder, tracks, started)


def _compile_once(config: RunConfig) -> None:
    """Compile the numba core in this process if it is not in the cache, so that the child processes need not."""
    if not is_compiled() and config.simulation.simulator == "embedded":
        print("compiling the simulator; this happens once on each machine", flush=True)
        environment = make_evaluation(config, config.tracks, 1)
        environment.reset()
        environment.close()


def _finish(config: RunConfig, folder: RunFolder, tracks: tuple[str, ...], started: float) -> Outcome:
    """Evaluate the best model, and write the model, curves and summary into the run folder."""
    progress = _progress(folder)
    manifest, evaluation = _evaluate_best(config, folder)
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


def _progress(folder: RunFolder) -> Progress:
    """Return the progress in the last checkpoint."""
    checkpoint = read_checkpoint(folder.checkpoint)
    return checkpoint.progress if checkpoint else Progress()


def _evaluate_best(config: RunConfig, folder: RunFolder) -> tuple[Manifest, Evaluation]:
    """Write the best model, or the last one if none was evaluated, into the run folder, and evaluate it.

    Raises:
        InputError: if no model was published.
    """
    store: ModelStore = open_store(config.models, folder.name)
    pointer = store.pointer("best") or store.pointer("last")
    if pointer is None:
        raise InputError(f"run {folder.name}: found no published model, expected one or more after a training")
    model = store.load(pointer)
    manifest = write_model_folder(folder.model, model.tensors, store.manifest(pointer.version))
    evaluation, _ = evaluate_model(model, config, config.tracks, config.trainer.evaluation_starts, folder.path)
    if manifest.evaluation is None:
        found = dict(describe_evaluation(evaluation))
        store.add_evaluation(pointer.version, found)
        manifest = write_model_folder(folder.model, model.tensors, replace(manifest, evaluation=found))
    return manifest, evaluation
