# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""Progress records in Redis, for those who watch a training from another machine."""

from deepracer_ros.experience.bulletin import Bulletin
from deepracer_ros.run.progress import ProgressRecord, decode_record, encode_record

SHARED = "shared progress"
"""Name of the sink that writes to Redis; runs whose checkpoints are in a bucket have it."""


class SharedProgress:
    """A sink (see `run.sinks`) that appends records to the stream of the run in Redis."""

    def __init__(self, url: str, run: str, resumed_at: int) -> None:
        """Connect to Redis, and drop the records that a resumed training will write again.

        Args:
            url: URL of the Redis server.
            run: Name of the run.
            resumed_at: Environment steps of the checkpoint from which the training resumes; 0 for a new training.

        Raises:
            InputError: if the server does not answer in time, or the stream holds something else.
        """
        self._bulletin = Bulletin(url, run)
        self._bulletin.drop_records(lambda record: decode_record(record, SHARED).env_steps > resumed_at)

    def write(self, record: ProgressRecord) -> None:
        """Append one record.

        Raises:
            InputError: if the server does not answer in time.
        """
        self._bulletin.record(encode_record(record))

    def close(self) -> None:
        """Close the connection."""
        self._bulletin.close()
