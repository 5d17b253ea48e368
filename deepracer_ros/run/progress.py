# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""The progress log of a training, `progress.jsonl`, with one JSON line per trainer update."""

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
    """The result of one evaluation during the training."""

    env_steps: int
    """Number of environment steps trained on at the time of the evaluation."""
    seconds: float
    """Training time at the evaluation, s."""
    laps_completed: int
    """Number of laps that were completed."""
    laps_attempted: int
    """Number of laps that were started."""

    @property
    def is_perfect(self) -> bool:
        """Whether every lap was completed."""
        return self.laps_completed == self.laps_attempted


@dataclass(frozen=True)
class ProgressRecord:
    """Figures after one update of the trainer. Recent episodes are the last 100 that ended."""

    env_steps: int
    """Number of environment steps trained on since the start of the run, over all resumptions."""
    seconds: float
    """Training time since the start of the run, s, over all resumptions."""
    mean_reward: float | None
    """Mean return (sum of rewards) of recent episodes; None before the first episode ended."""
    mean_progress: float | None
    """Mean progress at the end of recent episodes, % of a lap; None before the first episode ended."""
    lap_rate: float | None
    """Fraction of recent episodes that completed the lap, 0 to 1; None before the first episode ended."""
    laps_completed: int
    """Number of laps completed in training since the start of the run."""
    episodes: int
    """Number of episodes that have ended since the start of the run."""
    steps_per_second: float
    """Environment steps trained on per second, over the last few seconds."""
    model_version: int
    """Version of the last published model."""
    staleness: float = 0.0
    """Mean number of model versions by which the batch was older than the current model."""
    queue_fill: float = 0.0
    """Fraction of the experience buffer that is in use, 0 to 1."""
    losses: Mapping[str, float | None] = field(default_factory=dict)
    """Learner statistics, means over the update: policy_loss, value_loss, entropy, ...; None if not finite."""
    evaluation: EvaluationPoint | None = None
    """The latest evaluation; None before the first."""
    reward_terms: Mapping[str, float] = field(default_factory=dict)
    """Mean sum of each weighted reward term over recent episodes, by name; empty before the first episode ended."""


class ProgressLog:
    """A sink (see `run.sinks`) that appends records to `progress.jsonl`; a line is written whole or not at all."""

    def __init__(self, path: Path, resumed_at: int) -> None:
        """Open the file, and drop the lines that a resumed training will write again.

        Args:
            path: The progress file; created if absent.
            resumed_at: Environment steps of the checkpoint from which the training resumes; 0 for a new training.
                Later lines and an incomplete last line of a killed process are dropped.

        Raises:
            InputError: if the file cannot be read or written, or is not a progress file.
        """
        self._path = path
        records = [record for record in read_progress(path) if record.env_steps <= resumed_at]
        kept = b"".join(encode_record(record) + b"\n" for record in records)
        try:
            if kept != (path.read_bytes() if path.exists() else b""):
                write_atomically(path, kept)
            self._descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o644)
        except OSError as error:
            raise write_error(path, error) from error

    def write(self, record: ProgressRecord) -> None:
        """Append one record as a line.

        Raises:
            InputError: if the disk is full; the file is then unchanged.
        """
        line = encode_record(record) + b"\n"
        end = os.lseek(self._descriptor, 0, os.SEEK_END)
        try:
            written = os.write(self._descriptor, line)
            if written < len(line):  # the disk became full within the line; writing the rest raises the error
                os.write(self._descriptor, line[written:])
        except OSError as error:
            os.ftruncate(self._descriptor, end)
            raise write_error(self._path, error) from error

    def close(self) -> None:
        """Close the progress file."""
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
    """Reads new records from a progress file while another process writes it."""

    def __init__(self, path: Path) -> None:
        """Follow the progress file `path`, which need not exist yet."""
        self._path = path
        self._file: int | None = None
        self._offset = self._lines = 0

    def read(self) -> list[ProgressRecord]:
        """Return the records since the last call; all records again after a resumed training has replaced the file.

        Raises:
            InputError: if the file cannot be read, or a line is not a progress record.
        """
        try:
            with self._path.open("rb") as file:
                inode = os.fstat(file.fileno()).st_ino
                if inode != self._file:  # `ProgressLog` replaces the file when it drops lines
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
        return decode_record(line, f"{self._path}:{self._lines}")


def read_progress(path: Path) -> list[ProgressRecord]:
    """Read all records of a progress file; an absent file has none, and an incomplete last line is skipped.

    Raises:
        InputError: if the file cannot be read, or a complete line is not a progress record.
    """
    return ProgressTail(path).read()


def decode_record(content: bytes, where: str) -> ProgressRecord:
    """Return the record in a JSON object.

    Args:
        content: The object.
        where: Where it is from, for messages.

    Raises:
        InputError: if it is not a progress record.
    """
    try:
        document = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise InputError(f"{where}: found {content[:40]!r}, expected a JSON object") from error
    return from_mapping(ProgressRecord, document, where)


def encode_record(record: ProgressRecord) -> bytes:
    """Return a record as a JSON object on one line, without its end; numbers that are not finite become null."""

    def finite(value: Any) -> Any:  # noqa: ANN401
        if isinstance(value, dict):
            return {key: finite(item) for key, item in value.items()}
        return None if isinstance(value, float) and not math.isfinite(value) else value

    return json.dumps(finite(to_mapping(record)), allow_nan=False).encode()
