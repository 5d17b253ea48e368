"""The learner's whole state as one safetensors file: resume is exact, and nothing in it is code."""

import json
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save

from deepracer_ros.errors import InputError
from deepracer_ros.learning.ppo import PPO

FORMAT = "deepracer_ros checkpoint 1"


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


def save_checkpoint(learner: PPO, progress: Progress) -> bytes:
    """Serialise weights, Adam's moments and steps, torch's random state and the progress."""
    tensors: dict[str, torch.Tensor] = {"rng": torch.get_rng_state()}
    for name, parameter in learner.network.named_parameters():
        tensors[f"weight/{name}"] = parameter.detach().contiguous()
        for key, moment in learner.optimiser.state.get(parameter, {}).items():
            tensors[f"adam.{key}/{name}"] = moment.detach().clone().contiguous()
    return save(tensors, {"format": FORMAT, "progress": json.dumps(vars(progress))})


def load_checkpoint(path: str, learner: PPO) -> Progress:
    """Put a saved state into `learner` (and torch's random state) and return the progress.

    Raises:
        InputError: if the file is damaged, of another format, or of another network.
    """
    try:
        with safe_open(path, "pt") as file:
            metadata: dict[str, Any] = file.metadata() or {}
            tensors = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118
    except (SafetensorError, OSError) as error:
        raise InputError(f"{path}: cannot be read as a checkpoint ({error})") from error
    if metadata.get("format") != FORMAT:
        raise InputError(f"{path}: found format {metadata.get('format')!r}, expected {FORMAT!r}")
    moments: dict[str, dict[str, torch.Tensor]] = {}
    for key, tensor in tensors.items():
        kind, _, name = key.partition("/")
        if kind.startswith("adam."):
            moments.setdefault(name, {})[kind.removeprefix("adam.")] = tensor
    try:
        with torch.no_grad():
            for name, parameter in learner.network.named_parameters():
                weight = tensors[f"weight/{name}"]
                if weight.shape != parameter.shape:
                    raise InputError(
                        f"{path}: {name} has shape {tuple(weight.shape)}, expected {tuple(parameter.shape)}"
                    )
                parameter.copy_(weight)
                learner.optimiser.state[parameter] = {
                    kind: tensor.clone() for kind, tensor in moments.get(name, {}).items()
                }
        torch.set_rng_state(tensors["rng"])
        values = json.loads(metadata["progress"])
        values["consumed"], values["best"] = tuple(values["consumed"]), tuple(values["best"])
        return Progress(**values)
    except (KeyError, TypeError, json.JSONDecodeError) as error:
        raise InputError(f"{path}: is of another network or version ({error})") from error


def policy_tensors(learner: PPO) -> dict[str, np.ndarray[Any, np.dtype[np.float32]]]:
    """Copy the weights out as contiguous arrays, as a policy file holds them.

    Raises:
        NonFiniteWeightsError: if a weight is NaN or infinite.
    """
    arrays = {name: p.detach().contiguous().numpy().copy() for name, p in learner.network.named_parameters()}
    for name, array in arrays.items():
        if not np.isfinite(array).all():
            raise NonFiniteWeightsError(f"{name} holds NaN or infinity; the model is not published")
    return arrays


class NonFiniteWeightsError(RuntimeError):
    """A weight is NaN or infinite: such a model must not be published."""
