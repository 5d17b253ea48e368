# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""Distribution of an update's work over threads, and the choice of the faster number format of the CPU."""

import math
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import torch
from torch import Tensor

from deepracer_ros.learning.network import ActorCritic, Prepared

PART_SIZE = 256
"""Number of observations per part: a part fits in a core's cache, and threads do not wait long for each other."""

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
        return list(self._pool.map(function, rows.chunk(math.ceil(len(rows) / PART_SIZE))))


def add_up(gradients: Sequence[Sequence[Tensor]]) -> list[Tensor]:
    """Return the sum of the gradients of several parts, one tensor per parameter."""
    # The fused Adam needs parameter and gradient in the same memory layout.
    return [sum(parts[1:], parts[0]).contiguous() for parts in zip(*gradients, strict=True)]


def bfloat16_is_faster(network: ActorCritic, prepared: Prepared) -> bool:
    """Return whether a forward and backward pass is faster in bfloat16 than in float32, by the best of three runs.

    Args:
        network: The network.
        prepared: Input tensors of its encoders by sensor, for example of blank observations.
    """
    seconds = {}
    for enabled in (False, True):
        runs = []
        for _ in range(4):
            started = time.perf_counter()
            with torch.autocast("cpu", torch.bfloat16, enabled=enabled):
                outputs, values = network(prepared)
            (outputs.sum() + values.sum()).backward()
            network.zero_grad()
            runs.append(time.perf_counter() - started)
        seconds[enabled] = min(runs[1:])
    return seconds[True] < seconds[False]
