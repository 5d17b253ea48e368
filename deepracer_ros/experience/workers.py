# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""What a simulation job has stored, as it says itself in Redis with every append."""

import json
import socket
import time
from dataclasses import dataclass

from deepracer_ros.config import from_mapping, to_mapping
from deepracer_ros.errors import InputError


@dataclass(frozen=True)
class WorkerReport:
    """Counts of a simulation job since its start."""

    host: str
    """Name of its host."""
    seconds: float
    """Time of the report by the clock of that host, s since 1970."""
    segments: int
    """Number of segments stored before this append."""
    size: int
    """Size of these segments, bytes."""
    dropped: int
    """Number of segments that were dropped because Redis was away for too long."""

    @classmethod
    def of(cls, segments: int, size: int, dropped: int) -> "WorkerReport":
        """Return the report of this host, now.

        Args:
            segments: Number of segments stored.
            size: Their size, bytes.
            dropped: Number of segments dropped.
        """
        return cls(socket.gethostname(), time.time(), segments, size, dropped)

    def encode(self) -> bytes:
        """Return the report as JSON."""
        return json.dumps(to_mapping(self)).encode()

    @classmethod
    def decode(cls, content: bytes) -> "WorkerReport":
        """Return the report in JSON.

        Raises:
            InputError: if it is no report.
        """
        try:
            return from_mapping(cls, json.loads(content), "report of a simulation job")
        except (ValueError, RecursionError) as error:
            raise InputError(f"report of a simulation job: is not JSON ({error})") from error
