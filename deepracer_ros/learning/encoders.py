"""Encoders: from a sensor's observation to features, one encoder per sensor that a network reads."""

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
FRAME_SCALE = 64.0
"""Pixels enter as (pixel - mean) / scale: about zero mean and unit variance on a road."""

CONVOLUTIONS: dict[str, tuple[tuple[int, int, int], ...]] = {
    "small": ((16, 8, 4), (32, 4, 2)),
    "shallow": ((32, 8, 4), (64, 4, 2), (64, 3, 1)),
}
"""(channels, kernel, stride) of each layer; `shallow` is DeepRacer's DEEP_CONVOLUTIONAL_NETWORK_SHALLOW."""

VECTOR_FEATURES = 64
"""Features of a list of numbers."""

ROOT_TWO = 2**0.5
"""Gain of an orthogonal initialisation before a ReLU."""


class Encoder(Protocol):
    """A module that encodes one sensor."""

    features: int
    """How many it returns per observation."""

    def prepare(self, observations: NDArray[Any]) -> Tensor:
        """Return observations (B, *shape) as the tensor (B, ...) that the module takes; done once for a batch."""
        ...

    def __call__(self, prepared: Tensor) -> Tensor:
        """Return features (B, features)."""
        ...


class CameraEncoder(nn.Module):
    """Convolutions over one camera frame.

    The first convolution's stride divides its kernel. So it is computed as a stride-1 convolution over blocks of
    stride x stride pixels, laid out as channels (space to depth): the same numbers, three times as fast on a CPU.
    `prepare` does that layout once for a batch. The pixels' mean and scale are folded into the weights, so bytes go in
    exactly as they are.
    """

    def __init__(self, config: NetworkConfig) -> None:
        """Build the convolutions with orthogonal weights."""
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
        """Lay frames out as blocks (B, rows, columns, stride² C), still bytes.

        Args:
            observations: (B, H, W) or (B, H, W, C) of any size; they are shrunk or converted as needed.
        """
        frames = adapt_frames(observations, self.config)
        stride = CONVOLUTIONS[self.config.size][0][2]
        rows, columns = self.config.height // stride, self.config.width // stride
        run = stride * self.config.channels
        pixels = torch.as_tensor(frames).reshape(-1, self.config.height, self.config.width * self.config.channels)
        pixels = pixels[:, : rows * stride, : columns * run].contiguous()
        # A block's pixels of one row stay together, so four of them can be moved as one number.
        words = pixels.view(torch.int32).view(-1, rows, stride, columns, run // 4)
        blocks = words.permute(0, 1, 3, 2, 4).contiguous().view(torch.uint8)
        return blocks.view(-1, rows, columns, stride * run)

    def forward(self, prepared: Tensor) -> Tensor:
        """Return features (B, features) of prepared frames."""
        blocks = prepared.permute(0, 3, 1, 2)
        if blocks.dtype == torch.uint8:
            blocks = blocks.to(torch.bfloat16 if torch.is_autocast_enabled("cpu") else torch.float32)
        x = self._first_convolution(blocks).relu()
        for convolution in self.rest:
            x = convolution(x).relu()
        # Rows, columns, channels: the memory order of channels_last (and TensorFlow's), so nothing is copied.
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
        """Build the layer with orthogonal weights for so many numbers."""
        super().__init__()
        self.layer = nn.Linear(numbers, self.features)
        nn.init.orthogonal_(self.layer.weight, ROOT_TWO)
        nn.init.zeros_(self.layer.bias)

    def prepare(self, observations: NDArray[Any]) -> Tensor:
        """Return numbers (B, *shape) as (B, numbers) float32."""
        return torch.as_tensor(observations.reshape(len(observations), -1).astype(np.float32))

    def forward(self, prepared: Tensor) -> Tensor:
        """Return features (B, features)."""
        features: Tensor = self.layer(prepared).relu()
        return features


def make_encoder(spec: SensorSpec, config: NetworkConfig) -> CameraEncoder | VectorEncoder:
    """Return the encoder of a sensor: convolutions for pictures, a linear layer for numbers."""
    if spec.dtype == "|u1" and len(spec.shape) >= 2:
        return CameraEncoder(config)
    return VectorEncoder(int(np.prod(spec.shape)))


def adapt_frames(frames: NDArray[np.uint8], config: NetworkConfig) -> NDArray[np.uint8]:
    """Shrink or convert frames to what the network sees: (B, height, width) or (B, height, width, 3).

    Averages areas, as a camera of fewer pixels would; grey is ITU-R BT.601 luma.
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
