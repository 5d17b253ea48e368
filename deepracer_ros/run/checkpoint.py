# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""Checkpoints: the state of the learner and the progress of the training, from which a training resumes."""

import json
import struct
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load, save

from deepracer_ros.config import from_mapping, to_mapping
from deepracer_ros.errors import InputError
from deepracer_ros.files import only_one, read_file, remove_remains, write_atomically
from deepracer_ros.moments import moment

FORMAT = "deepracer_ros checkpoint 2"

LENGTH_BYTES = 8
"""Size of the length of the header at the start of safetensors bytes, an unsigned little-endian number."""

State = Mapping[str, NDArray[Any]]
"""State of a learner: arrays by name."""


@dataclass(frozen=True)
class Progress:
    """Progress of a training, which is stored in its checkpoints."""

    version: int = 0
    """Version of the last published model; 0 before the first."""
    updates: int = 0
    """Number of updates; each uses one batch."""
    env_steps: int = 0
    """Number of transitions (environment steps) trained on."""
    seconds: float = 0.0
    """Training time, s, over all resumptions."""
    episodes: int = 0
    """Number of episodes that have ended."""
    laps: int = 0
    """Number of episodes that ended with a complete lap."""
    consumed: tuple[str, ...] = ()
    """Ids of the segments in the last update. Redis may still hold them, and they must not be trained on again."""
    best: tuple[float, ...] = ()
    """Score of the best model, as `training.parts.score` returns it; empty before the first evaluation."""
    best_of: str = ""
    """What `best` belongs to: run, tracks, race and reward, see `training.score`; empty in an earlier release."""
    seconds_to_all_laps: float | None = None
    """Training time at the first evaluation in which every lap was complete, s; None before that."""


@dataclass(frozen=True, eq=False)
class Checkpoint:
    """The content of a checkpoint.

    Attributes:
        state: State of the learner, arrays by name.
        progress: Progress of the training.
    """

    state: State
    progress: Progress


class CheckpointStore(Protocol):
    """Protocol of a store that keeps the newest checkpoint of one run and has one writer at a time."""

    @property
    def epoch(self) -> int:
        """Number of the writer in the order of all writers of the run; 0 where no two of them can be alive at once."""
        ...

    def check(self) -> None:
        """Check that this is still the writer.

        Raises:
            InputError: if another writer has taken over.
        """
        ...

    def load(self) -> Checkpoint | None:
        """Return the newest checkpoint; None if there is none.

        Raises:
            InputError: if the checkpoint is damaged or has another format.
        """
        ...

    def save(self, state: State, progress: Progress) -> None:
        """Replace the checkpoint atomically: a reader finds the old one until this method returns, then the new one.

        Args:
            state: State of the learner, arrays by name.
            progress: Progress of the training.

        Raises:
            InputError: if the checkpoint cannot be written or another writer has taken over; the old one stays.
        """
        ...

    def close(self) -> None:
        """Release the store, so that another writer can open it."""
        ...


class FileCheckpoints:
    """A `CheckpointStore` that keeps the checkpoint in one safetensors file, which holds data only.

    Attributes:
        epoch: Always 0: the lock of a writer that is alive cannot be taken.
    """

    epoch = 0

    def __init__(self, path: Path, lock: Path) -> None:
        """Lock the checkpoint for writing, and remove the unfinished file of a killed writer.

        Args:
            path: The checkpoint file.
            lock: The lock file, in the same folder.

        Raises:
            InputError: if another writer holds the lock, or the folder cannot be written.
        """
        self._path = path
        self._held = ExitStack()
        self._held.enter_context(only_one(lock, "another trainer works on this run"))
        remove_remains(path.parent, path.name)

    def check(self) -> None:
        """Do nothing: as long as this process lives, it holds the lock."""

    def load(self) -> Checkpoint | None:
        """Return the checkpoint; None if there is none.

        Raises:
            InputError: if the checkpoint is damaged or has another format.
        """
        return read_checkpoint(self._path)

    def save(self, state: State, progress: Progress) -> None:
        """Replace the checkpoint atomically.

        Args:
            state: State of the learner, arrays by name.
            progress: Progress of the training.

        Raises:
            InputError: if the file cannot be written; the old checkpoint stays.
        """
        write_atomically(self._path, encode_checkpoint(state, progress))
        moment("checkpoint.written")

    def close(self) -> None:
        """Release the lock, so that another writer can open the checkpoint."""
        self._held.close()


def read_checkpoint(path: Path) -> Checkpoint | None:
    """Read the checkpoint of a run; None if there is none. No lock is needed, since the file is replaced atomically.

    Args:
        path: The checkpoint file.

    Raises:
        InputError: if the checkpoint is damaged or has another format.
    """
    if not path.exists():
        return None
    return decode_checkpoint(read_file(path), str(path))


def encode_checkpoint(state: State, progress: Progress) -> bytes:
    """Return a checkpoint as safetensors bytes, which hold data only.

    Args:
        state: State of the learner, arrays by name.
        progress: Progress of the training.
    """
    arrays = {name: np.ascontiguousarray(array) for name, array in state.items()}
    return save(arrays, {"format": FORMAT, "progress": json.dumps(to_mapping(progress))})


def decode_checkpoint(content: bytes, where: str) -> Checkpoint:
    """Return the checkpoint in safetensors bytes.

    Args:
        content: The bytes.
        where: Where they are from, for messages.

    Raises:
        InputError: if they are damaged or have another format.
    """
    try:
        state = load(content)
        end = LENGTH_BYTES + int.from_bytes(content[:LENGTH_BYTES], "little")
        metadata = json.loads(content[LENGTH_BYTES:end]).get("__metadata__", {})
        found = metadata.get("format")
        if found != FORMAT:
            raise InputError(f"{where}: found a checkpoint of format {found!r}, expected {FORMAT!r}: start a new run")
        progress = from_mapping(Progress, json.loads(metadata["progress"]), f"{where}: progress")
    except (SafetensorError, KeyError, ValueError, struct.error) as error:
        raise InputError(f"{where}: cannot be read as a checkpoint ({error})") from error
    return Checkpoint(state, progress)
