# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""Layers of the networks by size; a new size needs one more entry, and its name in `NetworkConfig.size`."""

from dataclasses import dataclass
from typing import Literal

ROOT_TWO = 2**0.5
"""Gain of an orthogonal initialisation before a ReLU."""


@dataclass(frozen=True)
class Architecture:
    """Layers between a camera's frames and the heads of a network.

    Attributes:
        convolutions: Channels, kernel size and stride of each convolution.
        hidden: Number of units of each hidden layer.
        activation: Function after every layer.
        gain: Gain of the orthogonal initialisation of every layer.
        normalised: Whether the outputs of each convolution are normalised before the activation.
    """

    convolutions: tuple[tuple[int, int, int], ...]
    hidden: tuple[int, ...]
    activation: Literal["relu", "tanh"] = "relu"
    gain: float = ROOT_TWO
    normalised: bool = False

    def output_shape(self, height: int, width: int) -> tuple[int, int, int]:
        """Return channels, height and width of the last convolution's output for frames of a size in pixels.

        Raises:
            ValueError: if the frames are too small for the convolutions.
        """
        rows, columns, channels = height, width, 0
        for channels, kernel, stride in self.convolutions:  # noqa: B007 - the last number of channels is returned
            rows, columns = ((side - kernel) // stride + 1 for side in (rows, columns))
            if min(rows, columns) < 1:
                raise ValueError(f"found frames of {width} x {height} pixels, expected larger ones for these layers")
        return channels, rows, columns


ARCHITECTURES: dict[str, Architecture] = {
    "tiny": Architecture(((16, 4, 4),), (128,)),
    "small": Architecture(((16, 8, 4), (32, 4, 2)), (128,)),
    "shallow": Architecture(((32, 8, 4), (64, 4, 2), (64, 3, 1)), (512,)),
    "standard": Architecture(((32, 5, 2), (32, 3, 1), (64, 3, 2), (64, 3, 1)), (64,), "tanh", gain=5.0 / 3.0),
    "deep": Architecture(((32, 8, 4), (32, 4, 2), (64, 4, 2), (64, 3, 1)), (512, 512), normalised=True),
}
"""Networks by size. `shallow`, `standard` and `deep` are DeepRacer's DEEP_CONVOLUTIONAL_NETWORK_SHALLOW,
DEEP_CONVOLUTIONAL_NETWORK and DEEP_CONVOLUTIONAL_NETWORK_DEEP. In place of the last one's batch normalisation each
frame is normalised by itself, so the policy that drives and the one that learns compute the same numbers."""
