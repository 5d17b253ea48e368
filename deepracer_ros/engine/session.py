# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""The session of a training: starts, watches and restarts its processes, and shows their state."""

import re
import time
from collections.abc import Callable
from dataclasses import dataclass

from deepracer_ros.config import to_mapping
from deepracer_ros.engine.processes import FATAL, HEALTH_LOGGER, Process
from deepracer_ros.engine.servers import Services
from deepracer_ros.errors import InputError
from deepracer_ros.report.terminal import TerminalView, TrainingStatus
from deepracer_ros.run.folder import RunFolder
from deepracer_ros.run.progress import ProgressRecord, ProgressTail
from deepracer_ros.run.state import Phase, StateFile
from deepracer_ros.training.config import RunConfig

WATCH_SECONDS = 0.1
STOP_SECONDS = 10.0
WAITING_SECONDS = 5.0
"""Time without progress after which a trainer with an error is shown as waiting, s."""

NAMESPACE = re.compile(r"/?[A-Za-z_]\w*(/[A-Za-z_]\w*)*/?", re.ASCII)
NOTHING_YET = ProgressRecord(
    env_steps=0, seconds=0.0, mean_reward=None, mean_progress=None, lap_rate=None, laps_completed=0, episodes=0,
    steps_per_second=0.0, model_version=0,
)  # fmt: skip


@dataclass(frozen=True)
class RosGraph:
    """Place of the nodes of a training in the ROS graph, and what they log.

    Attributes:
        namespace: Namespace of the nodes; empty: none.
        log_level: Log level of the nodes.
    """

    namespace: str = ""
    log_level: str = "warn"

    def __post_init__(self) -> None:
        """Check the namespace.

        Raises:
            InputError: if ROS does not allow it.
        """
        if self.namespace and not NAMESPACE.fullmatch(self.namespace):
            raise InputError(f"namespace: found {self.namespace!r}, expected names of letters, digits and _ between /")

    def arguments(self, *nodes: str, inside: str = "") -> list[str]:
        """Return the ROS arguments of a process: its namespace, where models are announced, and the log levels.

        Args:
            nodes: Names of the nodes in the process. What they log of their health is always written, because the
                session reads it.
            inside: Namespace of the process inside this one; empty: none.
        """
        parts = [part for part in self.namespace.split("/") if part]
        own = [*parts, inside] if inside else parts
        arguments = ["-r", f"__ns:=/{'/'.join(own)}"] if own else []
        if inside:  # one trainer announces its models to the agents of all jobs
            arguments += ["-r", f"model/published:=/{'/'.join([*parts, 'model', 'published'])}"]
        arguments += ["--log-level", self.log_level]
        for node in nodes:
            arguments += ["--log-level", f"{'.'.join([*own, node, HEALTH_LOGGER])}:=info"]
        return arguments


JOB_NODES = ("simulation", "agent", "recorder")
"""Names of the nodes of a simulation job."""
PLAIN = RosGraph()


class Session:
    """The processes of one training: the trainer and the simulation jobs. They load their code while servers start."""

    def __init__(
        self,
        config: RunConfig,
        folder: RunFolder,
        services: Services,
        view: TerminalView,
        state: StateFile,
        track: str,
        graph: RosGraph = PLAIN,
    ) -> None:
        """Write the nodes' parameters and start the processes.

        Args:
            config: Effective configuration, with the addresses of the servers.
            folder: Folder of the run.
            services: Local servers of the run, which are watched and restarted too.
            view: Terminal view of the training.
            state: Writer of the run's `state.json`.
            track: Names of the tracks for the view.
            graph: Place of the nodes in the ROS graph, and what they log.

        Raises:
            InputError: if the folder cannot be written.
        """
        self._config, self._folder, self._services = config, folder, services
        self._view, self._state, self._track = view, state, track
        self._graph = graph
        # The name is given in the file, which quotes text: on a command line ROS would not take `n` or `7` as text.
        folder.write_parameters({"run": folder.name, "folder": str(folder.path.resolve()), **to_mapping(config)})
        self._tail = ProgressTail(folder.progress)
        self._latest = ([NOTHING_YET] + self._tail.read())[-1]
        self._advanced = time.monotonic()
        self._phase: Phase = "starting"
        self._revived = ""
        self._processes: list[Process] = []
        try:
            self._start_all()
        except BaseException:
            self.close()
            raise

    def _start_all(self) -> None:
        arguments = ["--ros-args", "--params-file", str(self._folder.parameters)]
        self._trainer = self._start(
            "trainer", "trainer_node", [*arguments, *self._graph.arguments("trainer")], "trainer"
        )
        for job in range(self._config.jobs):
            place = ["-p", f"job:={job}", *self._graph.arguments(*JOB_NODES, inside=f"job_{job}" if job else "")]
            self._start(f"simulation job {job}", "simulation_job", [*arguments, *place], f"job_{job}")

    def _start(self, name: str, node: str, arguments: list[str], log: str) -> Process:
        process = Process(name, f"deepracer_ros.nodes.{node}", arguments, self._folder.log(log), held=True)
        self._processes.append(process)
        return process

    def run(self, on_laps: Callable[[], None] = lambda: None) -> None:
        """Let the processes go on when the servers answer; watch them until training has reached its configured end.

        Args:
            on_laps: Called again and again while the last evaluation has every lap complete: the end may be near.

        Raises:
            InputError: if a process cannot continue, because of bad input or repeated ends, the loss became NaN, or the
                reward function failed.
        """
        self._services.wait_ready()
        for process in self._processes:
            process.release()
        while self._trainer.exit_code != 0:
            for process in self._processes:
                if process.exit_code == FATAL:
                    raise InputError(process.last_words())
            self._watch()
            if self._latest.evaluation and self._latest.evaluation.is_perfect:
                on_laps()
            time.sleep(WATCH_SECONDS)
        self._read_progress()
        self._phase = "evaluating"
        self._show()

    def _watch(self) -> None:
        """Restart dead servers and processes, and update the view and the state."""
        revived = self._services.restart_dead()
        revived += [process.name for process in self._processes if process.restart_if_dead()]
        if revived:
            self._revived = f"restarted: {', '.join(revived)}"
        self._read_progress()
        self._show()

    def _read_progress(self) -> None:
        records = self._tail.read()
        # A trainer that resumes may replace the file: only records beyond the latest one are progress.
        if records and records[-1].env_steps > self._latest.env_steps:
            self._latest, self._phase, self._revived = records[-1], "training", ""
            self._advanced = time.monotonic()
            for process in self._processes:
                process.restarts = 0
        elif self._phase == "starting" and all(process.exit_code is None for process in self._processes):
            # The trainer opens its progress log when it starts to wait for experience.
            self._phase = "filling" if self._folder.progress.exists() else "starting"
        elif self._trainer.complains and time.monotonic() - self._advanced > WAITING_SECONDS:
            self._phase = "waiting"

    def _warning(self) -> str:
        """Return the current errors of all nodes, or which processes were restarted."""
        complaints = [complaint for process in self._processes for complaint in process.complaints()]
        return "; ".join(complaints) or self._revived

    def _show(self) -> None:
        jobs, warning = self._processes[1:], self._warning()
        self._state.write(self._phase, warning)
        self._view.update(
            TrainingStatus(
                run=self._folder.name,
                track=self._track,
                simulator=self._config.simulation.simulator,
                phase=self._phase,
                latest=self._latest,
                jobs_alive=sum(job.exit_code is None for job in jobs),
                jobs=len(jobs),
                warning=warning or None,
            )  # fmt: skip
        )

    def close(self) -> None:
        """Stop all processes, the simulation jobs first, so that the last batch of the trainer is complete."""
        for process in reversed(self._processes):
            process.ask_to_stop()
        for process in self._processes:
            process.wait(STOP_SECONDS)
