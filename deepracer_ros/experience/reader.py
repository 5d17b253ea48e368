# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""Reads the experience of a run from Redis; each segment enters the checkpoints exactly once.

A segment that was taken stays in Redis until `acknowledge`, which the trainer calls after the checkpoint that contains
it is written. If the trainer is killed before the checkpoint, `recover` returns the segment again. If it is killed
between checkpoint and acknowledgement, the checkpoint names the segment, and `recover` removes it.
"""

import time
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from functools import partial
from typing import Any

import redis

from deepracer_ros.errors import InputError
from deepracer_ros.experience.connection import PATIENCE, Connection, Keys, unique_worker
from deepracer_ros.experience.encoding import decode
from deepracer_ros.experience.segment import Segment
from deepracer_ros.experience.status import ExperienceStatus, status_of

_GROUP = "trainer"
_LONGEST_BLOCK = 1.0
"""Longest blocking read, s; well below the timeout of the socket."""

_REMOVE = """
local index, state, removed, size = KEYS[1], KEYS[2], 0, 0
for a = 2, #ARGV do
  local entry = redis.call('XRANGE', index, ARGV[a], ARGV[a])[1]
  if entry then
    redis.call('UNLINK', entry[2][2])
    redis.call('XDEL', index, ARGV[a])
    removed, size = removed + 1, size + tonumber(entry[2][4])
  end
  redis.call('XACK', index, ARGV[1], ARGV[a])
end
if removed > 0 then
  redis.call('HINCRBY', state, 'bytes', -size)
  redis.call('HINCRBY', state, 'acknowledged', removed)
end
return removed
"""

Entry = tuple[str, dict[bytes, bytes]]


@dataclass(frozen=True)
class Taken:
    """A segment that was taken and is not yet acknowledged.

    Attributes:
        stream_id: Id of the index entry, the argument of `ExperienceReader.acknowledge`.
        segment: The decoded segment.
    """

    stream_id: str
    segment: Segment


@dataclass
class ReaderCounts:
    """Counts of an `ExperienceReader` since its start, for diagnostics.

    Attributes:
        taken: Number of segments returned.
        stale: Number of segments dropped because their model was too old.
        damaged: Number of segments dropped because they were missing or could not be decoded.
        redelivered: Number of segments returned again because an earlier trainer had not acknowledged them.
        already_consumed: Number of unacknowledged segments dropped because the checkpoint contains them.
    """

    taken: int = 0
    stale: int = 0
    damaged: int = 0
    redelivered: int = 0
    already_consumed: int = 0


class ExperienceReader:
    """Takes the segments of a run in the order of their arrival, for one trainer at a time.

    Attributes:
        counts: Numbers of segments taken and dropped.
        last_error: Why the last damaged segment was dropped; empty if none was.
    """

    def __init__(self, url: str, run: str, patience: float = PATIENCE) -> None:
        """Connect to Redis. A trainer calls `recover` before its first `take`.

        Args:
            url: URL of the Redis server; see `Connection`.
            run: Name of the run.
            patience: How long an action is retried while the server is unreachable, s.

        Raises:
            InputError: if the URL is malformed or the server does not answer in time.
        """
        self._keys = Keys(run)
        self._connection = Connection(url, patience)
        self._consumer = unique_worker("trainer")
        self._outstanding: set[str] = set()
        self._waiting: list[Entry] = []
        self._retries_seen = self._connection.retries
        self.counts = ReaderCounts()
        self.last_error = ""
        self._connection.attempt(self._join_group)

    def _join_group(self) -> None:
        try:
            self._connection.client.xgroup_create(self._keys.index, _GROUP, id="0", mkstream=True)
        except redis.ResponseError as error:
            if not str(error).startswith("BUSYGROUP"):
                raise

    @property
    def retries(self) -> int:
        """Number of attempts that were repeated because the server did not answer."""
        return self._connection.retries

    def recover(self, consumed: Collection[str] = ()) -> int:
        """Claim the segments that an earlier trainer took and did not acknowledge; `take` returns them first.

        Args:
            consumed: Ids of segments that the checkpoint contains and that may not have been acknowledged. They are
                removed instead.

        Returns:
            Number of segments that `take` will return again.

        Raises:
            InputError: if the server does not answer in time.
        """
        entries: list[Entry] = []
        start: str | bytes = "0-0"
        while True:
            start, claimed, *_ = self._connection.attempt(partial(self._claim, start))
            entries += [(stream_id.decode(), fields) for stream_id, fields in claimed if fields]
            if start in (b"0-0", "0-0"):
                break
        known = set(consumed)
        done = [stream_id for stream_id, fields in entries if fields[b"id"].decode() in known]
        self.acknowledge(done)
        self.counts.already_consumed += len(done)
        finished = set(done)
        self._waiting = [entry for entry in entries if entry[0] not in finished]
        self.counts.redelivered += len(self._waiting)
        return len(self._waiting)

    def _claim(self, start: str | bytes) -> Any:  # noqa: ANN401
        return self._connection.client.xautoclaim(
            self._keys.index, _GROUP, self._consumer, min_idle_time=0, start_id=start, count=256
        )

    def take(self, minimum: int, maximum: int, seconds: float, oldest_version: int = 0) -> list[Taken]:
        """Take the next segments, in the order of their arrival.

        Args:
            minimum: Number of segments to wait for.
            maximum: Largest number of segments to take.
            seconds: Longest wait, s. After it, fewer than `minimum` segments, or none, are returned.
            oldest_version: Segments recorded with an older model version are removed and counted as stale.

        Raises:
            InputError: if the server does not answer in time.
        """
        deadline = time.monotonic() + seconds
        taken: list[Taken] = []
        while True:
            entries = self._next_entries(maximum - len(taken), deadline if len(taken) < minimum else 0.0)
            taken += self._fetch(entries, oldest_version)
            if len(taken) >= maximum or (not entries and (len(taken) >= minimum or time.monotonic() >= deadline)):
                self.counts.taken += len(taken)
                return taken

    def _next_entries(self, count: int, deadline: float) -> list[Entry]:
        """Return up to `count` undelivered entries; wait for the first one until the deadline."""
        if not self._waiting:
            block = min(deadline - time.monotonic(), _LONGEST_BLOCK)
            self._waiting = self._connection.attempt(
                lambda: self._read(">", count, block if self._retries_seen == self._connection.retries else 0.0)
            )
            if self._retries_seen != self._connection.retries:
                self._retries_seen = self._connection.retries
                self._waiting = self._lost_replies() + self._waiting
        entries, self._waiting = self._waiting[:count], self._waiting[count:]
        self._outstanding.update(stream_id for stream_id, _ in entries)
        return entries

    def _read(self, start: str, count: int | None, block: float) -> list[Entry]:
        """Read entries for this consumer: new ones if `start` is ">", its pending ones if it is "0"."""
        milliseconds = int(1000 * block) if block >= 0.001 else None
        try:
            answer = self._connection.client.xreadgroup(
                _GROUP, self._consumer, {self._keys.index: start}, count=count, block=milliseconds
            )
        except redis.ResponseError as error:
            if not str(error).startswith("NOGROUP"):
                raise
            self._join_group()  # The server was replaced by an empty one.
            return []
        streams = answer.items() if isinstance(answer, dict) else answer or []
        found: list[Entry] = []
        for _, batches in streams:
            rows = batches[0] if batches and isinstance(batches[0], list) else batches
            found += [(stream_id.decode(), fields) for stream_id, fields in rows if fields]
        return found

    def _lost_replies(self) -> list[Entry]:
        """Return entries that the server delivered in a reply that never arrived."""
        pending = self._connection.attempt(lambda: self._read("0", None, 0.0))
        known = self._outstanding | {stream_id for stream_id, _ in self._waiting}
        return [entry for entry in pending if entry[0] not in known]

    def _fetch(self, entries: list[Entry], oldest_version: int) -> list[Taken]:
        """Fetch and decode the segments of `entries`; remove those that are stale or damaged."""
        current = [entry for entry in entries if int(entry[1][b"version"]) >= oldest_version]
        self.counts.stale += len(entries) - len(current)
        blobs: list[bytes | None] = []
        if current:
            names = [fields[b"blob"] for _, fields in current]
            blobs = self._connection.attempt(lambda: self._connection.client.mget(names))
        taken: list[Taken] = []
        for (stream_id, fields), blob in zip(current, blobs, strict=True):
            where = f"segment {fields[b'id'].decode(errors='replace')}"
            try:
                if blob is None:
                    raise InputError(f"{where}: found no bytes in Redis, expected an encoded segment")
                taken.append(Taken(stream_id, decode(blob, where)))
            except InputError as error:
                self.counts.damaged += 1
                self.last_error = str(error)
        kept = {item.stream_id for item in taken}
        self.acknowledge([stream_id for stream_id, _ in entries if stream_id not in kept])
        return taken

    def acknowledge(self, stream_ids: Iterable[str]) -> int:
        """Remove segments from Redis, because a checkpoint contains their update or they are not usable.

        Args:
            stream_ids: `Taken.stream_id` of each segment.

        Returns:
            Number of segments that were still stored.

        Raises:
            InputError: if the server does not answer in time.
        """
        ids = list(stream_ids)
        if not ids:
            return 0
        removed: int = self._connection.attempt(
            lambda: self._connection.client.eval(_REMOVE, 2, self._keys.index, self._keys.state, _GROUP, *ids)
        )
        self._outstanding.difference_update(ids)
        return removed

    def status(self) -> ExperienceStatus:
        """Return fill level and counts of the run's experience, for diagnostics.

        Raises:
            InputError: if the server does not answer in time.
        """
        return status_of(self._connection, self._keys)

    def close(self) -> None:
        """Close the connection; segments that were not acknowledged stay for the next trainer."""
        self._connection.close()
