# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""Appends segments to the experience of a run in Redis, atomically and in one round trip.

An append is one transaction. It first stores the segments by SET commands, which Redis reads from the socket without a
copy, while a script would copy each segment twice. Then one script enters the segments in the index, or answers FULL
and removes them again. No other client sees a state in between.

Before it sends segments, a writer asks for room and takes its turn. Without that, all of many jobs would send theirs
when room for one of them is made, and the server would throw most of it away.

A segment is stored once even if it is sent several times: the script remembers the last sequence number of each
`worker:car`. An append whose reply was lost can therefore be repeated.
"""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import redis
from numpy.typing import NDArray

from deepracer_ros.experience.connection import PATIENCE, Connection, Keys, refusal
from deepracer_ros.experience.encoding import encode, layout
from deepracer_ros.experience.index import write_layout
from deepracer_ros.experience.segment import Segment
from deepracer_ros.experience.workers import WorkerReport
from deepracer_ros.moments import moment

Mode = Literal["on-policy", "replay"]

TURN_SECONDS = 1.0
"""Time after which the turn of a writer that has died is another's, s."""

_CLAIM = """
local held = tonumber(redis.call('HGET', KEYS[1], 'bytes') or '0')
if held > 0 and held + tonumber(ARGV[2]) > tonumber(ARGV[1]) then return {0, held} end
if not redis.call('SET', KEYS[2], ARGV[3], 'NX', 'PX', ARGV[4]) and redis.call('GET', KEYS[2]) ~= ARGV[3] then
  return {0, held}
end
return {1, held}
"""

_ENTER = """
local index, state, seen, turn = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local capacity, trims, prefix, attempt = tonumber(ARGV[1]), ARGV[2] == 'replay', ARGV[3], ARGV[4]
if redis.call('GET', turn) == ARGV[5] then redis.call('DEL', turn) end
local held = tonumber(redis.call('HGET', state, 'bytes') or '0')
local fresh, last, total = {}, {}, 0
local function blob(a) return prefix .. ARGV[a] .. ':' .. ARGV[a + 1] .. ':' .. attempt end
for a = 6, #ARGV, 6 do
  local slot, sequence = ARGV[a], tonumber(ARGV[a + 1])
  local newest = last[slot] or tonumber(redis.call('HGET', seen, slot) or '-1')
  if sequence > newest then
    last[slot] = sequence
    fresh[#fresh + 1] = a
    total = total + tonumber(ARGV[a + 2])
  else
    redis.call('UNLINK', blob(a))
    redis.call('HINCRBY', state, 'duplicates', 1)
  end
end
if #fresh == 0 then return {1, held} end
if not trims and held > 0 and held + total > capacity then
  for _, a in ipairs(fresh) do redis.call('UNLINK', blob(a)) end
  return {0, held}
end
for _, a in ipairs(fresh) do
  redis.call('XADD', index, '*', 'blob', blob(a), 'bytes', ARGV[a + 2], 'id', ARGV[a] .. ':' .. ARGV[a + 1],
    'version', ARGV[a + 3], 'steps', ARGV[a + 4], 'layout', ARGV[a + 5])
end
for slot, sequence in pairs(last) do redis.call('HSET', seen, slot, string.format('%.0f', sequence)) end
redis.call('HINCRBY', state, 'appended', #fresh)
held = held + total
while trims and held > capacity and redis.call('XLEN', index) > 1 do
  local oldest = redis.call('XRANGE', index, '-', '+', 'COUNT', 1)[1]
  redis.call('XDEL', index, oldest[1])
  redis.call('UNLINK', oldest[2][2])
  redis.call('HINCRBY', state, 'trimmed', 1)
  held = held - tonumber(oldest[2][4])
end
redis.call('HSET', state, 'bytes', string.format('%.0f', held))
return {1, held}
"""


@dataclass
class WriterCounts:
    """Counts of an `ExperienceWriter` since its start, for diagnostics.

    Attributes:
        segments: Number of segments stored.
        bytes: Size of the stored segments, bytes.
        full: Number of appends that stored nothing because Redis was full or refused writes.
        dropped: Number of segments that were dropped before they could be sent; counted by the caller.
    """

    segments: int = 0
    bytes: int = 0
    full: int = 0
    dropped: int = 0


class ExperienceWriter:
    """Appends segments to the experience of a run.

    Attributes:
        counts: Numbers of segments and appends.
        held_bytes: Size of the experience at the last answer of the server, bytes.
        capacity_bytes: Largest size of the experience, bytes.
        last_error: Why the last append stored nothing; empty if it stored its segments.
    """

    def __init__(
        self,
        url: str,
        run: str,
        capacity_bytes: int = 256 << 20,
        mode: Mode = "on-policy",
        patience: float = PATIENCE,
        label: str = "",
    ) -> None:
        """Connect to Redis.

        Args:
            url: URL of the Redis server; see `Connection`.
            run: Name of the run.
            capacity_bytes: Largest size of the experience, bytes; an append to an empty experience always fits.
            mode: What happens if an append exceeds the capacity. `on-policy` refuses it until the trainer has
                consumed segments; `replay` removes the oldest segments.
            patience: How long an action is retried while the server is unreachable, s.
            label: Name under which the counts are stored, too, for those who watch the run; empty: they are not.

        Raises:
            InputError: if the URL is malformed or the server does not answer in time.
        """
        self._label, self._token = label, secrets.token_hex(8)
        self._keys = Keys(run)
        self._connection = Connection(url, patience)
        self._claim = self._connection.client.register_script(_CLAIM)
        self._mode = mode
        self._memory: NDArray[np.uint8] = np.empty(0, np.uint8)
        self.capacity_bytes = capacity_bytes
        self.counts = WriterCounts()
        self.held_bytes = 0
        self.last_error = ""

    @property
    def retries(self) -> int:
        """Number of attempts that were repeated because the server did not answer."""
        return self._connection.retries

    def append(self, segments: Sequence[Segment]) -> bool:
        """Store all of the segments, or none.

        The segments of one car of a worker must come in the order of their sequence numbers. Segments that were
        stored before are skipped.

        Returns:
            True if the segments are stored. False if the experience is full or the server refuses writes (out of
            memory or disk); `last_error` gives the reason, and the call can be repeated with the same segments.

        Raises:
            InputError: if the server does not answer in time.
        """
        if not segments:
            return True
        layouts = [layout(segment) for segment in segments]
        total = sum(where.size for where in layouts)
        if not self._take_turn(total):
            self.counts.full += 1
            return False
        if len(self._memory) < total:
            self._memory = np.empty(total, np.uint8)
        arguments: list[object] = []
        blobs: dict[str, memoryview] = {}
        start = 0
        for segment, where in zip(segments, layouts, strict=True):
            blobs[segment.id] = encode(segment, self._memory[start : start + where.size])
            start += where.size
            arguments += [f"{segment.worker}:{segment.car}", segment.sequence, where.size]
            arguments += [segment.model_version, segment.steps, write_layout(where)]
        self._enter(blobs, arguments)
        if self.last_error:
            self.counts.full += 1
            return False
        self.counts.segments += len(segments)
        self.counts.bytes += total
        return True

    def _enter(self, blobs: dict[str, memoryview], arguments: list[object]) -> None:
        """Send one transaction and set `last_error` and `held_bytes` from its answer.

        Each attempt uses its own keys. If an earlier attempt succeeded although its reply was lost, the script removes
        the keys of this attempt and keeps the indexed ones.
        """

        def send() -> str:
            keys, attempt = self._keys, secrets.token_hex(4)
            with self._connection.client.pipeline(transaction=True) as transaction:
                for name, blob in blobs.items():
                    transaction.execute_command("SET", f"{keys.blob}{name}:{attempt}", blob)
                options = (self.capacity_bytes, self._mode, keys.blob, attempt, self._token)
                if self._label:
                    report = WorkerReport.of(self.counts.segments, self.counts.bytes, self.counts.dropped)
                    transaction.hset(keys.workers, self._label, report.encode())
                transaction.eval(_ENTER, 4, keys.index, keys.state, keys.seen, keys.turn, *options, *arguments)
                try:
                    stored, self.held_bytes = transaction.execute()[-1]
                except redis.ResponseError as error:
                    reason = refusal(error)
                    if not reason:
                        raise
                    return f"redis {self._connection.url} {reason}"
            moment("append.sent")
            return "" if stored else self._full()

        self.last_error = self._connection.attempt(send)

    def _take_turn(self, size: int) -> bool:
        """Return whether there is room and it is this writer's turn to send; set `last_error` if not.

        The turn ends with the append, or after `TURN_SECONDS`.
        """
        if self._mode == "replay":
            return True
        arguments = (self.capacity_bytes, size, self._token, int(1e3 * TURN_SECONDS))
        keys = (self._keys.state, self._keys.turn)

        def claim() -> list[int] | str:
            try:
                found: list[int] = self._claim(keys, arguments)
            except redis.ResponseError as error:
                if not (reason := refusal(error)):
                    raise
                return f"redis {self._connection.url} {reason}"
            return found

        answer = self._connection.attempt(claim)
        if isinstance(answer, str):
            self.last_error = answer
            return False
        is_mine, self.held_bytes = answer
        if not is_mine:
            self.last_error = self._full()
        return bool(is_mine)

    def _full(self) -> str:
        return f"full: {self.held_bytes} of {self.capacity_bytes} bytes held"

    def has_room(self, size: int) -> bool:
        """Return whether the experience can take `size` more bytes; asks the server without sending segments.

        Raises:
            InputError: if the server does not answer in time.
        """
        held = self._connection.attempt(lambda: self._connection.client.hget(self._keys.state, "bytes"))
        self.held_bytes = int(held or 0)
        return self._mode == "replay" or self.held_bytes == 0 or self.held_bytes + size <= self.capacity_bytes

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()
