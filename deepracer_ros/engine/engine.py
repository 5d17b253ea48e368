# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""The protocol of an engine: it places the workers of a run and starts them; what they do, they find themselves."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Literal, NamedTuple, Protocol


@dataclass(frozen=True, order=True)
class Task:
    """What one worker of a run does.

    Attributes:
        part: The trainer, or a simulation job.
        job: Number of the simulation job.
        jobs: Number of simulation jobs among which the tracks are shared out.
    """

    part: Literal["trainer", "simulation"]
    job: int = 0
    jobs: int = 1

    @property
    def name(self) -> str:
        """Name of the worker for messages."""
        return "trainer" if self.part == "trainer" else f"simulation job {self.job}"


TRAINER = Task("trainer")


class Report(NamedTuple):
    """How a worker is.

    Attributes:
        exit_code: Its exit code, minus the signal number after a signal; None while it runs or waits for a place.
        complaints: Current errors of its nodes, one "NODE: TEXT" per node.
        is_placed: Whether it has a place.
    """

    exit_code: int | None
    complaints: tuple[str, ...] = ()
    is_placed: bool = True

    @property
    def is_alive(self) -> bool:
        """Whether it has a place and has not ended."""
        return self.is_placed and self.exit_code is None


class Engine(Protocol):
    """Protocol of an engine. A call returns at once, except `stop`, which has a deadline."""

    is_spread: bool
    """Whether its workers are on several hosts: then what one meets may be the fault of its host."""

    def start(self, task: Task) -> None:
        """Start the worker of a task; start another one if it has ended.

        Raises:
            InputError: if it cannot be started.
        """
        ...

    def begin(self) -> None:
        """Let the workers go on that were started before the servers answered."""
        ...

    def poll(self, tasks: Collection[Task]) -> Mapping[Task, Report]:
        """Return how the workers of some tasks are."""
        ...

    def stop(self, tasks: Collection[Task]) -> None:
        """Ask the workers of some tasks to end, in this order, and wait; what does not end is killed."""
        ...

    def last_words(self, task: Task) -> str:
        """Return the last line that the worker of a task has written; empty if there is none."""
        ...
