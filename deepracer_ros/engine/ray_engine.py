# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""The engine of a Ray cluster, the only module that knows Ray: each worker is an actor that watches one process."""

import logging
import os
import tempfile
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import ray
from ray.exceptions import RayActorError, RayError

from deepracer_ros.engine.engine import Report, Task
from deepracer_ros.engine.processes import BAD_INPUT, Process
from deepracer_ros.errors import InputError
from deepracer_ros.share import version

STOP_SECONDS = 10.0
"""Longest wait for the end of a worker that was asked to end, s."""
ANSWER_SECONDS = 5.0
"""Longest wait for an actor's answer, s."""
TRAINER_RESOURCE = "trainer"
"""Custom resource of the nodes on which the trainer may be, for example those that are not spot instances."""
LOST = -9
"""Exit code of a worker whose node or actor was lost."""


@contextmanager
def connected() -> Iterator[str]:
    """Connect this process to the cluster of this machine, or a new one that ends with it; yield this node's address.

    Raises:
        InputError: if there is no such cluster, or it refuses the token.
    """
    os.environ.setdefault("RAY_BACKEND_LOG_LEVEL", "fatal")  # else a wrong token is 40 lines
    quiet: dict[str, Any] = {"log_to_driver": False, "logging_level": "error", "configure_logging": False}
    try:
        with suppress(ConnectionError):
            ray.init(address="auto", **quiet)
        if not ray.is_initialized():
            os.environ.setdefault("RAY_AUTH_MODE", "token")  # else anybody on this machine could use it
            ray.init(include_dashboard=False, **quiet)
    except (ConnectionError, RuntimeError, ValueError, RayError) as error:
        raise InputError(f"--cluster auto: {_words(error)}; expected a running Ray cluster") from error
    try:
        yield str(ray.util.get_node_ip_address())
    finally:
        ray.shutdown()


def other_hosts(host: str) -> list[str]:
    """Return the addresses of the nodes of the cluster that are on other hosts."""
    return sorted({node["NodeManagerAddress"] for node in ray.nodes() if node["Alive"]} - {host})


class Host:
    """An actor: it runs `deepracer work` as a process beside it, and answers for it."""

    def __init__(self, task: Task, arguments: list[str], environment: Mapping[str, str], expected: str) -> None:
        """Start the process, unless this node has another version of the package.

        Args:
            task: What the worker does.
            arguments: Command line of `deepracer` after its name.
            environment: Variables of the process, with the passwords of the servers.
            expected: Version of the package of the driver.
        """
        self._node, self._process = ray.util.get_node_ip_address(), None
        self._refusal = ""
        if (found := version()) != expected:
            self._refusal = f"found deepracer_ros {found}, expected {expected} as on the driver's node"
            return
        os.environ.update(environment)  # of this actor's own process
        self._folder = tempfile.TemporaryDirectory(prefix="deepracer-worker-")
        folder = Path(self._folder.name)
        arguments = [*arguments, "--folder", str(folder / "run")]
        self._process = Process(task.name, "deepracer_ros.cli.main", arguments, folder / "worker.log")

    def report(self) -> Report:
        """Return how the process is."""
        if self._process is None:
            return Report(BAD_INPUT)
        return Report(self._process.exit_code, tuple(self._process.complaints()))

    def last_words(self) -> str:
        """Return the node and the last line of the process."""
        return f"node {self._node}: {self._refusal if self._process is None else self._process.last_words()}"

    def stop(self, seconds: float) -> None:
        """Ask the process to end, and wait; kill it if it does not end in time."""
        if self._process is not None:
            self._process.ask_to_stop()
            self._process.wait(seconds)


class RayEngine:
    """An `Engine` on the Ray cluster to which this process is connected.

    Attributes:
        is_spread: Always True.
    """

    is_spread = True

    def __init__(self, arguments: Callable[[Task], list[str]], environment: Mapping[str, str]) -> None:
        """Prepare the engine; nothing is started.

        Args:
            arguments: Returns the command line of a task after the name `deepracer`.
            environment: Variables of all workers, with the passwords of the servers.
        """
        self._arguments, self._environment = arguments, dict(environment)
        self._actors: dict[Task, Any] = {}
        self._asked: dict[Task, Any] = {}
        self._reports: dict[Task, Report] = {}
        self._lost: dict[Task, str] = {}

    def start(self, task: Task) -> None:
        """Let Ray place an actor for a task, in place of the one before."""
        if task in self._actors:
            self._drop(task)
        options: dict[str, Any] = {"num_cpus": 1, "max_restarts": 0, "scheduling_strategy": "SPREAD"}
        if task.part == "trainer" and ray.cluster_resources().get(TRAINER_RESOURCE):
            options["resources"] = {TRAINER_RESOURCE: 1e-3}
        actor = ray.remote(Host).options(**options)
        self._actors[task] = actor.remote(task, self._arguments(task), self._environment, version())
        self._reports[task] = Report(None, is_placed=False)
        self._lost.pop(task, None)

    def begin(self) -> None:
        """Do nothing: the actors begin when they are placed."""

    def _drop(self, task: Task) -> None:
        with suppress(RayError):
            ray.kill(self._actors.pop(task), no_restart=True)
        self._asked.pop(task, None)

    def poll(self, tasks: Collection[Task]) -> Mapping[Task, Report]:
        """Return how the workers of some tasks are, as far as their actors have answered."""
        for task in tasks:
            if task not in self._asked and task not in self._lost:
                self._asked[task] = self._actors[task].report.remote()
        waiting = {self._asked[task]: task for task in tasks if task in self._asked}
        ready, _ = ray.wait(list(waiting), num_returns=len(waiting), timeout=0) if waiting else ([], [])
        for answer in ready:
            task = waiting[answer]
            del self._asked[task]
            try:
                self._reports[task] = ray.get(answer, timeout=ANSWER_SECONDS)
            except RayError as error:
                self._lost[task] = _words(error)
                code = LOST if isinstance(error, RayActorError) else BAD_INPUT
                self._reports[task] = Report(code)
        return {task: self._reports[task] for task in tasks}

    def stop(self, tasks: Collection[Task]) -> None:
        """Ask the workers of some tasks to end, in this order, and wait; what does not end is killed."""
        placed = [task for task in tasks if task in self._actors and self._reports[task].is_placed]
        answers = [self._actors[task].stop.remote(STOP_SECONDS) for task in placed if task not in self._lost]
        if answers:
            ray.wait(answers, num_returns=len(answers), timeout=STOP_SECONDS + ANSWER_SECONDS)
        for task in tasks:
            if task in self._actors:
                self._drop(task)

    def last_words(self, task: Task) -> str:
        """Return the last line of a worker with its node, or how it was lost."""
        if task in self._lost:
            return self._lost[task]
        try:
            return str(ray.get(self._actors[task].last_words.remote(), timeout=ANSWER_SECONDS))
        except RayError as error:
            return _words(error)


def _words(error: Exception) -> str:
    """Return an error of Ray as one line: the last line of its text says the most, and the first sentence of it."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[-1].split(". ")[0].rstrip(".") if lines else type(error).__name__


class JobClient:
    """Access to the Jobs API of a cluster."""

    def __init__(self, address: str) -> None:
        """Connect.

        Args:
            address: `http://HEAD:8265`.

        Raises:
            InputError: if the cluster does not answer, or refuses the token.
        """
        from ray.job_submission import JobSubmissionClient  # takes long, and needs ray[default]

        logging.getLogger("ray").setLevel(logging.ERROR)
        self._address = address
        with self._errors():
            self._client = JobSubmissionClient(address)

    @contextmanager
    def _errors(self) -> Iterator[None]:
        try:
            yield
        except (ConnectionError, RuntimeError, OSError, RayError) as error:
            raise InputError(
                f"--cluster {self._address}: {_words(error)}; expected a Ray cluster that answers, and its token in "
                "RAY_AUTH_TOKEN where it wants one"
            ) from error

    def submit(self, entry: str, folder: str) -> str:
        """Submit a command that runs in a copy of a folder; return the name of the job.

        Args:
            entry: Command line of the shell.
            folder: The folder; it must hold no secrets.

        Raises:
            InputError: if the cluster refuses.
        """
        with self._errors():
            return str(self._client.submit_job(entrypoint=entry, runtime_env={"working_dir": folder}))

    def look(self, job: str) -> tuple[int | None, str]:
        """Return the exit code of a job, None while it runs, and all that it has printed.

        Raises:
            InputError: if the cluster does not answer.
        """
        with self._errors():
            info, log = self._client.get_job_info(job), str(self._client.get_job_logs(job))
        if not info.status.is_terminal():
            return None, log
        code = info.driver_exit_code
        return (code if code is not None else BAD_INPUT), log

    def stop(self, job: str) -> None:
        """Ask a job to end.

        Raises:
            InputError: if the cluster does not answer.
        """
        with self._errors():
            self._client.stop_job(job)
