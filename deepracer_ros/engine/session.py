"""One training from start to end: servers, processes, the view, the final evaluation."""

import os
import time
from pathlib import Path

from deepracer_ros.config import to_mapping, write_parameters
from deepracer_ros.engine.processes import Process
from deepracer_ros.engine.servers import Services
from deepracer_ros.errors import InputError
from deepracer_ros.experience.connection import Connection
from deepracer_ros.files import write_atomically
from deepracer_ros.learning.learner import make_learner
from deepracer_ros.race.catalogue import find_track
from deepracer_ros.report.terminal import Phase, TerminalView, TrainingStatus
from deepracer_ros.rewards.reward import find_reward
from deepracer_ros.run.checkpoint import load_checkpoint
from deepracer_ros.run.folder import RunFolder
from deepracer_ros.run.progress import ProgressRecord, ProgressTail
from deepracer_ros.simulation.sensors import sensor_specs
from deepracer_ros.training.config import RunConfig
from deepracer_ros.training.policies import open_store
from deepracer_ros.training.trainer import CHECKPOINT

WATCH_SECONDS = 0.1
STOP_SECONDS = 10.0
CHECK_SECONDS = 2.0
"""How long a Redis server that is named may take to answer before anything starts."""
PARAMETERS = "parameters.yaml"
"""The nodes' parameter file: as `config.yaml`, but with Redis' password, so for the owner only."""
NON_FINITE = 3
"""Exit code of a trainer whose loss became NaN."""

NOTHING_YET = ProgressRecord(
    env_steps=0, seconds=0.0, mean_reward=None, mean_progress=None, lap_rate=None, laps_completed=0, episodes=0,
    steps_per_second=0.0, model_version=0,
)  # fmt: skip


def check_config(config: RunConfig) -> None:
    """Find tracks, reward, simulator and the servers that are named: what is missing is said before anything starts.

    Raises:
        InputError: if one does not exist, cannot be read or does not answer.
    """
    for name in config.tracks:
        find_track(name)
    find_reward(config.reward)
    if config.simulation.simulator == "gazebo":
        from deepracer_ros.simulation.gazebo.installation import find_installation  # its parts may be absent

        find_installation()
    if config.experience.url:
        Connection(config.experience.url, patience=CHECK_SECONDS).close()
    if config.models.endpoint or config.models.aws:
        open_store(config.models, "check")


def check_checkpoint(config: RunConfig, folder: RunFolder) -> None:
    """Find out, before anything starts, whether a run that exists can go on with this configuration.

    Raises:
        InputError: if its checkpoint is damaged or of another network or action space.
    """
    path = folder.path / CHECKPOINT
    if path.exists():
        load_checkpoint(
            str(path),
            make_learner(config.learner, config.network, sensor_specs(config), config.actions, config.learning),
        )


class Session:
    """The processes of one training."""

    def __init__(self, config: RunConfig, folder: RunFolder, services: Services, view: TerminalView) -> None:
        """Write the configuration and start the processes.

        Args:
            config: Effective: with the addresses of the servers and the name of the run.
            folder: The run folder.
            services: The run's local servers, watched together with the processes.
            view: What the user sees.

        Raises:
            InputError: if the folder cannot be written.
        """
        self._config, self._folder, self._services, self._view = config, folder, services, view
        parameters = folder.path / PARAMETERS
        parameters.touch(mode=0o600)
        write_atomically(parameters, write_parameters(to_mapping(config)))
        os.chmod(parameters, 0o600)
        place = ["-p", f"run:={folder.name}", "-p", f"folder:={folder.path.resolve()}"]
        arguments = ["--ros-args", "--params-file", str(parameters), *place, "--log-level", "warn"]
        logs = folder.path / "logs"
        self._tail = ProgressTail(folder.progress_path)
        self._latest = ([NOTHING_YET] + self._tail.read())[-1]
        self._phase: Phase = "starting"
        self._revived: str | None = None
        self._processes: list[Process] = []
        try:
            self._trainer = self._start("trainer", "deepracer_ros.nodes.trainer_node", arguments, logs / "trainer.log")
            for job in range(config.jobs):
                space = ["-r", f"__ns:=/job_{job}"] if job else []
                self._start(
                    f"simulation job {job}",
                    "deepracer_ros.nodes.simulation_job",
                    [*arguments, "-p", f"job:={job}", *space],
                    logs / f"job_{job}.log",
                )
        except BaseException:
            self.close()
            raise

    def _start(self, name: str, module: str, arguments: list[str], log: Path) -> Process:
        process = Process(name, module, arguments, log)
        self._processes.append(process)
        return process

    def run(self) -> ProgressRecord:
        """Watch until training has come to its end; return the last record.

        Raises:
            InputError: if a process cannot go on: bad input, or its end again and again.
        """
        while (code := self._trainer.exit_code) != 0:
            if code == NON_FINITE:
                raise InputError(f"trainer: {self._trainer.last_words()}")
            self._watch()
            time.sleep(WATCH_SECONDS)
        self._read_progress()
        self._show("evaluating")
        return self._latest

    def _watch(self) -> None:
        """Start again what died, and show how things are."""
        revived = self._services.restart_dead()
        revived += [process.name for process in self._processes if process.restart_if_dead()]
        if revived:
            self._revived = f"started again: {', '.join(revived)}"
        self._read_progress()
        self._show(self._phase)

    def _read_progress(self) -> None:
        records = self._tail.read()
        # A trainer that resumes puts the file there anew: only what goes beyond is progress.
        if records and records[-1].env_steps > self._latest.env_steps:
            self._latest, self._phase, self._revived = records[-1], "training", None
            for process in self._processes:
                process.restarts = 0

    def _warning(self) -> str | None:
        """Return the latest trouble that is not over."""
        complaints = [complaint for process in self._processes for complaint in process.complaints()]
        return "; ".join(complaints) or self._revived

    def _show(self, phase: Phase) -> None:
        config, jobs = self._config, self._processes[1:]
        self._view.update(
            TrainingStatus(
                run=self._folder.name,
                track=",".join(Path(name).stem for name in config.tracks),
                simulator=config.simulation.simulator,
                phase=phase,
                latest=self._latest,
                jobs_alive=sum(job.exit_code is None for job in jobs),
                jobs=len(jobs),
                warning=self._warning(),
            )  # fmt: skip
        )

    def close(self) -> None:
        """Stop all processes: the jobs first, so that the trainer's last batch is whole."""
        for process in reversed(self._processes):
            process.ask_to_stop()
        for process in self._processes:
            process.wait(STOP_SECONDS)
