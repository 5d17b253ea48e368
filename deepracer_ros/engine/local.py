# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""Runs a whole training: servers, session and final evaluation."""

import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from deepracer_ros.config import to_mapping
from deepracer_ros.engine.checks import check_checkpoint, check_config
from deepracer_ros.engine.domain import chosen_domain, own_domain
from deepracer_ros.engine.local_engine import LocalEngine
from deepracer_ros.engine.preload import Preload, load_compiled_code
from deepracer_ros.engine.processes import PREFIX
from deepracer_ros.engine.ros_graph import PLAIN, RosGraph
from deepracer_ros.engine.run_files import share_run, sources_of
from deepracer_ros.engine.session import Placement, Session
from deepracer_ros.errors import InputError
from deepracer_ros.files import only_one, remove_remains
from deepracer_ros.names import name_of_tracks
from deepracer_ros.race.compilation import is_compiled
from deepracer_ros.report.terminal import TerminalView
from deepracer_ros.rewards.review import review
from deepracer_ros.rewards.sandbox.confinement import MISSING, find_confinement
from deepracer_ros.run.folder import RunFolder, open_run_folder
from deepracer_ros.run.progress import ProgressTail
from deepracer_ros.run.state import StateFile
from deepracer_ros.training.config import RunConfig, to_saved

if TYPE_CHECKING:
    from deepracer_ros.engine.clone import Clone
    from deepracer_ros.engine.finish import Outcome


def train(
    config: RunConfig,
    runs: Path,
    name: str | None,
    started: float,
    graph: RosGraph = PLAIN,
    clone: "Clone | None" = None,
    cluster: bool = False,
) -> "Outcome":
    """Train until the configured end and evaluate the best model.

    Args:
        config: Configuration of the run; local servers are started for those that it does not name.
        runs: Folder of all runs.
        name: Name of the run; an existing run resumes. None starts a new run.
        started: `time.monotonic()` at the start of the command, s.
        graph: Place of the nodes in the ROS graph, and what they log.
        clone: State with which a new run begins; None: random weights.
        cluster: Whether the workers run on the Ray cluster of this machine, not as its processes.

    Returns:
        The run folder, the final evaluation and the training times.

    Raises:
        InputError: on bad input, or if a part of the pipeline cannot continue.
    """
    tracks = check_config(config)
    _hint(config)
    folder = open_run_folder(runs, name, name_of_tracks(tracks))
    check_checkpoint(config, folder)
    with only_one(folder.session_lock, "another 'deepracer train' works on this run"):
        remove_remains(folder.path)
        if clone is not None:
            clone.write(folder)
        state = StateFile(folder.state)
        try:
            outcome = _train(config, folder, state, tracks, started, graph, cluster)
        except InputError as error:
            _stopped(state, str(error))
            raise
        except (KeyboardInterrupt, SystemExit):
            _stopped(state, "")
            print(f"{PREFIX}stopped; to resume, give --name {folder.name}", file=sys.stderr, flush=True)
            raise
        state.write("done")
    return outcome


def _hint(config: RunConfig) -> None:
    """Print what a user should know of their reward file before the training starts."""
    if not isinstance(config.reward, str):
        return
    for finding in review(Path(config.reward)):
        if finding.misleads:
            print(f"{PREFIX}{config.reward}:{finding.line}: {finding.text}", flush=True)
    if not find_confinement().holds:
        print(f"{PREFIX}the reward function is not confined: {MISSING}", flush=True)


def _stopped(state: StateFile, why: str) -> None:
    """Write the phase `stopped`; a full disk is ignored, because that error is already being reported."""
    try:
        state.write("stopped", why)
    except InputError:
        return


def _train(
    config: RunConfig,
    folder: RunFolder,
    state: StateFile,
    tracks: tuple[str, ...],
    started: float,
    graph: RosGraph,
    cluster: bool,
) -> "Outcome":
    folder.keep_sources(sources_of(config))
    folder.write_config(to_saved(config))  # as given, since the next run has other local servers
    with own_domain() as domain, TerminalView() as view:
        state.ros_domain = domain if domain >= 0 else chosen_domain()
        state.write("starting")
        with _placement(config, folder, graph, cluster) as place:
            if domain > 0:
                print(f"ROS_DOMAIN_ID={domain}: another training on this machine uses domain 0", flush=True)
            config = place.services.config
            _compile_once(config)
            preload = Preload(config)
            session = Session(config, folder, place, view, state, ",".join(tracks))
            try:
                session.run(on_laps=preload.start)
            finally:
                session.close()
            preload.wait()
            from deepracer_ros.engine.finish import finish

            return finish(config, folder, tracks, started)


def _placement(
    config: RunConfig, folder: RunFolder, graph: RosGraph, cluster: bool
) -> AbstractContextManager[Placement]:
    """Return the servers and the engine of a run."""
    if cluster:
        from deepracer_ros.engine.cluster import on_cluster  # imports Ray

        return on_cluster(config, folder)
    return on_this_machine(config, folder, graph)


@contextmanager
def on_this_machine(config: RunConfig, folder: RunFolder, graph: RosGraph) -> Iterator[Placement]:
    """Yield servers and processes of this machine for a run.

    Args:
        config: Configuration of the run.
        folder: Folder of the run.
        graph: Place of the nodes in the ROS graph, and what they log.

    Raises:
        InputError: if a server cannot be started, or the folder cannot be written.
    """
    from deepracer_ros.engine.servers import Services  # takes time that a command with bad input does not have to spend

    with Services(config, folder) as services:
        if config.trainer.checkpoints == "bucket":
            services.wait_ready()
            share_run(services.config, folder)
        # The name is given in the file, which quotes text: on a command line ROS would not take `n` or `7` as text.
        place = {"run": folder.name, "folder": str(folder.path.resolve())}
        folder.write_parameters({**place, **to_mapping(services.config)})
        yield Placement(services, LocalEngine(folder, graph), ProgressTail(folder.progress))


def _compile_once(config: RunConfig) -> None:
    """Compile the numba core in this process if it is not in the cache, so that the child processes need not."""
    if not is_compiled() and config.simulation.simulator == "embedded":
        print("compiling the simulator; this happens once on each machine", flush=True)
        load_compiled_code(config)
