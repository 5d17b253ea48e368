# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""Distribution of an update's work over threads."""

import math
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import torch
from torch import Tensor

PART_SIZE = 256
"""Number of observations per part: a part fits in a core's cache, and threads do not wait long for each other."""

LEAST_PARTS = 2
"""Least number of parts, so that a second thread has work with small minibatches too."""

T = TypeVar("T")


def tune_torch(seed: int) -> None:
    """Let torch use one thread, and set the seed of its random numbers.

    Args:
        seed: The seed, which determines the weights of a new network.
    """
    torch.set_num_threads(1)
    torch.manual_seed(seed)


class Parts:
    """Splits rows into parts that several threads process in turn.

    While a simulation uses the same cores, this is much faster than torch's own threads, which synchronise after every
    operation. The result does not depend on the number of threads.
    """

    def __init__(self, threads: int) -> None:
        """Start `threads` threads; they end with the process."""
        self._pool = ThreadPoolExecutor(threads, "gradient")

    def map(self, function: Callable[[Tensor], T], rows: Tensor) -> list[T]:
        """Return the results of a function for each part of the row numbers `rows` (B,), in the order of the parts."""
        return list(self._pool.map(function, rows.chunk(max(LEAST_PARTS, math.ceil(len(rows) / PART_SIZE)))))


def add_up(gradients: Sequence[Sequence[Tensor]]) -> list[Tensor]:
    """Return the sum of the gradients of several parts, one tensor per parameter."""
    # The fused Adam needs parameter and gradient in the same memory layout.
    return [sum(parts[1:], parts[0]).contiguous() for parts in zip(*gradients, strict=True)]
