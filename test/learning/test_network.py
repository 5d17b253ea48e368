# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""The space-to-depth first layer computes exactly what a plain convolution does."""

import numpy as np
import pytest
import torch
from torch.nn import functional

from deepracer_ros.learning.config import NetworkConfig
from deepracer_ros.learning.encoders import FRAME_MEAN, FRAME_SCALE
from deepracer_ros.learning.network import ActorCritic
from deepracer_ros.simulation.sensors import CAMERA, SensorSpec

SENSORS = {CAMERA: SensorSpec((60, 80), "|u1", "levels")}


@pytest.mark.parametrize("size", ["small", "shallow"])
@pytest.mark.parametrize(("width", "height", "colour"), [(80, 60, "grey"), (82, 63, "rgb")])
def test_first_convolution_is_the_plain_one(size: str, width: int, height: int, colour: str) -> None:
    torch.manual_seed(0)
    network = ActorCritic(NetworkConfig(size, width=width, height=height, colour=colour), SENSORS, 4)
    encoder = network.encoders[CAMERA]
    frames = np.random.default_rng(0).integers(0, 256, (3, height, width, network.config.channels), np.uint8)
    x = (torch.from_numpy(frames).permute(0, 3, 1, 2).float() - FRAME_MEAN) / FRAME_SCALE
    for layer in (encoder.first, *encoder.rest):
        x = functional.conv2d(x, layer.weight, layer.bias, layer.stride).relu()
    x = network.hidden(x.permute(0, 2, 3, 1).flatten(1)).relu()
    with torch.no_grad():
        outputs, values = network(network.prepare({CAMERA: frames}))
    torch.testing.assert_close(outputs, network.policy(x), rtol=1e-4, atol=1e-5)
    torch.testing.assert_close(values, network.value(x).squeeze(1), rtol=1e-4, atol=1e-5)


def test_shallow_network_is_deepracers() -> None:
    network = ActorCritic(NetworkConfig("shallow", width=160, height=120), SENSORS, 5)
    encoder = network.encoders[CAMERA]
    layers = [(c.out_channels, c.kernel_size, c.stride) for c in (encoder.first, *encoder.rest)]
    assert layers == [(32, (8, 8), (4, 4)), (64, (4, 4), (2, 2)), (64, (3, 3), (1, 1))]
    assert network.hidden.out_features == 512
    assert network.hidden.in_features == 64 * 16 * 11


def test_too_small_a_frame_is_refused() -> None:
    with pytest.raises(ValueError, match="width: found 30, expected 40 or more pixels"):
        NetworkConfig(width=30, height=50)
