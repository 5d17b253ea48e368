"""A whole training: servers, session, final evaluation, summary."""

import sys
import time
from dataclasses import dataclass
from pathlib import Path

from deepracer_ros.engine.domain import own_domain
from deepracer_ros.engine.processes import PREFIX
from deepracer_ros.engine.servers import Services
from deepracer_ros.engine.session import Session, check_checkpoint, check_config
from deepracer_ros.errors import InputError
from deepracer_ros.models.folder import FOLDER_NAME, write_model_folder
from deepracer_ros.models.policy_file import Model
from deepracer_ros.race.compilation import is_compiled
from deepracer_ros.report.curves import write_curves
from deepracer_ros.report.evaluation_report import summarise
from deepracer_ros.report.terminal import TerminalView
from deepracer_ros.run.folder import RunFolder
from deepracer_ros.run.progress import ProgressRecord, read_progress
from deepracer_ros.run.summary import ModelSummary, Summary, library_versions, this_machine
from deepracer_ros.simulation.evaluation import Evaluation
from deepracer_ros.simulation.factory import make_evaluation
from deepracer_ros.training.config import RunConfig, to_saved
from deepracer_ros.training.evaluation import evaluate_model
from deepracer_ros.training.policies import open_store


@dataclass(frozen=True, eq=False)
class Outcome:
    """What a training came to."""

    folder: RunFolder
    evaluation: Evaluation
    training_seconds: float
    seconds_to_all_laps: float | None


def train(config: RunConfig, runs: Path, name: str | None, started: float) -> Outcome:
    """Train until the configured end and evaluate the best model.

    Args:
        config: The configuration; what it leaves empty (servers, name) is filled in.
        runs: Folder of all runs.
        name: Name of the run; one that exists goes on. None makes a new one.
        started: `time.monotonic()` at the start of the command.

    Raises:
        InputError: on bad input, or if a part of the pipeline cannot go on.
    """
    check_config(config)
    label = "-".join(Path(track).stem for track in config.tracks)
    folder = RunFolder(runs, name, label)
    check_checkpoint(config, folder)
    try:
        folder.write_config(to_saved(config))
        with own_domain() as domain, Services(config, folder) as services, TerminalView() as view:
            if domain > 0:
                print(f"ROS_DOMAIN_ID={domain}: another training on this machine has 0", flush=True)
            _compile_once(services.config)
            session = Session(services.config, folder, services, view)
            try:
                last = session.run()
            finally:
                session.close()
            return _finish(services.config, folder, last, started)
    except (KeyboardInterrupt, SystemExit):
        print(f"{PREFIX}stopped; goes on with --name {folder.name}", file=sys.stderr, flush=True)
        raise


def _compile_once(config: RunConfig) -> None:
    """Let this process compile the core if nobody has, instead of every process of the run at once."""
    if not is_compiled() and config.simulation.simulator == "embedded":
        print("compiling the simulator, once on this machine", flush=True)
        environment = make_evaluation(config, config.tracks, 1)
        environment.reset()
        environment.close()


def _finish(config: RunConfig, folder: RunFolder, last: ProgressRecord, started: float) -> Outcome:
    """Evaluate the best model and write everything that is left behind."""
    model = _best_model(config, folder.name)
    manifest = write_model_folder(folder.path / FOLDER_NAME, model.tensors, model.manifest)
    evaluation, _ = evaluate_model(model, config, config.tracks, config.trainer.evaluation_starts, folder.path)
    records = read_progress(folder.progress_path)
    write_curves(folder.path / "curves.png", records, folder.name)
    reached = seconds_to_all_laps(records)
    folder.write_summary(
        Summary(
            track=",".join(Path(track).stem for track in config.tracks),
            simulator=config.simulation.simulator,
            seed=config.seed,
            env_steps=last.env_steps,
            training_seconds=last.seconds,
            seconds_to_all_laps=reached,
            env_steps_per_second=last.env_steps / max(last.seconds, 1e-9),
            evaluation=summarise(evaluation),
            model=ModelSummary(manifest.version, manifest.sha256),
            jobs=config.jobs,
            wall_seconds=time.monotonic() - started,
            machine=this_machine(),
            versions=library_versions(),
        )
    )
    return Outcome(folder, evaluation, last.seconds, reached)


def _best_model(config: RunConfig, run: str) -> Model:
    """Fetch the best model, or the last one if none was evaluated.

    Raises:
        InputError: if nothing was published.
    """
    store = open_store(config.models, run)
    pointer = store.pointer("best") or store.pointer("last")
    if pointer is None:
        raise InputError(f"run {run}: published no model, expected training to make one")
    return store.load(pointer)


def seconds_to_all_laps(records: list[ProgressRecord]) -> float | None:
    """Return the training seconds of the first evaluation that completed every lap."""
    for record in records:
        point = record.evaluation
        if point is not None and point.laps_completed == point.laps_attempted:
            return point.seconds
    return None
