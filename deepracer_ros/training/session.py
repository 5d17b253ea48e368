"""One training from start to end: servers, processes, the view, the final evaluation."""

import os
import time
from dataclasses import replace
from pathlib import Path

import yaml

from deepracer_ros.config import to_mapping
from deepracer_ros.errors import InputError
from deepracer_ros.experience.connection import hide_password
from deepracer_ros.race.catalogue import find_track
from deepracer_ros.race.reward import find_reward
from deepracer_ros.report.files import write_atomically
from deepracer_ros.report.progress import ProgressRecord, ProgressTail
from deepracer_ros.report.run_folder import RunFolder
from deepracer_ros.report.terminal import Phase, TerminalView, TrainingStatus
from deepracer_ros.training.config import RunConfig
from deepracer_ros.training.processes import Process
from deepracer_ros.training.services import Services

WATCH_SECONDS = 0.1
STOP_SECONDS = 10.0
PARAMETERS = "parameters.yaml"
"""The nodes' parameter file: as `config.yaml`, but with Redis' password, so for the owner only."""
NON_FINITE = 3
"""Exit code of a trainer whose loss became NaN."""

NOTHING_YET = ProgressRecord(
    env_steps=0, seconds=0.0, mean_reward=None, mean_progress=None, lap_rate=None, laps_completed=0, episodes=0,
    steps_per_second=0.0, model_version=0,
)  # fmt: skip


def check_config(config: RunConfig) -> None:
    """Find every track and the reward, so that what is missing is said before anything starts.

    Raises:
        InputError: if one does not exist or cannot be read.
    """
    for name in config.tracks:
        find_track(name)
    find_reward(config.reward)


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
        folder.write_config(public(config))
        parameters = folder.path / PARAMETERS
        parameters.touch(mode=0o600)
        write_atomically(parameters, yaml.safe_dump({"/**": {"ros__parameters": to_mapping(config)}}).encode())
        os.chmod(parameters, 0o600)
        arguments = ["--ros-args", "--params-file", str(parameters), "--log-level", "warn"]
        logs = folder.path / "logs"
        self._trainer = Process("trainer", "deepracer_ros.nodes.trainer_node", arguments, logs / "trainer.log")
        self._jobs = [
            Process(
                f"simulation job {job}",
                "deepracer_ros.nodes.simulation_job",
                [*arguments, "-p", f"job:={job}", *(["-r", f"__ns:=/job_{job}"] if job else [])],
                logs / f"job_{job}.log",
            )
            for job in range(config.jobs)
        ]
        self._tail = ProgressTail(folder.progress_path)
        self._latest = NOTHING_YET
        self._warning: str | None = None

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
        for process in (self._trainer, *self._jobs):
            if process.exit_code == 2 and self._latest is NOTHING_YET:
                raise InputError(process.last_words())
            if process.exit_code is not None:
                self._warning = f"{process.name} ended ({process.exit_code}): {process.last_words()}"
            if process.restart_if_dead():
                revived.append(process.name)
        if revived:
            self._warning = f"started again: {', '.join(revived)}"
        self._read_progress()
        self._show("starting" if self._latest is NOTHING_YET else "training")

    def _read_progress(self) -> None:
        records = self._tail.read()
        if records:
            self._latest = records[-1]
            for process in (self._trainer, *self._jobs):
                process.restarts = 0

    def _show(self, phase: Phase) -> None:
        config = self._config
        self._view.update(
            TrainingStatus(
                run=config.run,
                track=",".join(Path(name).stem for name in config.tracks),
                simulator=config.simulation.simulator,
                phase=phase,
                latest=self._latest,
                jobs_alive=sum(job.exit_code is None for job in self._jobs),
                jobs=len(self._jobs),
                warning=self._warning,
            )  # fmt: skip
        )

    def close(self) -> None:
        """Stop all processes: the jobs first, so that the trainer's last batch is whole."""
        for process in (*self._jobs, self._trainer):
            process.ask_to_stop()
        for process in (*self._jobs, self._trainer):
            process.wait(STOP_SECONDS)


def public(config: RunConfig) -> RunConfig:
    """Return the configuration without secrets, as it is saved with the run and every model."""
    return replace(config, experience=replace(config.experience, url=hide_password(config.experience.url)))


def with_run(config: RunConfig, folder: RunFolder) -> RunConfig:
    """Return the configuration for one run folder, with the simulation's window that its segments ask for."""
    # One segment and a little more: time for an append, and no second segment driven by an old model.
    window = config.experience.segment_steps + 8
    return replace(
        config,
        run=folder.name,
        folder=str(folder.path.resolve()),
        simulation=replace(config.simulation, window=window),
    )
