"""The learner's whole state as one safetensors file: resume is exact, and nothing in it is code."""

import json
from dataclasses import dataclass
from typing import Any

from safetensors import SafetensorError, safe_open
from safetensors.numpy import save

from deepracer_ros.errors import InputError
from deepracer_ros.learning.learner import Learner

FORMAT = "deepracer_ros checkpoint 2"


@dataclass(frozen=True)
class Progress:
    """How far training is."""

    version: int = 0
    """The last published model version."""
    updates: int = 0
    """Batches learned from."""
    env_steps: int = 0
    """Transitions taken out of the buffer."""
    seconds: float = 0.0
    """Training time so far, s."""
    consumed: tuple[str, ...] = ()
    """Entries learned from that Redis may still hold: a restarted trainer must not take them again."""
    best: tuple[float, ...] = ()
    """Score of the best model: (laps completed, minus mean lap seconds)."""
    seconds_to_all_laps: float | None = None
    """Training time at the first evaluation with every lap complete."""


def save_checkpoint(learner: Learner, progress: Progress) -> bytes:
    """Serialise the learner's state and the progress."""
    return save(learner.state(), {"format": FORMAT, "progress": json.dumps(vars(progress))})


def load_checkpoint(path: str, learner: Learner) -> Progress:
    """Put a saved state into `learner` and return the progress.

    Raises:
        InputError: if the file is damaged, of another format, or of another network.
    """
    try:
        with safe_open(path, "np") as file:
            metadata: dict[str, Any] = file.metadata() or {}
            state = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118
    except (SafetensorError, OSError) as error:
        raise InputError(f"{path}: cannot be read as a checkpoint ({error})") from error
    if metadata.get("format") != FORMAT:
        raise InputError(f"{path}: found format {metadata.get('format')!r}, expected {FORMAT!r}")
    try:
        learner.load(state)
        values = json.loads(metadata["progress"])
        values["consumed"], values["best"] = tuple(values["consumed"]), tuple(values["best"])
        return Progress(**values)
    except (ValueError, KeyError, TypeError) as error:
        raise InputError(f"{path}: is of another network or version ({error})") from error
