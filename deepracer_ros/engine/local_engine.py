# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""The engine of one machine: each worker is a process of its own."""

from collections.abc import Collection, Mapping

from deepracer_ros.engine.engine import Report, Task
from deepracer_ros.engine.processes import Process
from deepracer_ros.engine.ros_graph import PLAIN, RosGraph, job_namespace
from deepracer_ros.run.folder import RunFolder

STOP_SECONDS = 10.0
"""Longest wait for the end of a worker that was asked to end, s."""
JOB_NODES = ("simulation", "agent", "recorder")
"""Names of the nodes of a simulation job."""


class LocalEngine:
    """An `Engine` whose workers load their code at once, and begin when the servers are there.

    Attributes:
        is_spread: Always False.
    """

    is_spread = False

    def __init__(self, folder: RunFolder, graph: RosGraph = PLAIN) -> None:
        """Prepare the engine; nothing is started.

        Args:
            folder: Folder of the run, which has the parameters of the nodes.
            graph: Place of the nodes in the ROS graph, and what they log.
        """
        self._folder, self._graph = folder, graph
        self._processes: dict[Task, Process] = {}
        self._has_begun = False

    def start(self, task: Task) -> None:
        """Start the process of a task; start it again if it has ended.

        Raises:
            InputError: if its log cannot be written or `setpriv` of util-linux is missing.
        """
        if task in self._processes:
            self._processes[task].start_again()
            return
        arguments = ["--ros-args", "--params-file", str(self._folder.parameters)]
        if task.part == "trainer":
            module, log = "trainer_node", "trainer"
            arguments += self._graph.arguments("trainer")
        else:
            module, log = "simulation_job", f"job_{task.job}"
            arguments += ["-p", f"job:={task.job}", "-p", f"jobs:={task.jobs}"]
            arguments += self._graph.arguments(*JOB_NODES, inside=job_namespace(task.job))
        self._processes[task] = Process(
            task.name, f"deepracer_ros.nodes.{module}", arguments, self._folder.log(log), held=not self._has_begun
        )

    def begin(self) -> None:
        """Let the processes that were started go on: the servers answer."""
        self._has_begun = True
        for process in self._processes.values():
            process.release()

    def poll(self, tasks: Collection[Task]) -> Mapping[Task, Report]:
        """Return how the processes of some tasks are."""
        processes = {task: self._processes[task] for task in tasks}
        return {task: Report(process.exit_code, tuple(process.complaints())) for task, process in processes.items()}

    def stop(self, tasks: Collection[Task]) -> None:
        """Ask the processes of some tasks to end, in this order, and wait; what does not end is killed."""
        processes = [self._processes[task] for task in tasks if task in self._processes]
        for process in processes:
            process.ask_to_stop()
        for process in reversed(processes):
            process.wait(STOP_SECONDS)

    def last_words(self, task: Task) -> str:
        """Return the last line of the log of a task's process; empty if there is none."""
        return self._processes[task].last_words()
