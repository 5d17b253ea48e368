# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""The session of a training: starts, watches and restarts its workers, and shows their state."""

import time
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass
from typing import Protocol

from deepracer_ros.engine.engine import TRAINER, Engine, Report, Task
from deepracer_ros.engine.job_count import JobCount
from deepracer_ros.engine.servers import Services
from deepracer_ros.engine.supervisor import Supervisor
from deepracer_ros.errors import InputError
from deepracer_ros.report.terminal import TerminalView, TrainingStatus
from deepracer_ros.run.folder import RunFolder
from deepracer_ros.run.progress import ProgressRecord
from deepracer_ros.run.state import Phase, StateFile
from deepracer_ros.training.config import RunConfig

WATCH_SECONDS = 0.1
WAITING_SECONDS = 5.0
"""Time without progress after which a trainer with an error is shown as waiting, s."""

NOTHING_YET = ProgressRecord(
    env_steps=0, seconds=0.0, mean_reward=None, mean_progress=None, lap_rate=None, laps_completed=0, episodes=0,
    steps_per_second=0.0, model_version=0,
)  # fmt: skip


class Records(Protocol):
    """Protocol of a source of progress records."""

    def read(self) -> list[ProgressRecord]:
        """Return the records since the last call."""
        ...


@dataclass(frozen=True, eq=False)
class Placement:
    """Where the parts of a training are.

    Attributes:
        services: Servers of the run, which are watched and restarted too.
        engine: The engine that starts the workers.
        records: Source of the progress of the training.
    """

    services: Services
    engine: Engine
    records: Records


class Session:
    """The workers of one training, the trainer and the simulation jobs, on whatever engine."""

    def __init__(
        self,
        config: RunConfig,
        folder: RunFolder,
        place: Placement,
        view: TerminalView,
        state: StateFile,
        track: str,
    ) -> None:
        """Start the workers.

        Args:
            config: Effective configuration, with the addresses of the servers.
            folder: Folder of the run.
            place: Servers, engine and records of the run.
            view: Terminal view of the training.
            state: Writer of the run's `state.json`.
            track: Names of the tracks for the view.

        Raises:
            InputError: if a worker cannot be started.
        """
        self._config, self._folder = config, folder
        self._view, self._state, self._track = view, state, track
        self._services, self._engine, self._records = place.services, place.engine, place.records
        self._latest = ([NOTHING_YET] + self._records.read())[-1]
        self._advanced = time.monotonic()
        self._phase: Phase = "starting"
        self._revived = ""
        jobs = [Task("simulation", job, config.jobs) for job in range(config.jobs)]
        self._supervisor = Supervisor(self._engine, [TRAINER, *jobs])

    def run(self, on_laps: Callable[[], None] = lambda: None) -> None:
        """Let the workers go on when the servers answer; watch them until training has reached its configured end.

        Args:
            on_laps: Called again and again while the last evaluation has every lap complete: the end may be near.

        Raises:
            InputError: if a worker cannot continue, because of bad input or repeated ends, the loss became NaN, or the
                reward function failed.
        """
        self._services.wait_ready()
        with closing(JobCount(self._config, self._folder.name)) as wanted:
            self._engine.begin()
            try:
                while (reports := self._supervisor.poll())[TRAINER].exit_code != 0:
                    self._watch(reports, wanted)
                    if self._latest.evaluation and self._latest.evaluation.is_perfect:
                        on_laps()
                    time.sleep(WATCH_SECONDS)
            except InputError as error:
                wanted.give_up(str(error))
                raise
        self._read_progress(reports)
        self._phase = "evaluating"
        self._show(reports)

    def _watch(self, reports: Mapping[Task, Report], wanted: JobCount) -> None:
        """Restart dead servers and workers, change their number, and update the view and the state."""
        revived = self._services.restart_dead() + self._supervisor.revive(reports)
        self._supervisor.change(*wanted.changes(self._supervisor.tasks))
        if revived:
            self._revived = f"restarted: {', '.join(revived)}"
        self._read_progress(reports)
        self._show(reports)

    def _read_progress(self, reports: Mapping[Task, Report]) -> None:
        records = self._records.read()
        # A trainer that resumes may replace the file: only records beyond the latest one are progress.
        if records and records[-1].env_steps > self._latest.env_steps:
            self._latest, self._phase, self._revived = records[-1], "training", ""
            self._advanced = time.monotonic()
            self._supervisor.progressed()
        elif self._phase == "starting" and all(report.is_alive for report in reports.values()):
            # The trainer opens its progress log when it starts to wait for experience.
            self._phase = "filling" if self._folder.progress.exists() else "starting"
        elif reports[TRAINER].complaints and time.monotonic() - self._advanced > WAITING_SECONDS:
            self._phase = "waiting"

    def _show(self, reports: Mapping[Task, Report]) -> None:
        """Show the state, with the current errors of all nodes, or which workers were restarted."""
        complaints = [complaint for report in reports.values() for complaint in report.complaints]
        warning = "; ".join([*complaints, *self._supervisor.given_up.values()]) or self._revived
        self._state.write(self._phase, warning)
        jobs = [report for task, report in reports.items() if task.part == "simulation"]
        self._view.update(
            TrainingStatus(
                run=self._folder.name,
                track=self._track,
                simulator=self._config.simulation.simulator,
                phase=self._phase,
                latest=self._latest,
                jobs_alive=sum(job.is_alive for job in jobs),
                jobs=len(jobs),
                warning=warning or None,
            )  # fmt: skip
        )

    def close(self) -> None:
        """Stop all workers, the simulation jobs first, so that the last batch of the trainer is complete."""
        self._supervisor.stop()
