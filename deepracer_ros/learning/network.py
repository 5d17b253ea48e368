"""The actor-critic: a few convolutions, one hidden layer, a policy head and a value head."""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from deepracer_ros.learning.config import NetworkConfig

FRAME_MEAN = 96.0
FRAME_SCALE = 64.0
"""Pixels enter as (pixel - mean) / scale: about zero mean and unit variance on a road."""

CONVOLUTIONS: dict[str, tuple[tuple[int, int, int], ...]] = {
    "small": ((16, 8, 4), (32, 4, 2)),
    "shallow": ((32, 8, 4), (64, 4, 2), (64, 3, 1)),
}
"""(channels, kernel, stride) of each layer; `shallow` is DeepRacer's DEEP_CONVOLUTIONAL_NETWORK_SHALLOW."""
HIDDEN = {"small": 128, "shallow": 512}


class ActorCritic(nn.Module):
    """Policy and value over one frame, with a shared trunk.

    The first convolution's stride divides its kernel, so it is computed as a stride-1 convolution
    over stride x stride blocks of pixels laid out as channels (space to depth): the same numbers,
    three times as fast on a CPU. `arrange` does that layout once for a batch. The
    pixels' mean and scale are folded into its weights, so bytes go in exactly as they are.
    """

    def __init__(self, config: NetworkConfig, outputs: int) -> None:
        """Build the network with orthogonal weights; the policy starts close to indifferent."""
        super().__init__()
        self.config = config
        layers = CONVOLUTIONS[config.size]
        channels, height, width = config.channels, config.height, config.width
        convolutions: list[nn.Conv2d] = []
        for features, kernel, stride in layers:
            convolutions.append(nn.Conv2d(channels, features, kernel, stride))
            channels = features
            height, width = ((side - kernel) // stride + 1 for side in (height, width))
        self.first, *rest = convolutions
        self.rest = nn.ModuleList(rest)
        self.hidden = nn.Linear(channels * height * width, HIDDEN[config.size])
        self.policy = nn.Linear(HIDDEN[config.size], outputs)
        self.value = nn.Linear(HIDDEN[config.size], 1)
        root_two = 2**0.5
        gains = [
            *((layer, root_two) for layer in convolutions),
            (self.hidden, root_two),
            (self.policy, 0.01),
            (self.value, 0.1),
        ]
        for layer, gain in gains:
            nn.init.orthogonal_(layer.get_parameter("weight"), gain)
            nn.init.zeros_(layer.get_parameter("bias"))

    def arrange(self, frames: NDArray[np.uint8] | Tensor) -> Tensor:
        """Lay frames (B, H, W) or (B, H, W, C) out as blocks (B, stride² C, H / stride, W / stride), still bytes."""
        stride = CONVOLUTIONS[self.config.size][0][2]
        rows, columns = self.config.height // stride, self.config.width // stride
        run = stride * self.config.channels
        pixels = torch.as_tensor(frames).reshape(-1, self.config.height, self.config.width * self.config.channels)
        pixels = pixels[:, : rows * stride, : columns * run].contiguous()
        # A block's pixels of one row stay together, so four of them can be moved as one number.
        words = pixels.view(torch.int32).view(-1, rows, stride, columns, run // 4)
        blocks = words.permute(0, 1, 3, 2, 4).contiguous().view(torch.uint8)
        return blocks.view(-1, rows, columns, stride * run).permute(0, 3, 1, 2)

    def _first_convolution(self, blocks: Tensor) -> Tensor:
        features, kernel, stride = CONVOLUTIONS[self.config.size][0]
        channels, cells = self.config.channels, kernel // stride
        weight = self.first.weight / FRAME_SCALE
        bias = self.first.get_parameter("bias") - FRAME_MEAN * weight.sum(dim=(1, 2, 3))
        weight = weight.view(features, channels, cells, stride, cells, stride).permute(0, 3, 5, 1, 2, 4)
        return functional.conv2d(blocks, weight.reshape(features, -1, cells, cells), bias)

    def forward(self, blocks: Tensor) -> tuple[Tensor, Tensor]:
        """Return policy outputs (B, outputs) and values (B,), both float32, of arranged frames.

        Args:
            blocks: What `arrange` returns, as bytes or already converted to a float type.
        """
        if blocks.dtype == torch.uint8:
            blocks = blocks.to(torch.bfloat16 if torch.is_autocast_enabled("cpu") else torch.float32)
        x = self._first_convolution(blocks).relu()
        for convolution in self.rest:
            x = convolution(x).relu()
        # Rows, columns, channels: the memory order of channels_last (and TensorFlow's), so nothing is copied.
        x = self.hidden(x.permute(0, 2, 3, 1).flatten(1)).relu().float()
        with torch.autocast("cpu", enabled=False):
            return self.policy(x), self.value(x).squeeze(1)
