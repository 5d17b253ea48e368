"""Work of one update shared out over threads, and the number format that this CPU is fastest in."""

import math
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import torch
from torch import Tensor

from deepracer_ros.learning.network import ActorCritic, Prepared

PART_SIZE = 256
"""Observations that one thread works on at once: they stay in a core's cache, and no thread waits long for another."""

T = TypeVar("T")


class Parts:
    """Splits rows into parts that several threads take in turn.

    Beside a busy simulation that is far faster than torch's own threads, which meet at the end of every single
    operation. The result does not depend on the number of threads.
    """

    def __init__(self, threads: int) -> None:
        """Start the threads; they end with the process."""
        self._pool = ThreadPoolExecutor(threads, "gradient")

    def map(self, function: Callable[[Tensor], T], rows: Tensor) -> list[T]:
        """Return what the function returns for each part of the row numbers (B,), in their order."""
        return list(self._pool.map(function, rows.chunk(math.ceil(len(rows) / PART_SIZE))))


def add_up(gradients: Sequence[Sequence[Tensor]]) -> list[Tensor]:
    """Return the sum of several parts' gradients, parameter by parameter."""
    # The fused Adam walks parameter and gradient together: they must lie alike in memory.
    return [sum(parts[1:], parts[0]).contiguous() for parts in zip(*gradients, strict=True)]


def bfloat16_is_faster(network: ActorCritic, prepared: Prepared) -> bool:
    """Time one forward and backward pass of blank observations in float32 and in bfloat16, best of three."""
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
