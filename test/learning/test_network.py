# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""The networks compute what plain layers do, of each size and with stacked frames."""

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional

from deepracer_ros.learning.architectures import ARCHITECTURES
from deepracer_ros.learning.config import NetworkConfig
from deepracer_ros.learning.frames import FRAME_MEAN, FRAME_SCALE, adapt_stacks
from deepracer_ros.learning.network import ActorCritic
from deepracer_ros.simulation.sensors import CAMERA, SensorSpec

SENSORS = {CAMERA: SensorSpec((60, 80), "|u1", "levels")}


def plain(network: ActorCritic, frames: np.ndarray) -> torch.Tensor:
    """Return the trunk's output for frames (B, H, W, C), layer by layer."""
    encoder, architecture = network.encoders[CAMERA], ARCHITECTURES[network.config.size]
    activate = {"relu": torch.relu, "tanh": torch.tanh}[architecture.activation]
    x = (torch.from_numpy(frames).permute(0, 3, 1, 2).float() - FRAME_MEAN) / FRAME_SCALE
    for number, layer in enumerate((encoder.first, *encoder.rest)):
        x = functional.conv2d(x, layer.weight, layer.bias, layer.stride)
        if architecture.normalised:
            x = (x - x.mean(dim=(1, 2, 3), keepdim=True)) / (
                x.var(dim=(1, 2, 3), keepdim=True, correction=0) + 1e-5
            ).sqrt()
            x = x * encoder.norms[number].weight[:, None, None] + encoder.norms[number].bias[:, None, None]
        x = activate(x)
    x = x.permute(0, 2, 3, 1).flatten(1)
    for layer in (network.hidden, *network.further):
        x = activate(layer(x))
    return x


@pytest.mark.parametrize("size", ["tiny", "small", "shallow", "standard", "deep"])
@pytest.mark.parametrize(("width", "height", "colour"), [(100, 80, "grey"), (122, 91, "rgb")])
def test_a_network_computes_what_plain_layers_do(size: str, width: int, height: int, colour: str) -> None:
    torch.manual_seed(0)
    network = ActorCritic(NetworkConfig(size, width=width, height=height, colour=colour), SENSORS, 4)
    for norm in network.encoders[CAMERA].norms:
        nn.init.normal_(norm.weight)
        nn.init.normal_(norm.bias)
    frames = np.random.default_rng(0).integers(0, 256, (3, height, width, network.config.channels), np.uint8)
    with torch.no_grad():
        x = plain(network, frames)
        outputs, values = network(network.prepare({CAMERA: frames}))
        torch.testing.assert_close(outputs, network.policy(x), rtol=1e-4, atol=1e-5)
        torch.testing.assert_close(values, network.value(x).squeeze(1), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("size", ["small", "standard"])
def test_stacked_frames_are_the_channels_of_one_image(size: str) -> None:
    torch.manual_seed(0)
    network = ActorCritic(NetworkConfig(size, stack_size=3), SENSORS, 4)
    frames = np.random.default_rng(0).integers(0, 256, (2, 3, 60, 80), np.uint8)
    with torch.no_grad():
        outputs, _ = network(network.prepare({CAMERA: frames.reshape(2, 180, 80)}))
        expected = network.policy(plain(network, frames.transpose(0, 2, 3, 1)))
    torch.testing.assert_close(outputs, expected, rtol=1e-4, atol=1e-5)


def test_each_frame_of_a_stack_is_scaled_by_itself() -> None:
    config = NetworkConfig(width=40, height=40, stack_size=2)
    stack = np.concatenate([np.full((1, 80, 80), 10, np.uint8), np.full((1, 80, 80), 200, np.uint8)], axis=1)
    adapted = adapt_stacks(stack, config)
    assert adapted.shape == (1, 40, 40, 2)
    assert (adapted[..., 0] == 10).all()
    assert (adapted[..., 1] == 200).all()
    for wrong in (np.zeros((1, 81, 80), np.uint8), np.zeros((1, 80, 80, 3), np.uint8)):
        with pytest.raises(ValueError, match="expected stacks of 2 grey frames"):
            adapt_stacks(wrong, config)


def test_the_rows_at_the_top_are_not_read() -> None:
    torch.manual_seed(0)
    network = ActorCritic(NetworkConfig("tiny", width=40, height=30, crop_top=6), SENSORS, 4)
    assert network.hidden.in_features == 16 * 6 * 10
    frames = np.random.default_rng(0).integers(0, 256, (2, 30, 40), np.uint8)
    with torch.no_grad():
        outputs, _ = network(network.prepare({CAMERA: frames}))
        torch.testing.assert_close(
            outputs, network.policy(plain(network, frames[:, 6:, :, None])), rtol=1e-4, atol=1e-5
        )
        frames[:, :6] = 0
        assert torch.equal(outputs, network(network.prepare({CAMERA: frames}))[0])
    with pytest.raises(ValueError, match="size: tiny: found frames of 40 x 2 pixels"):
        NetworkConfig("tiny", width=40, height=30, crop_top=28)


def test_deepracers_two_other_networks_have_their_layers() -> None:
    found = {}
    for size in ("standard", "deep"):
        network = ActorCritic(NetworkConfig(size, width=160, height=120), SENSORS, 5)
        encoder = network.encoders[CAMERA]
        layers = [(c.out_channels, c.kernel_size[0], c.stride[0]) for c in (encoder.first, *encoder.rest)]
        found[size] = layers, [(layer.in_features, layer.out_features) for layer in (network.hidden, *network.further)]
    assert found == {
        "standard": ([(32, 5, 2), (32, 3, 1), (64, 3, 2), (64, 3, 1)], [(35 * 25 * 64, 64)]),
        "deep": ([(32, 8, 4), (32, 4, 2), (64, 4, 2), (64, 3, 1)], [(6 * 3 * 64, 512), (512, 512)]),
    }


def test_shallow_network_is_deepracers() -> None:
    network = ActorCritic(NetworkConfig("shallow", width=160, height=120), SENSORS, 5)
    encoder = network.encoders[CAMERA]
    layers = [(c.out_channels, c.kernel_size, c.stride) for c in (encoder.first, *encoder.rest)]
    assert layers == [(32, (8, 8), (4, 4)), (64, (4, 4), (2, 2)), (64, (3, 3), (1, 1))]
    assert network.hidden.out_features == 512
    assert network.hidden.in_features == 64 * 16 * 11


def test_too_small_a_frame_is_refused() -> None:
    with pytest.raises(ValueError, match="width: found 10, expected 16 or more pixels"):
        NetworkConfig(width=10, height=50)
    with pytest.raises(ValueError, match="size: deep: found frames of 80 x 40 pixels, expected larger ones"):
        NetworkConfig("deep", width=80, height=40)


def test_frames_in_colour_do_not_stack() -> None:
    with pytest.raises(ValueError, match="stack_size: found 4, expected 1 with RGB frames"):
        NetworkConfig(colour="rgb", stack_size=4)
