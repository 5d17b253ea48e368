# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""The rule by which dead workers are started again, the same for every engine."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from deepracer_ros.engine.engine import Engine, Report, Task
from deepracer_ros.engine.processes import BAD_INPUT, FATAL
from deepracer_ros.errors import InputError

RESTART_SECONDS = 0.5
"""Pause before a dead worker is started again, s."""
FUTILE_RESTARTS = 5
"""Number of restarts in a row, without progress of the training in between, after which the run ends."""
FUTILE_REFUSALS = 1
"""Number of such restarts of a worker that ended because of bad input; one, as its servers may have been down."""


@dataclass
class _Record:
    """What is known of one worker."""

    restarts: int = 0
    died_at: float = 0.0


class Supervisor:
    """Starts the workers of a run, and starts those again that have died.

    Attributes:
        given_up: Simulation jobs that are not started again because they would fail again, and why; the others go on.
            Only an engine on several hosts has them.
    """

    def __init__(self, engine: Engine, tasks: Sequence[Task]) -> None:
        """Start the workers.

        Args:
            engine: The engine.
            tasks: What they do.

        Raises:
            InputError: if one cannot be started; those before it are stopped.
        """
        self._engine = engine
        self._records: dict[Task, _Record] = {}
        self.given_up: dict[Task, str] = {}
        try:
            self.change([], tasks)
        except BaseException:
            self.stop()
            raise

    @property
    def tasks(self) -> list[Task]:
        """What the workers do, in the order of their starts."""
        return list(self._records)

    def change(self, gone: Sequence[Task], new: Sequence[Task]) -> None:
        """Stop the workers of some tasks, and start those of others.

        Args:
            gone: Tasks that end.
            new: Tasks that begin.

        Raises:
            InputError: if a worker cannot be started.
        """
        if gone:
            self._engine.stop(gone)
        for task in gone:
            del self._records[task]
            self.given_up.pop(task, None)
        for task in new:
            self._records[task] = _Record()
            self._engine.start(task)

    def poll(self) -> Mapping[Task, Report]:
        """Return how all workers are."""
        return self._engine.poll(self.tasks)

    def revive(self, reports: Mapping[Task, Report]) -> list[str]:
        """Start dead workers again after a pause; return the names of those that were started.

        Args:
            reports: How they are.

        Raises:
            InputError: if a restart would only repeat an error, or several in a row brought no progress; the message
                has the last words of the worker.
        """
        revived = []
        for task, report in reports.items():
            if task in self.given_up or task not in self._records:
                continue
            try:
                if self._revive(task, report.exit_code):
                    revived.append(task.name)
            except InputError as error:
                if not self._others_go_on(task, reports):
                    raise
                self.given_up[task] = f"{task.name} is given up: {error}"
        return revived

    def _others_go_on(self, task: Task, reports: Mapping[Task, Report]) -> bool:
        """Return whether the run can do without a worker: another host's simulation jobs go on."""
        others = [report for other, report in reports.items() if other.part == "simulation" and other != task]
        return self._engine.is_spread and task.part == "simulation" and any(other.is_alive for other in others)

    def _revive(self, task: Task, code: int | None) -> bool:
        record = self._records[task]
        if code is None:
            return False
        if code == FATAL:
            raise InputError(self._engine.last_words(task))
        now = time.monotonic()
        record.died_at = record.died_at or now
        if now - record.died_at < RESTART_SECONDS:
            return False
        if code == BAD_INPUT and record.restarts >= FUTILE_REFUSALS:
            raise InputError(self._engine.last_words(task))
        if record.restarts >= FUTILE_RESTARTS:
            words = self._engine.last_words(task)
            raise InputError(f"{task.name}: ended {record.restarts + 1} times ({words}); see `deepracer logs`")
        record.restarts, record.died_at = record.restarts + 1, 0.0
        self._engine.start(task)
        return True

    def progressed(self) -> None:
        """Take note of progress of the training: the restarts up to now were not futile."""
        for record in self._records.values():
            record.restarts = 0

    def stop(self) -> None:
        """Stop all workers, the simulation jobs first, so that the last batch of the trainer is complete."""
        self._engine.stop(list(reversed(self.tasks)))
