# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""Exact conversion of a network and its optimiser to the named arrays of a checkpoint or a policy file, and back."""

from collections.abc import Mapping, MutableMapping
from typing import Any, Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from deepracer_ros.learning.learner import NonFiniteError, State


class Optimiser(Protocol):
    """Protocol of an optimiser with a state, as `learning.adam.Adam` and the optimisers of torch."""

    @property
    def state(self) -> MutableMapping[Any, Any]:
        """The named tensors of each parameter."""
        ...


def to_state(network: nn.Module, optimiser: Optimiser) -> State:
    """Return copies of a network's weights, its optimiser's moments and step counts, and torch's random state."""
    arrays: State = {"rng": torch.get_rng_state().numpy().copy()}
    for name, parameter in network.named_parameters():
        arrays[f"weight/{name}"] = _copy(parameter)
        for kind, moment in optimiser.state.get(parameter, {}).items():
            arrays[f"optimiser.{kind}/{name}"] = _copy(moment)
    return arrays


def load_state(state: Mapping[str, NDArray[Any]], network: nn.Module, optimiser: Optimiser) -> None:
    """Restore a network, its optimiser and torch's random state from a state that `to_state` returned.

    Raises:
        ValueError: if the state belongs to another network; the message names the first difference.
    """
    moments: dict[str, dict[str, torch.Tensor]] = {}
    for key, array in state.items():
        kind, _, name = key.partition("/")
        if kind.startswith("optimiser."):
            moments.setdefault(name, {})[kind.removeprefix("optimiser.")] = torch.from_numpy(array.copy())
    parameters = dict(network.named_parameters())
    for name, parameter in parameters.items():
        found = state.get(f"weight/{name}")
        if found is None:
            raise ValueError(f"weight {name}: found none, expected shape {tuple(parameter.shape)}")
        if found.shape != tuple(parameter.shape):
            raise ValueError(f"weight {name}: found shape {found.shape}, expected {tuple(parameter.shape)}")
    if "rng" not in state:
        raise ValueError("rng: found none, expected torch's random state")
    with torch.no_grad():
        for name, parameter in parameters.items():
            parameter.copy_(torch.from_numpy(state[f"weight/{name}"].copy()))
            optimiser.state[parameter] = moments.get(name, {})
    torch.set_rng_state(torch.from_numpy(state["rng"].copy()))


def adopt_weights(tensors: Mapping[str, NDArray[Any]], network: nn.Module, heads: tuple[str, ...]) -> tuple[str, ...]:
    """Copy the weights of another policy into a network, as far as they fit.

    Args:
        tensors: Weights by name, as `to_policy_tensors` returns them.
        network: The network.
        heads: Beginnings of the names of weights that may differ and then stay as they are.

    Returns:
        The names of the weights that stay as they are.

    Raises:
        ValueError: if another weight is missing or has another shape; the network is unchanged.
    """
    parameters, kept = dict(network.named_parameters()), []
    for name, parameter in parameters.items():
        found, expected = tensors.get(name), tuple(parameter.shape)
        if found is not None and found.shape == expected:
            continue
        if not name.startswith(heads):
            shape = "none" if found is None else f"shape {found.shape}"
            raise ValueError(f"weight {name}: found {shape}, expected shape {expected}")
        kept.append(name)
    with torch.no_grad():
        for name in parameters.keys() - set(kept):
            parameters[name].copy_(torch.from_numpy(np.array(tensors[name], np.float32)))
    return tuple(kept)


def to_policy_tensors(network: nn.Module) -> dict[str, NDArray[np.float32]]:
    """Return copies of a network's weights by name, in the form of a policy file.

    Raises:
        NonFiniteError: if a weight is NaN or infinite.
    """
    arrays = {name: _copy(parameter) for name, parameter in network.named_parameters()}
    for name, array in arrays.items():
        if not np.isfinite(array).all():
            raise NonFiniteError(f"weight {name}: found NaN or infinity, expected finite numbers; model not published")
    return arrays


def _copy(tensor: torch.Tensor) -> NDArray[Any]:
    array: NDArray[Any] = tensor.detach().contiguous().numpy().copy()
    return array
