# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""The progress of a training elsewhere, brought from Redis into the run folder of this machine."""

from deepracer_ros.errors import InputError
from deepracer_ros.experience.bulletin import BulletinReader
from deepracer_ros.run.folder import RunFolder
from deepracer_ros.run.progress import ProgressRecord, decode_record, read_progress
from deepracer_ros.run.sinks import Sinks
from deepracer_ros.training.config import RunConfig

PATIENCE = 0.5
"""How long Redis is asked again before the records come later, s."""


class SharedRecords:
    """The records that a trainer on another machine writes to Redis; each goes to the sinks of the run, too."""

    def __init__(self, config: RunConfig, folder: RunFolder) -> None:
        """Connect to Redis, and open the sinks.

        Args:
            config: Configuration of the run, with the address of the Redis server.
            folder: Folder of the run on this machine.

        Raises:
            InputError: if Redis does not answer in time, or the progress log is damaged.
        """
        self._reader = BulletinReader(config.experience.url, folder.name)
        before = read_progress(folder.progress)
        self._latest = before[-1].env_steps if before else 0
        self._before: list[ProgressRecord] = before
        self._sinks = Sinks(folder, self._latest, config.trainer.sinks)

    def read(self) -> list[ProgressRecord]:
        """Return the records since the last call; the first call also returns those of earlier trainings."""
        found, self._before = self._before, []
        try:
            lines = self._reader.new_records()
        except InputError:  # Redis is away: its server is restarted, or the trainer says so
            return found
        for line in lines:
            record = decode_record(line, "progress in Redis")
            if record.env_steps > self._latest:  # a trainer that took over writes some of them again
                self._latest = record.env_steps
                self._sinks.write(record)
                found.append(record)
        return found

    def close(self) -> None:
        """Let the sinks write what waits, and close the connection."""
        self._sinks.close()
        self._reader.close()
