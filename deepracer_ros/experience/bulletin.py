# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""What a trainer tells all workers of its run through Redis, on whatever machine they are.

    {run}:state      hash with `phase` (running, done, failed), `words` and `jobs`, beside the counts of the experience
    {run}:model      stream with one entry, the announcement of the newest model
    {run}:progress   stream of progress records, one per update

A worker waits for the next announcement in Redis, so it drives a new model without asking S3 again and again.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal, cast, get_args

from deepracer_ros.errors import InputError
from deepracer_ros.experience.connection import PATIENCE, Connection, Keys
from deepracer_ros.experience.status import ExperienceStatus, status_of
from deepracer_ros.experience.workers import WorkerReport

RunPhase = Literal["", "running", "done", "failed"]
"""How a run stands. Empty: it has not begun. running: its trainer works, or will be started again. done: the training
has reached its end. failed: it cannot go on."""

MOST_RECORDS = 10_000
"""Number of progress records that are kept; at two updates a second, those of more than an hour."""
LONGEST_BLOCK = 1.0
"""Longest blocking read, s; well below the timeout of the socket."""
_RECORD, _MODEL = b"record", b"model"


@dataclass(frozen=True)
class Standing:
    """How a run stands.

    Attributes:
        phase: Phase of the run.
        words: Why it failed, one line; empty otherwise.
    """

    phase: RunPhase = ""
    words: str = ""


class Bulletin:
    """The trainer's side; not safe to use from several threads at once."""

    def __init__(self, url: str, run: str, patience: float = PATIENCE) -> None:
        """Connect to Redis.

        Args:
            url: URL of the Redis server; see `Connection`.
            run: Name of the run.
            patience: How long a message is tried again while the server is unreachable, s.

        Raises:
            InputError: if the URL is malformed or the server does not answer in time.
        """
        self._keys, self._connection = Keys(run), Connection(url, patience)

    def tell(self, phase: RunPhase, words: str = "") -> None:
        """Say how the run stands.

        Args:
            phase: Phase of the run.
            words: Why it failed.

        Raises:
            InputError: if the server does not answer in time.
        """
        values = {"phase": phase, "words": " ".join(words.split())}
        self._connection.attempt(lambda: self._connection.client.hset(self._keys.state, mapping=values))

    def want_jobs(self, jobs: int) -> None:
        """Say how many simulation jobs the run shall have; the session that runs it follows.

        Args:
            jobs: Number of jobs.

        Raises:
            InputError: if the server does not answer in time.
        """
        self._connection.attempt(lambda: self._connection.client.hset(self._keys.state, "jobs", jobs))

    def announce(self, announcement: str) -> None:
        """Announce a model in place of the one before.

        Args:
            announcement: What the agents are told, as JSON.

        Raises:
            InputError: if the server does not answer in time.
        """
        self._add(self._keys.model, {_MODEL: announcement.encode()}, 1)

    def record(self, record: bytes) -> None:
        """Append a progress record; the oldest of more than `MOST_RECORDS` go.

        Args:
            record: The record as JSON.

        Raises:
            InputError: if the server does not answer in time.
        """
        self._add(self._keys.progress, {_RECORD: record}, MOST_RECORDS)

    def _add(self, key: str, fields: dict[bytes, bytes], most: int) -> None:
        client = self._connection.client
        self._connection.attempt(lambda: client.xadd(key, fields, maxlen=most, approximate=most > 1))

    def drop_records(self, unwanted: Callable[[bytes], bool]) -> None:
        """Remove the newest progress records, as far back as they are unwanted.

        Args:
            unwanted: Whether a record, JSON, is unwanted.

        Raises:
            InputError: if the server does not answer in time.
        """
        client, key = self._connection.client, self._keys.progress
        for entry, fields in self._connection.attempt(lambda: client.xrevrange(key)):
            if not unwanted(fields[_RECORD]):
                return
            self._connection.attempt(partial(client.xdel, key, entry))

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()


class BulletinReader:
    """A worker's side; not safe to use from several threads at once."""

    def __init__(self, url: str, run: str, patience: float = PATIENCE) -> None:
        """Connect to Redis.

        Args:
            url: URL of the Redis server; see `Connection`.
            run: Name of the run.
            patience: How long a question is tried again while the server is unreachable, s.

        Raises:
            InputError: if the URL is malformed or the server does not answer in time.
        """
        self._keys, self._connection = Keys(run), Connection(url, patience)
        self._seen_model: Any = "0-0"
        self._seen_record: Any = "-"

    def standing(self) -> Standing:
        """Return how the run stands.

        Raises:
            InputError: if the server does not answer in time.
        """
        client = self._connection.client
        found = self._connection.attempt(lambda: client.hmget(self._keys.state, "phase", "words"))
        phase, words = (value.decode(errors="replace") if value else "" for value in found)
        if phase not in get_args(RunPhase):
            raise InputError(f"redis {self._connection.url}: {self._keys.state}: phase: found {phase!r}")
        return Standing(cast("RunPhase", phase), words)

    def wanted_jobs(self) -> int:
        """Return how many simulation jobs the run shall have; 0 if nobody has said so.

        Raises:
            InputError: if the server does not answer in time.
        """
        found = self._connection.attempt(lambda: self._connection.client.hget(self._keys.state, "jobs")) or b""
        return int(found) if found.isdigit() else 0

    def experience(self) -> ExperienceStatus:
        """Return fill level and counts of the run's experience.

        Raises:
            InputError: if the server does not answer in time.
        """
        return status_of(self._connection, self._keys)

    def workers(self) -> dict[str, WorkerReport]:
        """Return what each simulation job has stored, by its name.

        Raises:
            InputError: if the server does not answer in time, or an entry is no report.
        """
        found = self._connection.attempt(lambda: self._connection.client.hgetall(self._keys.workers))
        return {name.decode(): WorkerReport.decode(report) for name, report in sorted(found.items())}

    def latest_record(self) -> bytes | None:
        """Return the newest progress record, JSON; None before the first.

        Raises:
            InputError: if the server does not answer in time.
        """
        client = self._connection.client
        entries = self._connection.attempt(lambda: client.xrevrange(self._keys.progress, count=1))
        return entries[0][1][_RECORD] if entries else None

    def next_model(self, seconds: float) -> str | None:
        """Wait for an announcement that this reader has not returned yet; None if there is none in time.

        Args:
            seconds: Longest wait, s; `LONGEST_BLOCK` at most.

        Raises:
            InputError: if the server does not answer in time.
        """
        milliseconds = max(1, int(1e3 * min(seconds, LONGEST_BLOCK)))
        client, where = self._connection.client, {self._keys.model: self._seen_model}
        streams = self._connection.attempt(lambda: client.xread(where, block=milliseconds))
        for _, entries in streams.items() if isinstance(streams, dict) else streams or ():
            rows = entries[0] if entries and isinstance(entries[0], list) else entries
            for entry, fields in rows:
                self._seen_model = entry
                return str(fields[_MODEL].decode(errors="replace"))
        return None

    def new_records(self) -> list[bytes]:
        """Return the progress records, JSON, that this reader has not returned yet, oldest first.

        Raises:
            InputError: if the server does not answer in time.
        """
        client, first = self._connection.client, self._seen_record
        entries = self._connection.attempt(lambda: client.xrange(self._keys.progress, min=first))
        if entries:
            self._seen_record = b"(" + entries[-1][0]
        return [fields[_RECORD] for _, fields in entries]

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()
