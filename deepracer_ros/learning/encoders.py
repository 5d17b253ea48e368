# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""Encoders that compute features from a sensor's observations; a network has one encoder per sensor that it reads."""

from typing import Any, Protocol

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from deepracer_ros.learning.config import NetworkConfig
from deepracer_ros.simulation.sensors import SensorSpec

FRAME_MEAN = 96.0
"""Level that is subtracted from every pixel: about the mean of images of a road."""

FRAME_SCALE = 64.0
"""Divisor of every pixel after the subtraction of `FRAME_MEAN`: about the standard deviation of images of a road."""

CONVOLUTIONS: dict[str, tuple[tuple[int, int, int], ...]] = {
    "small": ((16, 8, 4), (32, 4, 2)),
    "shallow": ((32, 8, 4), (64, 4, 2), (64, 3, 1)),
}
"""Channels, kernel size and stride of each convolution by network size.

`shallow` is DeepRacer's DEEP_CONVOLUTIONAL_NETWORK_SHALLOW.
"""

VECTOR_FEATURES = 64
"""Number of features that `VectorEncoder` computes."""

ROOT_TWO = 2**0.5
"""Gain of an orthogonal initialisation before a ReLU."""


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

    The stride of the first convolution divides its kernel size. So it is computed as a convolution of stride 1 over
    blocks of stride x stride pixels that are laid out as channels (space to depth). The results are the same, and it
    is three times as fast on a CPU. `prepare` computes this layout once per batch. The mean and the scale of the
    pixels are part of the weights, so the input is unchanged bytes.
    """

    def __init__(self, config: NetworkConfig) -> None:
        """Build the convolutions of the configured size with orthogonal weights."""
        super().__init__()
        self.config = config
        channels, height, width = config.channels, config.height, config.width
        convolutions: list[nn.Conv2d] = []
        for features, kernel, stride in CONVOLUTIONS[config.size]:
            convolutions.append(nn.Conv2d(channels, features, kernel, stride))
            channels = features
            height, width = ((side - kernel) // stride + 1 for side in (height, width))
        self.first, *rest = convolutions
        self.rest = nn.ModuleList(rest)
        self.features = channels * height * width
        for convolution in convolutions:
            nn.init.orthogonal_(convolution.weight, ROOT_TWO)
            nn.init.zeros_(convolution.get_parameter("bias"))

    def prepare(self, observations: NDArray[np.uint8]) -> Tensor:
        """Return frames as blocks of pixels (B, rows, columns, stride² C), uint8.

        Args:
            observations: Frames (B, H, W) or (B, H, W, C), uint8, of any size; scaled and converted as needed.
        """
        frames = adapt_frames(observations, self.config)
        stride = CONVOLUTIONS[self.config.size][0][2]
        rows, columns = self.config.height // stride, self.config.width // stride
        run = stride * self.config.channels
        pixels = torch.as_tensor(frames).reshape(-1, self.config.height, self.config.width * self.config.channels)
        pixels = pixels[:, : rows * stride, : columns * run].contiguous()
        # The pixels of one row of a block stay together, so four bytes can be moved as one number.
        words = pixels.view(torch.int32).view(-1, rows, stride, columns, run // 4)
        blocks = words.permute(0, 1, 3, 2, 4).contiguous().view(torch.uint8)
        return blocks.view(-1, rows, columns, stride * run)

    def forward(self, prepared: Tensor) -> Tensor:
        """Return the features (B, features) of prepared frames (B, rows, columns, stride² C)."""
        blocks = prepared.permute(0, 3, 1, 2)
        if blocks.dtype == torch.uint8:
            blocks = blocks.to(torch.bfloat16 if torch.is_autocast_enabled("cpu") else torch.float32)
        x = self._first_convolution(blocks).relu()
        for convolution in self.rest:
            x = convolution(x).relu()
        # The order rows, columns, channels is the memory order of channels_last (and TensorFlow), so nothing is copied.
        return x.permute(0, 2, 3, 1).flatten(1)

    def _first_convolution(self, blocks: Tensor) -> Tensor:
        features, kernel, stride = CONVOLUTIONS[self.config.size][0]
        channels, cells = self.config.channels, kernel // stride
        weight = self.first.weight / FRAME_SCALE
        bias = self.first.get_parameter("bias") - FRAME_MEAN * weight.sum(dim=(1, 2, 3))
        weight = weight.view(features, channels, cells, stride, cells, stride).permute(0, 3, 5, 1, 2, 4)
        return functional.conv2d(blocks, weight.reshape(features, -1, cells, cells), bias)


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
    if spec.dtype == "|u1" and len(spec.shape) >= 2:
        return CameraEncoder(config)
    return VectorEncoder(int(np.prod(spec.shape)))


def adapt_frames(frames: NDArray[np.uint8], config: NetworkConfig) -> NDArray[np.uint8]:
    """Return frames in the size and colour that the network reads: (B, height, width) or (B, height, width, 3).

    Frames are scaled by area averaging, which resembles a camera with fewer pixels. Grey is ITU-R BT.601 luma.

    Args:
        frames: Frames (B, H, W) or (B, H, W, C), uint8.
        config: Size and colour of the network's frames.
    """
    if frames.ndim == 4 and frames.shape[3] == 1:
        frames = frames[..., 0]
    if frames.ndim == 4 and config.colour == "grey":
        frames = np.stack([cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY) for frame in frames]).astype(np.uint8)
    elif frames.ndim == 3 and config.colour == "rgb":
        frames = np.repeat(frames[..., None], 3, axis=3)
    if frames.shape[1:3] != (config.height, config.width):
        size = (config.width, config.height)
        frames = np.stack([cv2.resize(frame, size, interpolation=cv2.INTER_AREA) for frame in frames]).astype(np.uint8)
    return frames
