"""How a training went: one JSON line per trainer update in `progress.jsonl`."""

import json
import math
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any

from deepracer_ros.config import from_mapping, to_mapping
from deepracer_ros.errors import InputError
from deepracer_ros.files import write_atomically, write_error


@dataclass(frozen=True)
class EvaluationPoint:
    """An evaluation made during the training."""

    env_steps: int
    """Environment steps trained on when it was made."""
    seconds: float
    """Training seconds when it was made."""
    laps_completed: int
    """Laps driven to their end."""
    laps_attempted: int
    """Laps started."""


@dataclass(frozen=True)
class ProgressRecord:
    """What is known after one update of the trainer. Recent means: over the last episodes that ended."""

    env_steps: int
    """Environment steps trained on since the start of the run, over all its resumptions."""
    seconds: float
    """Training seconds since the start of the run, over all its resumptions."""
    mean_reward: float | None
    """Mean of the sum of rewards of recent episodes; None before the first ended."""
    mean_progress: float | None
    """Mean progress at the end of recent episodes, % of a lap; None before the first ended."""
    lap_rate: float | None
    """Part of recent episodes that completed the lap, 0 to 1; None before the first ended."""
    laps_completed: int
    """Laps completed in training since the start of the run."""
    episodes: int
    """Episodes ended since the start of the run."""
    steps_per_second: float
    """Environment steps learned from per second, over the last few seconds."""
    model_version: int
    """The model that this update published."""
    staleness: float = 0.0
    """Mean number of model versions that the experience was behind when trained on."""
    queue_fill: float = 0.0
    """Part of the experience buffer in use, 0 to 1."""
    losses: Mapping[str, float | None] = field(default_factory=dict)
    """Means over the update: policy_loss, value_loss, entropy, approx_kl, clipfrac, ...; None if not finite."""
    evaluation: EvaluationPoint | None = None
    """The latest evaluation; None before the first."""
    reward_terms: Mapping[str, float] = field(default_factory=dict)
    """Mean of the sum of each weighted reward term of recent episodes, by its name; empty before the first ended."""


class ProgressLog:
    """Appends records to `progress.jsonl`; a line is there whole, or not at all. A sink: see `run.sinks`."""

    def __init__(self, path: Path, resumed_at: int) -> None:
        """Open the file and drop the lines that a resumed training will write again.

        Args:
            path: The file; made if absent.
            resumed_at: Environment steps of the checkpoint the training goes on from, 0 for a new
                training. Later lines, and a line that a killed process left torn, are dropped.

        Raises:
            InputError: if the file cannot be read or written, or is no progress file.
        """
        self._path = path
        kept = b"".join(_to_line(record) for record in read_progress(path) if record.env_steps <= resumed_at)
        try:
            if kept != (path.read_bytes() if path.exists() else b""):
                write_atomically(path, kept)
            self._descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o644)
        except OSError as error:
            raise write_error(path, error) from error

    def write(self, record: ProgressRecord) -> None:
        """Append one line.

        Raises:
            InputError: if the disk is full; the file then holds what it held before.
        """
        line = _to_line(record)
        end = os.lseek(self._descriptor, 0, os.SEEK_END)
        try:
            written = os.write(self._descriptor, line)
            if written < len(line):  # the disk became full within the line: the rest says why
                os.write(self._descriptor, line[written:])
        except OSError as error:
            os.ftruncate(self._descriptor, end)
            raise write_error(self._path, error) from error

    def close(self) -> None:
        """Close the file."""
        os.close(self._descriptor)

    def __enter__(self) -> "ProgressLog":
        """Return the log itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the file."""
        self.close()


class ProgressTail:
    """Follows a progress file that another process writes."""

    def __init__(self, path: Path) -> None:
        """Follow `path`, which need not exist yet."""
        self._path = path
        self._file: int | None = None
        self._offset = self._lines = 0

    def read(self) -> list[ProgressRecord]:
        """Return the whole lines since the last call; all lines again after a resumed training dropped some.

        Raises:
            InputError: if the file cannot be read, or a line is no progress record.
        """
        try:
            with self._path.open("rb") as file:
                inode = os.fstat(file.fileno()).st_ino
                if inode != self._file:  # `ProgressLog` puts a new file there when it drops lines
                    self._file, self._offset, self._lines = inode, 0, 0
                file.seek(self._offset)
                content = file.read()
        except FileNotFoundError:
            return []
        except OSError as error:
            raise InputError(f"{self._path}: cannot be read ({error.strerror}); expected a progress file") from error
        whole = content[: content.rfind(b"\n") + 1]
        self._offset += len(whole)
        return [self._parse(line) for line in whole.splitlines()]

    def _parse(self, line: bytes) -> ProgressRecord:
        self._lines += 1
        where = f"{self._path}:{self._lines}"
        try:
            document = json.loads(line)
        except ValueError as error:
            raise InputError(f"{where}: found {line[:40]!r}, expected a JSON object") from error
        return from_mapping(ProgressRecord, document, where)


def read_progress(path: Path) -> list[ProgressRecord]:
    """Read a progress file; none if it is absent. A torn last line is left out.

    Raises:
        InputError: if the file cannot be read, or another line is no progress record.
    """
    return ProgressTail(path).read()


def _to_line(record: ProgressRecord) -> bytes:
    """Return a record as one line of JSON, with null for numbers that are not finite."""

    def finite(value: Any) -> Any:  # noqa: ANN401
        if isinstance(value, dict):
            return {key: finite(item) for key, item in value.items()}
        return None if isinstance(value, float) and not math.isfinite(value) else value

    return (json.dumps(finite(to_mapping(record)), allow_nan=False) + "\n").encode()
