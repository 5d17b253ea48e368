"""Random draws from the experience, for learners that use a step many times (off-policy).

The sampler knows by name every segment that Redis holds, draws steps from that list, and fetches
just these by their byte range: a step costs its two frames and 24 bytes, not its segment.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from deepracer_ros.errors import InputError
from deepracer_ros.experience.connection import PATIENCE, Connection, Keys
from deepracer_ros.experience.segment import STEP

_MOST_REDRAWS = 20


@dataclass(frozen=True, eq=False)
class Draw:
    """Steps drawn at random.

    Attributes:
        frames: (rows, 2, H, W) or (rows, 2, H, W, C) uint8: before and after the action.
        table: (rows,) structured array of `STEP`: the fields of the step.
    """

    frames: NDArray[np.uint8]
    table: NDArray[np.void]


class ReplaySampler:
    """Draws steps uniformly from the segments that a run's experience holds.

    Attributes:
        redrawn: Steps that were drawn again because their segment had been trimmed.
    """

    def __init__(
        self, url: str, run: str, frame_shape: tuple[int, ...], seed: int = 0, patience: float = PATIENCE
    ) -> None:
        """Connect.

        Args:
            url: Of the Redis server; see `Connection`.
            run: Name of the run.
            frame_shape: (H, W) or (H, W, C); segments with other frames are not drawn from.
            seed: Of the draws.
            patience: Seconds that an unreachable server is tried again.

        Raises:
            InputError: if the URL is wrong or nobody answers in time.
        """
        self._keys = Keys(run)
        self._connection = Connection(url, patience)
        self._shape = frame_shape
        self._random = np.random.default_rng(seed)
        self._newest = "-"
        self._entries: list[dict[bytes, bytes]] = []
        self._ends: NDArray[np.int64] = np.zeros(0, np.int64)
        self.redrawn = 0

    @property
    def steps(self) -> int:
        """Steps to draw from, as of the last `refresh`."""
        return int(self._ends[-1]) if len(self._ends) else 0

    def refresh(self) -> int:
        """Learn of the segments that were appended since the last call; returns their number.

        Raises:
            InputError: if the server does not answer in time.
        """
        wanted = "x".join(map(str, self._shape)).encode()
        found: list[tuple[bytes, dict[bytes, bytes]]] = self._connection.attempt(
            lambda: self._connection.client.xrange(self._keys.index, min=self._newest)
        )
        new = [fields for _, fields in found if fields[b"shape"] == wanted]
        if found:
            self._newest = f"({found[-1][0].decode()}"
        self._set_entries(self._entries + new)
        return len(new)

    def _set_entries(self, entries: list[dict[bytes, bytes]]) -> None:
        self._entries = entries
        self._ends = np.cumsum([int(entry[b"steps"]) for entry in entries], dtype=np.int64)

    def sample(self, rows: int) -> Draw:
        """Draw steps, each independently and uniformly from those held.

        Args:
            rows: How many.

        Raises:
            InputError: if nothing is held or the server does not answer in time.
        """
        frames = np.empty((rows, 2, *self._shape), np.uint8)
        table = np.empty(rows, STEP)
        todo = np.arange(rows)
        for _ in range(_MOST_REDRAWS):
            todo = self._draw(todo, frames, table)
            if not len(todo):
                return Draw(frames, table)
            self.redrawn += len(todo)
            self.refresh()
        raise InputError(f"experience: segments vanish faster than they are drawn ({len(todo)} of {rows} rows missing)")

    def _draw(self, todo: NDArray[np.int64], frames: NDArray[np.uint8], table: NDArray[np.void]) -> NDArray[np.int64]:
        """Draw and fill the rows `todo`; forget segments that are gone and return their rows."""
        if not self.steps:
            raise InputError("experience: holds no step with frames of this shape, expected some before a draw")
        steps = self._random.integers(self.steps, size=len(todo))
        segments = np.searchsorted(self._ends, steps, side="right")
        within = steps - (self._ends[segments] - np.array([int(self._entries[i][b"steps"]) for i in segments]))
        answers = self._connection.attempt(lambda: self._ranges(segments, within))
        missing, gone = [], set()
        for place, row in enumerate(todo):
            pair, step = answers[2 * place : 2 * place + 2]
            if len(pair) == frames[0].nbytes and len(step) == STEP.itemsize:
                frames[row] = np.frombuffer(pair, np.uint8).reshape(frames.shape[1:])
                table[row] = np.frombuffer(step, STEP)[0]
            else:
                missing.append(row)
                gone.add(int(segments[place]))
        if gone:
            self._set_entries([entry for i, entry in enumerate(self._entries) if i not in gone])
        return np.array(missing, np.int64)

    def _ranges(self, segments: NDArray[np.int64], within: NDArray[np.int64]) -> list[Any]:
        """Fetch two frames and the table row of each drawn step, in one round trip."""
        size = int(np.prod(self._shape))
        with self._connection.client.pipeline(transaction=False) as pipeline:
            for segment, t in zip(segments.tolist(), within.tolist(), strict=True):
                entry = self._entries[segment]
                first = int(entry[b"frames"]) + t * size
                row = int(entry[b"table"]) + t * STEP.itemsize
                pipeline.getrange(entry[b"blob"], first, first + 2 * size - 1)
                pipeline.getrange(entry[b"blob"], row, row + STEP.itemsize - 1)
            answers: list[Any] = pipeline.execute()
            return answers

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()
