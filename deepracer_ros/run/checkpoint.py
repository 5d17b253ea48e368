"""What a training goes on from: the learner's arrays and how far it is, whole or not at all."""

import json
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save

from deepracer_ros.config import from_mapping, to_mapping
from deepracer_ros.errors import InputError
from deepracer_ros.files import only_one, remove_remains, write_atomically
from deepracer_ros.moments import moment

FORMAT = "deepracer_ros checkpoint 2"

State = Mapping[str, NDArray[Any]]
"""Named arrays: the state of a learner."""


@dataclass(frozen=True)
class Progress:
    """How far a training is."""

    version: int = 0
    """The last published model version."""
    updates: int = 0
    """Batches learned from."""
    env_steps: int = 0
    """Transitions learned from."""
    seconds: float = 0.0
    """Training time so far, s."""
    episodes: int = 0
    """Episodes that ended so far."""
    laps: int = 0
    """Episodes that ended with the lap complete."""
    consumed: tuple[str, ...] = ()
    """Ids of the segments of the last update, which Redis may still hold: they must not be taken again."""
    best: tuple[float, ...] = ()
    """Score of the best model: laps completed, mean progress, minus mean lap seconds. Empty before the first."""
    seconds_to_all_laps: float | None = None
    """Training time at the first evaluation with every lap complete, s; None before that."""


@dataclass(frozen=True, eq=False)
class Checkpoint:
    """What a checkpoint holds.

    Attributes:
        state: Of the learner.
        progress: Of the training.
    """

    state: State
    progress: Progress


class CheckpointStore(Protocol):
    """Keeps the newest checkpoint of one run, for one writer at a time."""

    def load(self) -> Checkpoint | None:
        """Return the newest checkpoint; None if there is none.

        Raises:
            InputError: if it is damaged or of another format.
        """
        ...

    def save(self, state: State, progress: Progress) -> None:
        """Replace the newest checkpoint; when this returns, a reader finds this one, and before that the old one.

        Raises:
            InputError: if it cannot be written; the old one stays.
        """
        ...

    def close(self) -> None:
        """Let another writer work."""
        ...


class FileCheckpoints:
    """A `CheckpointStore` in one safetensors file: arrays only, nothing in it is code."""

    def __init__(self, path: Path, lock: Path) -> None:
        """Become the writer, and remove what a killed one left unfinished.

        Args:
            path: The file.
            lock: A lock file beside it.

        Raises:
            InputError: if there is another writer, or the folder cannot be written.
        """
        self._path = path
        self._held = ExitStack()
        self._held.enter_context(only_one(lock, "another trainer works on this run"))
        remove_remains(path.parent, path.name)

    def load(self) -> Checkpoint | None:
        """Return the checkpoint; see `CheckpointStore`."""
        return read_checkpoint(self._path)

    def save(self, state: State, progress: Progress) -> None:
        """Write the checkpoint; see `CheckpointStore`."""
        arrays = {name: np.ascontiguousarray(array) for name, array in state.items()}
        write_atomically(self._path, save(arrays, {"format": FORMAT, "progress": json.dumps(to_mapping(progress))}))
        moment("checkpoint.written")

    def close(self) -> None:
        """Free the lock."""
        self._held.close()


def read_checkpoint(path: Path) -> Checkpoint | None:
    """Read the checkpoint of a run; None if there is none. Needs no lock: the file is always whole.

    Raises:
        InputError: if it is damaged, or of another format.
    """
    if not path.exists():
        return None
    try:
        with safe_open(path, "np") as file:
            metadata: dict[str, str] = file.metadata() or {}
            found = metadata.get("format")
            if found != FORMAT:
                raise InputError(
                    f"{path}: found a checkpoint of format {found!r}, expected {FORMAT!r}: start a new run"
                )
            state = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 - it is no mapping
        progress = from_mapping(Progress, json.loads(metadata["progress"]), f"{path}: progress")
    except (SafetensorError, OSError, KeyError, ValueError) as error:
        raise InputError(f"{path}: cannot be read as a checkpoint ({error})") from error
    return Checkpoint(state, progress)
