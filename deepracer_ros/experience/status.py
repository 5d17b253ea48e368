# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""Fill level and counts of the experience of a run in Redis."""

from dataclasses import dataclass

from deepracer_ros.experience.connection import Connection, Keys


@dataclass(frozen=True)
class ExperienceStatus:
    """Fill level and counts of a run's experience, over all writers and readers.

    Attributes:
        segments: Number of segments held now.
        bytes: Size of the segments held now, bytes.
        appended: Number of segments stored since the run began.
        duplicates: Number of segments that were sent again and not stored again.
        trimmed: Number of oldest segments removed to make room (mode `replay`).
        acknowledged: Number of segments that the trainer consumed and removed.
    """

    segments: int
    bytes: int
    appended: int
    duplicates: int
    trimmed: int
    acknowledged: int


def status_of(connection: Connection, keys: Keys) -> ExperienceStatus:
    """Return fill level and counts of a run's experience.

    Args:
        connection: Connection to the Redis server.
        keys: Names of the run's keys.

    Raises:
        InputError: if the server does not answer in time.
    """
    client = connection.client
    length, state = connection.attempt(lambda: (client.xlen(keys.index), client.hgetall(keys.state)))
    names = ("bytes", "appended", "duplicates", "trimmed", "acknowledged")
    return ExperienceStatus(length, *(int(state.get(name.encode(), 0)) for name in names))
