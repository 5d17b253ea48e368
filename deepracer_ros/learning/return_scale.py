# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""Normalisation of the returns, so that a reward of any scale or offset is learnt equally well.

Source: van Hasselt et al., "Learning values across many orders of magnitude", 2016 (Pop-Art). The value head predicts
returns in units of their standard deviation from their mean. When the statistics move, the head's weights change with
them, so the predicted returns stay the same.
"""

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

STEP = 0.1
"""Weight of a new batch in the running statistics."""
LEAST = 1e-6
"""Least standard deviation, in units of the reward and relative to the mean: returns may all be the same."""


class ReturnScale:
    """Running mean and standard deviation of the returns, and the value head that follows them.

    Attributes:
        mean: Mean of the returns, in units of the reward.
        deviation: Standard deviation of the returns, in units of the reward; 0 before the first batch.
    """

    def __init__(self, head: nn.Linear) -> None:
        """Begin with nothing known, so that every value is 0.

        Args:
            head: Last layer of the value, with one output: the normalised return.
        """
        self._head = head
        self._weight = self._first = self._second = 0.0
        self.mean = self.deviation = 0.0

    def update(self, returns: Tensor) -> None:
        """Move the statistics towards those of a batch; the head's predictions, in units of the reward, do not change.

        At the first batch the head stays as it is: it predicts about the mean.

        Args:
            returns: (B,) returns, in units of the reward. A batch that is not finite is ignored.
        """
        batch = returns.double()
        mean, square = float(batch.mean()), float((batch * batch).mean())
        if not math.isfinite(square):
            return
        self._weight += STEP * (1.0 - self._weight)
        self._first += STEP * (mean - self._first)
        self._second += STEP * (square - self._second)
        # Division by the sum of all weights: the first batches count fully, as in Adam.
        mean, square = self._first / self._weight, self._second / self._weight
        deviation = max(max(square - mean * mean, 0.0) ** 0.5, LEAST * max(1.0, abs(mean)))
        if self.deviation > 0.0:
            with torch.no_grad():
                self._head.weight.mul_(self.deviation / deviation)
                self._head.bias.mul_(self.deviation).add_(self.mean - mean).div_(deviation)
        self.mean, self.deviation = mean, deviation

    def normalise(self, returns: Tensor) -> Tensor:
        """Return normalised returns.

        Args:
            returns: Returns of any shape, in units of the reward.
        """
        return (returns - self.mean) / self.deviation

    def restore(self, values: Tensor) -> Tensor:
        """Return values in units of the reward.

        Args:
            values: Values of any shape as the head predicts them.
        """
        return values * self.deviation + self.mean

    def state(self) -> dict[str, NDArray[Any]]:
        """Return the statistics as an array of a checkpoint."""
        numbers = (self._weight, self._first, self._second, self.mean, self.deviation)
        return {"return_scale": np.array(numbers, np.float64)}

    def load(self, state: Mapping[str, NDArray[Any]]) -> None:
        """Restore statistics that `state` returned.

        The value of a checkpoint without them, from an earlier release, is in units of the reward.

        Args:
            state: The arrays of a checkpoint.
        """
        numbers = state["return_scale"].tolist() if "return_scale" in state else (0.0, 0.0, 0.0, 0.0, 1.0)
        self._weight, self._first, self._second, self.mean, self.deviation = numbers
