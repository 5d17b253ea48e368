# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""The number of simulation jobs of a run that trains, which `deepracer scale` changes through Redis."""

import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace

from deepracer_ros.engine.engine import Task
from deepracer_ros.errors import InputError
from deepracer_ros.experience.bulletin import Bulletin, BulletinReader
from deepracer_ros.training.config import MOST_JOBS, RunConfig

LOOK_SECONDS = 1.0
"""Interval at which Redis is asked, s."""
PATIENCE = 2.0
"""How long Redis is asked again while it does not answer, s."""


class JobCount:
    """Follows the wanted number of jobs; the tracks are shared out anew when it changes."""

    def __init__(self, config: RunConfig, run: str) -> None:
        """Say in Redis how many jobs there are.

        Args:
            config: Configuration of the run, with the address of the Redis server.
            run: Name of the run.

        Raises:
            InputError: if Redis does not answer.
        """
        self._config = config
        self._bulletin = Bulletin(config.experience.url, run, PATIENCE)
        self._reader = BulletinReader(config.experience.url, run, patience=0.0)
        self._bulletin.tell("running")
        self._bulletin.want_jobs(config.jobs)
        self._looked = time.monotonic()

    def changes(self, tasks: Sequence[Task]) -> tuple[list[Task], list[Task]]:
        """Return the tasks that shall end, and those that shall begin; mostly none.

        Args:
            tasks: What the workers do now.
        """
        now = time.monotonic()
        if now - self._looked < LOOK_SECONDS:
            return [], []
        self._looked = now
        jobs = {task.job: task for task in tasks if task.part == "simulation"}
        wanted = 0
        with suppress(InputError):  # Redis is away, or its server is restarted
            wanted = self._reader.wanted_jobs()
        if not 0 < wanted <= MOST_JOBS or wanted == len(jobs):
            return [], []
        kept: list[Task] = []
        for job in range(wanted):
            task = Task("simulation", job, wanted)
            old = jobs.get(job)
            kept.append(old if old is not None and self._tracks(old) == self._tracks(task) else task)
        gone = [task for task in jobs.values() if task not in kept]
        return gone, [task for task in kept if task not in jobs.values()]

    def _tracks(self, task: Task) -> tuple[str, ...]:
        return replace(self._config, jobs=task.jobs).job_tracks(task.job)

    def give_up(self, words: str) -> None:
        """Tell the workers elsewhere that the run has failed.

        Args:
            words: Why, one line.
        """
        with suppress(InputError):  # the error itself is reported
            self._bulletin.tell("failed", words)

    def close(self) -> None:
        """Close the connections."""
        self._reader.close()
        self._bulletin.close()
