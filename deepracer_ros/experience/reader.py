"""The trainer's end of the experience: every segment exactly once into what a checkpoint holds.

A segment that was taken stays in Redis until `acknowledge`, which the trainer calls after the
checkpoint that contains it is safe. A trainer that is killed before that gets it again from
`recover`; one that is killed between checkpoint and acknowledgement names what the checkpoint
contains, and that is dropped instead.
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

_GROUP = "trainer"
_LONGEST_BLOCK = 1.0
"""Seconds of one blocking read, well below the socket's timeout."""

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
    """A segment that waits for its acknowledgement.

    Attributes:
        stream_id: What `acknowledge` asks for.
        segment: The segment.
    """

    stream_id: str
    segment: Segment


@dataclass(frozen=True)
class ExperienceStatus:
    """Fill level and counts of a run's experience, over all writers and readers.

    Attributes:
        segments: Held now.
        bytes: Of these.
        appended: Stored since the run began.
        duplicates: Sent again and left out.
        trimmed: Oldest removed to make room (replay).
        acknowledged: Consumed and removed.
    """

    segments: int
    bytes: int
    appended: int
    duplicates: int
    trimmed: int
    acknowledged: int


@dataclass
class ReaderCounts:
    """What a reader did, for diagnostics.

    Attributes:
        taken: Segments handed out.
        stale: Dropped, their model was older than asked for.
        damaged: Dropped, they could not be decoded or were gone.
        redelivered: Handed out a second time: a trainer before this one did not finish them.
        already_consumed: Redelivered, but the checkpoint holds them: dropped.
    """

    taken: int = 0
    stale: int = 0
    damaged: int = 0
    redelivered: int = 0
    already_consumed: int = 0


class ExperienceReader:
    """Takes the segments of a run in the order of their arrival; one trainer at a time.

    Attributes:
        counts: What was done.
        last_error: Why the last damaged segment was dropped.
    """

    def __init__(self, url: str, run: str, patience: float = PATIENCE) -> None:
        """Connect. A trainer calls `recover` before it takes anything.

        Args:
            url: Of the Redis server; see `Connection`.
            run: Name of the run.
            patience: Seconds that an unreachable server is tried again.

        Raises:
            InputError: if the URL is wrong or nobody answers in time.
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
        """How often the server did not answer and was asked again."""
        return self._connection.retries

    def recover(self, consumed: Collection[str] = ()) -> int:
        """Claim what an earlier trainer took and did not acknowledge; `take` hands it out first.

        Args:
            consumed: Ids of the segments that the checkpoint holds and that may not have been
                acknowledged: those since the acknowledgement before it. They are removed.

        Returns:
            How many segments will be handed out again.
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
            minimum: Segments to wait for.
            maximum: Most to take.
            seconds: Longest wait; fewer than `minimum`, or none, are returned when it is over.
            oldest_version: Segments of older models are removed and counted as stale.

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
        """Return up to `count` undelivered entries; waits for the first one until the deadline."""
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
        """Read entries for this consumer: new ones after `>`, else its pending ones."""
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
        """Fetch and decode the segments of `entries`; what is stale or damaged is removed."""
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
                    raise InputError(f"{where}: is gone from Redis, expected its bytes")
                taken.append(Taken(stream_id, decode(blob, where)))
            except InputError as error:
                self.counts.damaged += 1
                self.last_error = str(error)
        kept = {item.stream_id for item in taken}
        self.acknowledge([stream_id for stream_id, _ in entries if stream_id not in kept])
        return taken

    def acknowledge(self, stream_ids: Iterable[str]) -> int:
        """Remove segments for good: a checkpoint holds what was learnt from them, or they are no use.

        Returns:
            How many were still there.
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
        """Return fill level and counts, for diagnostics."""
        length, state = self._connection.attempt(
            lambda: (
                self._connection.client.xlen(self._keys.index),
                self._connection.client.hgetall(self._keys.state),
            )
        )
        names = ("bytes", "appended", "duplicates", "trimmed", "acknowledged")
        return ExperienceStatus(length, *(int(state.get(name.encode(), 0)) for name in names))

    def close(self) -> None:
        """Close the connection; what was not acknowledged waits for the next trainer."""
        self._connection.close()
