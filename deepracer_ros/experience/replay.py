# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""Random draws of single steps from the experience, for off-policy learners.

The sampler keeps a list of all segments in Redis, draws steps from it and fetches only the byte ranges of these steps:
two observations and one row of the table per step instead of a whole segment.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from deepracer_ros.errors import InputError
from deepracer_ros.experience.connection import PATIENCE, Connection, Keys
from deepracer_ros.experience.encoding import STEP
from deepracer_ros.experience.index import Ranges, read_layout

_MOST_REDRAWS = 20

Kind = tuple[str, tuple[int, ...]]
"""numpy type string and shape of an observation."""


@dataclass(frozen=True, eq=False)
class Draw:
    """Steps that were drawn at random.

    Attributes:
        observations: (rows, 2, *shape) observations before and after the action, by sensor name.
        table: (rows,) structured array of type `encoding.STEP`: action, reward and end of each step.
    """

    observations: Mapping[str, NDArray[Any]]
    table: NDArray[np.void]


@dataclass(frozen=True)
class _Entry:
    """A segment to draw from."""

    blob: bytes
    steps: int
    ranges: Ranges


class ReplaySampler:
    """Draws steps uniformly from the segments that a run's experience holds.

    Attributes:
        redrawn: Number of steps that were drawn again because their segment had been removed.
    """

    def __init__(
        self, url: str, run: str, observations: Mapping[str, Kind], seed: int = 0, patience: float = PATIENCE
    ) -> None:
        """Connect to Redis.

        Args:
            url: URL of the Redis server; see `Connection`.
            run: Name of the run.
            observations: numpy type string and shape of the observations to draw, by sensor name. Segments without
                them are skipped.
            seed: Seed of the random draws.
            patience: How long an action is retried while the server is unreachable, s.

        Raises:
            InputError: if the URL is malformed or the server does not answer in time.
        """
        self._keys = Keys(run)
        self._connection = Connection(url, patience)
        self._kinds = {name: (dtype, tuple(shape)) for name, (dtype, shape) in observations.items()}
        self._random = np.random.default_rng(seed)
        self._newest = "-"
        self._entries: list[_Entry] = []
        self._ends: NDArray[np.int64] = np.zeros(0, np.int64)
        self.redrawn = 0

    @property
    def steps(self) -> int:
        """Number of steps that could be drawn at the last `refresh`."""
        return int(self._ends[-1]) if len(self._ends) else 0

    def refresh(self) -> int:
        """Add the segments that were appended since the last call to the list, and return their number.

        Raises:
            InputError: if the server does not answer in time.
        """
        found: list[tuple[bytes, dict[bytes, bytes]]] = self._connection.attempt(
            lambda: self._connection.client.xrange(self._keys.index, min=self._newest)
        )
        new = [self._entry(fields) for _, fields in found]
        fitting = [entry for entry in new if self._fits(entry)]
        if found:
            self._newest = f"({found[-1][0].decode()}"
        self._set_entries(self._entries + fitting)
        return len(fitting)

    def _entry(self, fields: Mapping[bytes, bytes]) -> _Entry:
        where = f"segment {fields[b'id'].decode(errors='replace')}"
        return _Entry(fields[b"blob"], int(fields[b"steps"]), read_layout(fields[b"layout"], where))

    def _fits(self, entry: _Entry) -> bool:
        blocks = entry.ranges.blocks
        return all(
            name in blocks and (blocks[name].dtype, blocks[name].shape) == kind for name, kind in self._kinds.items()
        )

    def _set_entries(self, entries: list[_Entry]) -> None:
        self._entries = entries
        self._ends = np.cumsum([entry.steps for entry in entries], dtype=np.int64)

    def sample(self, rows: int) -> Draw:
        """Draw steps independently and uniformly from the segments on the list.

        Args:
            rows: Number of steps to draw.

        Raises:
            InputError: if there is no step to draw, segments are removed faster than they are drawn, or the server
                does not answer in time.
        """
        draw = Draw(
            {name: np.empty((rows, 2, *shape), dtype) for name, (dtype, shape) in self._kinds.items()},
            np.empty(rows, STEP),
        )
        todo: NDArray[np.int64] = np.arange(rows)
        for _ in range(_MOST_REDRAWS):
            todo = self._fill(todo, draw)
            if not len(todo):
                return draw
            self.redrawn += len(todo)
            self.refresh()
        raise InputError(f"experience: segments vanish faster than they are drawn ({len(todo)} of {rows} rows missing)")

    def _fill(self, todo: NDArray[np.int64], draw: Draw) -> NDArray[np.int64]:
        """Draw and fill the rows `todo`; drop removed segments from the list and return the rows drawn from them."""
        if not self.steps:
            raise InputError("experience: holds no step with these observations, expected some before a draw")
        steps = self._random.integers(self.steps, size=len(todo))
        segments = np.searchsorted(self._ends, steps, side="right")
        within = steps - (self._ends[segments] - np.array([self._entries[i].steps for i in segments]))
        answers = iter(self._connection.attempt(lambda: self._fetch(segments, within)))
        missing, gone = [], set()
        for row, segment in zip(todo, segments, strict=True):
            pairs = {name: next(answers) for name in self._kinds}
            step = next(answers)
            if len(step) < STEP.itemsize:
                missing.append(row)
                gone.add(int(segment))
                continue
            for name, pair in pairs.items():
                into = draw.observations[name]
                into[row] = np.frombuffer(pair, into.dtype).reshape(into.shape[1:])
            draw.table[row] = np.frombuffer(step, STEP)[0]
        if gone:
            self._set_entries([entry for i, entry in enumerate(self._entries) if i not in gone])
        return np.array(missing, np.int64)

    def _fetch(self, segments: NDArray[np.int64], within: NDArray[np.int64]) -> list[Any]:
        """Fetch two rows of each block and the table row of each drawn step, in one round trip."""
        with self._connection.client.pipeline(transaction=False) as pipeline:
            for segment, t in zip(segments.tolist(), within.tolist(), strict=True):
                entry = self._entries[segment]
                for name in self._kinds:
                    block = entry.ranges.blocks[name]
                    first = block.start + t * block.row_bytes
                    pipeline.getrange(entry.blob, first, first + 2 * block.row_bytes - 1)
                row = entry.ranges.table + t * entry.ranges.row_bytes
                pipeline.getrange(entry.blob, row, row + STEP.itemsize - 1)
            answers: list[Any] = pipeline.execute()
            return answers

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()
