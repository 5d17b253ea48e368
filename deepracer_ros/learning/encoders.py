# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""Encoders that compute features from a sensor's observations; a network has one encoder per sensor that it reads."""

import math
from collections.abc import Callable
from typing import Any, Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from deepracer_ros.learning.architectures import ARCHITECTURES, ROOT_TWO
from deepracer_ros.learning.config import NetworkConfig
from deepracer_ros.learning.frames import FRAME_MEAN, FRAME_SCALE, first_block, to_blocks
from deepracer_ros.learning.inference import VECTOR_FEATURES, is_image
from deepracer_ros.simulation.sensors import SensorSpec

ACTIVATIONS: dict[str, Callable[[Tensor], Tensor]] = {"relu": torch.relu, "tanh": torch.tanh}
"""Functions after a layer, by name in `Architecture.activation`."""


class Encoder(Protocol):
    """A module that computes features from the observations of one sensor."""

    features: int
    """Number of features per observation."""

    def prepare(self, observations: NDArray[Any]) -> Tensor:
        """Return observations (B, *shape) as the input tensor (B, ...) of the module; called once per batch."""
        ...

    def __call__(self, prepared: Tensor) -> Tensor:
        """Return the features (B, features) of prepared observations (B, ...)."""
        ...


class CameraEncoder(nn.Module):
    """Convolutions over camera frames.

    Where the stride of the first convolution divides its kernel size, it is computed as a convolution of stride 1 over
    blocks of stride x stride pixels that are laid out as channels (space to depth). The results are the same, and it
    is three times as fast on a CPU. `prepare` computes this layout once per batch. The mean and the scale of the
    pixels are part of the weights, so the input is unchanged bytes.
    """

    def __init__(self, config: NetworkConfig) -> None:
        """Build the convolutions of the configured size with orthogonal weights."""
        super().__init__()
        self.config, self.architecture = config, ARCHITECTURES[config.size]
        channels = config.channels
        convolutions: list[nn.Conv2d] = []
        for features, kernel, stride in self.architecture.convolutions:
            convolutions.append(nn.Conv2d(channels, features, kernel, stride))
            channels = features
        self.first, *rest = convolutions
        self.rest = nn.ModuleList(rest)
        self.norms = nn.ModuleList(
            nn.GroupNorm(1, convolution.out_channels) for convolution in convolutions if self.architecture.normalised
        )
        self.features = math.prod(self.architecture.output_shape(config.height - config.crop_top, config.width))
        self._block = first_block(config)
        for convolution in convolutions:
            nn.init.orthogonal_(convolution.weight, self.architecture.gain)
            nn.init.zeros_(convolution.get_parameter("bias"))

    def prepare(self, observations: NDArray[np.uint8]) -> Tensor:
        """Return frames as blocks of pixels (B, rows, columns, block² C), uint8.

        Args:
            observations: Frames (B, H, W) or (B, H, W, C), uint8, of any size, scaled and converted as needed; or
                stacks of grey frames (B, stack_size H, W), the newest at the bottom.
        """
        return torch.from_numpy(to_blocks(observations, self.config))

    def forward(self, prepared: Tensor) -> Tensor:
        """Return the features (B, features) of prepared frames (B, rows, columns, block² C)."""
        blocks = prepared.permute(0, 3, 1, 2)
        if blocks.dtype == torch.uint8:
            blocks = blocks.to(torch.bfloat16 if torch.is_autocast_enabled("cpu") else torch.float32)
        x = self._activate(self._first_convolution(blocks), 0)
        for number, convolution in enumerate(self.rest, start=1):
            x = self._activate(convolution(x), number)
        # The order rows, columns, channels is the memory order of channels_last (and TensorFlow), so nothing is copied.
        return x.permute(0, 2, 3, 1).flatten(1)

    def _activate(self, x: Tensor, number: int) -> Tensor:
        return ACTIVATIONS[self.architecture.activation](self.norms[number](x) if self.norms else x)

    def _first_convolution(self, blocks: Tensor) -> Tensor:
        features, kernel, stride = self.architecture.convolutions[0]
        channels, block, cells = self.config.channels, self._block, kernel // self._block
        weight = self.first.weight / FRAME_SCALE
        bias = self.first.get_parameter("bias") - FRAME_MEAN * weight.sum(dim=(1, 2, 3))
        weight = weight.view(features, channels, cells, block, cells, block).permute(0, 3, 5, 1, 2, 4)
        return functional.conv2d(blocks, weight.reshape(features, -1, cells, cells), bias, stride // block)


class VectorEncoder(nn.Module):
    """One linear layer and a ReLU over a list of numbers."""

    features = VECTOR_FEATURES

    def __init__(self, numbers: int) -> None:
        """Build the layer with orthogonal weights for `numbers` inputs."""
        super().__init__()
        self.layer = nn.Linear(numbers, self.features)
        nn.init.orthogonal_(self.layer.weight, ROOT_TWO)
        nn.init.zeros_(self.layer.bias)

    def prepare(self, observations: NDArray[Any]) -> Tensor:
        """Return observations (B, *shape) as a tensor (B, numbers) float32."""
        return torch.as_tensor(observations.reshape(len(observations), -1).astype(np.float32))

    def forward(self, prepared: Tensor) -> Tensor:
        """Return the features (B, features) of prepared observations (B, numbers)."""
        features: Tensor = self.layer(prepared).relu()
        return features


def make_encoder(spec: SensorSpec, config: NetworkConfig) -> CameraEncoder | VectorEncoder:
    """Return a new encoder for a sensor: convolutions for images (uint8), a linear layer for numbers."""
    if is_image(spec):
        return CameraEncoder(config)
    return VectorEncoder(int(np.prod(spec.shape)))
