# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""The actor in numpy computes what the network in torch computes, of every size, and takes no other weights."""

import numpy as np
import pytest
import torch
from torch import nn

from deepracer_ros.errors import InputError
from deepracer_ros.learning.config import NetworkConfig
from deepracer_ros.learning.inference import Actor, weight_shapes
from deepracer_ros.learning.network import ActorCritic
from deepracer_ros.simulation.sensors import CAMERA, STATE, SensorSpec

GREY = {CAMERA: SensorSpec((91, 122), "|u1", "levels")}
BOTH = {**GREY, STATE: SensorSpec((5,), "<f4", "each its own", tuple("abcde"))}
CONFIGS = {
    **{size: NetworkConfig(size, width=122, height=91) for size in ("tiny", "small", "shallow", "standard", "deep")},
    "colour": NetworkConfig("small", width=122, height=91, colour="rgb"),
    "stack": NetworkConfig("small", width=80, height=60, stack_size=3),
    "crop": NetworkConfig("tiny", width=40, height=30, crop_top=6),
    "state": NetworkConfig("small", reads=(CAMERA, STATE)),
    "critic": NetworkConfig("small", critic_reads=(STATE,)),
}


def make(config: NetworkConfig) -> tuple[ActorCritic, dict[str, np.ndarray]]:
    """Return a network whose every weight has an effect, and its weights by name."""
    torch.manual_seed(0)
    network = ActorCritic(config, BOTH, 4)
    for name, parameter in network.named_parameters():
        if name.startswith("policy.") or "norms." in name or name.endswith("bias"):
            nn.init.normal_(parameter)
    return network, {name: parameter.detach().numpy().copy() for name, parameter in network.named_parameters()}


@pytest.mark.parametrize("config", CONFIGS.values(), ids=CONFIGS)
def test_the_outputs_are_those_of_torch(config: NetworkConfig) -> None:
    network, tensors = make(config)
    assert weight_shapes(config, BOTH, 4) == {name: tensor.shape for name, tensor in tensors.items()}
    random = np.random.default_rng(0)
    shape = (3 * config.height, config.width) if config.stack_size > 1 else (91, 122)
    shape = (*shape, 3) if config.colour == "rgb" else shape
    seen = {CAMERA: random.integers(0, 256, (7, *shape), np.uint8), STATE: random.normal(size=(7, 5)).astype("<f4")}
    with torch.no_grad():
        expected = network.act(network.prepare(seen, critic=False)).numpy()
    found = Actor(tensors, config, BOTH, 4)(seen)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, expected, rtol=1e-3, atol=1e-3 * np.abs(expected).max())


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"hidden.bias": None}, "hidden.bias: found none, expected shape (128,)"),
        ({"value.bias": np.zeros(3, np.float32)}, "value.bias: found shape (3,), expected shape (1,)"),
        ({"further.0.bias": np.zeros(3, np.float32)}, "further.0.bias: found shape (3,), expected none"),
    ],
)
def test_weights_of_another_network_are_refused_by_name(change: dict, words: str) -> None:
    config = CONFIGS["small"]
    _, tensors = make(config)
    tensors = {name: tensor for name, tensor in {**tensors, **change}.items() if tensor is not None}
    with pytest.raises(InputError) as caught:
        Actor(tensors, config, BOTH, 4)
    assert str(caught.value) == f"policy: tensors do not fit a small network: {words}"


def test_a_decision_for_one_car_is_that_for_many() -> None:
    _, tensors = make(CONFIGS["small"])
    actor = Actor(tensors, CONFIGS["small"], BOTH, 4)
    frames = np.random.default_rng(0).integers(0, 256, (9, 91, 122), np.uint8)
    together = actor({CAMERA: frames})
    apart = np.concatenate([actor({CAMERA: frames[car : car + 1]}) for car in range(9)])
    np.testing.assert_allclose(apart, together, rtol=1e-4, atol=1e-4)
