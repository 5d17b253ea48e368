"""The recorder's end of the experience: one atomic append, in one round trip.

An append is one transaction: the segments as plain SETs, which Redis takes off the socket without
copying (a script would copy each of them twice), and then one script that decides. It enters them in the
index, or answers FULL and removes them again. Nobody ever sees a state in between.

A segment is stored once, however often it is sent: the script remembers the last sequence of
each `worker:car`, so an append whose reply was lost is simply repeated.
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
from deepracer_ros.moments import moment

Mode = Literal["on-policy", "replay"]

_ENTER = """
local index, state, seen = KEYS[1], KEYS[2], KEYS[3]
local capacity, trims, prefix, attempt = tonumber(ARGV[1]), ARGV[2] == 'replay', ARGV[3], ARGV[4]
local held = tonumber(redis.call('HGET', state, 'bytes') or '0')
local fresh, last, total = {}, {}, 0
local function blob(a) return prefix .. ARGV[a] .. ':' .. ARGV[a + 1] .. ':' .. attempt end
for a = 5, #ARGV, 6 do
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
    """What a writer did, for diagnostics.

    Attributes:
        segments: Segments stored.
        bytes: Bytes of these.
        full: Appends that were answered FULL or refused.
    """

    segments: int = 0
    bytes: int = 0
    full: int = 0


class ExperienceWriter:
    """Appends segments to the experience of a run.

    Attributes:
        counts: What was done.
        held_bytes: Bytes held by the experience as of the last answer.
        capacity_bytes: The most it may hold.
        last_error: Why the last append stored nothing; empty if it did.
    """

    def __init__(
        self,
        url: str,
        run: str,
        capacity_bytes: int = 256 << 20,
        mode: Mode = "on-policy",
        patience: float = PATIENCE,
    ) -> None:
        """Connect.

        Args:
            url: Of the Redis server; see `Connection`.
            run: Name of the run.
            capacity_bytes: The most that may be held; one append into an empty experience always fits.
            mode: What happens to an append beyond it: `on-policy` refuses it until the trainer has
                consumed some, `replay` removes the oldest.
            patience: Seconds that an unreachable server is tried again.

        Raises:
            InputError: if the URL is wrong or nobody answers in time.
        """
        self._keys = Keys(run)
        self._connection = Connection(url, patience)
        self._mode = mode
        self._memory: NDArray[np.uint8] = np.empty(0, np.uint8)
        self.capacity_bytes = capacity_bytes
        self.counts = WriterCounts()
        self.held_bytes = 0
        self.last_error = ""

    @property
    def retries(self) -> int:
        """How often the server did not answer and was asked again."""
        return self._connection.retries

    def append(self, segments: Sequence[Segment]) -> bool:
        """Store all of the segments, or none.

        Within each car of a worker, segments must come in the order of their sequence. Those that
        were stored before are left out.

        Returns:
            False if nothing was stored because the experience is full, or the server refuses writes
            (out of memory or disk): `last_error` says which; call again with the same segments.

        Raises:
            InputError: if the server does not answer in time.
        """
        if not segments:
            return True
        layouts = [layout(segment) for segment in segments]
        total = sum(where.size for where in layouts)
        if self.last_error and not self.has_room(total):
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
        """Send one transaction and set `last_error` and `held_bytes` by its answer.

        Each try writes under keys of its own: if an earlier one got through after all, the script
        removes those of this one and leaves what is in the index alone.
        """

        def send() -> str:
            keys, attempt = self._keys, secrets.token_hex(4)
            with self._connection.client.pipeline(transaction=True) as transaction:
                for name, blob in blobs.items():
                    transaction.execute_command("SET", f"{keys.blob}{name}:{attempt}", blob)
                options = (self.capacity_bytes, self._mode, keys.blob, attempt)
                transaction.eval(_ENTER, 3, keys.index, keys.state, keys.seen, *options, *arguments)
                try:
                    stored, self.held_bytes = transaction.execute()[-1]
                except redis.ResponseError as error:
                    reason = refusal(error)
                    if not reason:
                        raise
                    return f"redis {self._connection.url} {reason}"
            moment("append.sent")
            return "" if stored else f"full: {self.held_bytes} of {self.capacity_bytes} bytes held"

        self.last_error = self._connection.attempt(send)

    def has_room(self, size: int) -> bool:
        """Ask, without sending segments, whether `size` more bytes would be taken."""
        held = self._connection.attempt(lambda: self._connection.client.hget(self._keys.state, "bytes"))
        self.held_bytes = int(held or 0)
        return self._mode == "replay" or self.held_bytes == 0 or self.held_bytes + size <= self.capacity_bytes

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()
