# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""The choice of the faster number format of the CPU, which is measured once on a machine and then read."""

import hashlib
import json
import time
from contextlib import suppress
from pathlib import Path

import torch

from deepracer_ros.errors import InputError
from deepracer_ros.files import make_folder, write_json
from deepracer_ros.learning.network import ActorCritic, Prepared
from deepracer_ros.machine import cache_directory, processor

_KEY = "bfloat16_is_faster"


def bfloat16_is_faster(network: ActorCritic, prepared: Prepared) -> bool:
    """Return whether a forward and backward pass is faster in bfloat16 than in float32.

    The answer is measured once for a processor, a version of torch, a network and a size of its input, and kept in the
    user's cache folder. To measure again, remove the folder `deepracer_ros/number_format` there.

    Args:
        network: The network.
        prepared: Input tensors of its encoders by sensor, for example of blank observations.
    """
    path = _file(network, prepared)
    with suppress(OSError, ValueError, KeyError, TypeError):  # absent or damaged: measured again
        return bool(json.loads(path.read_text())[_KEY])
    found = _measure(network, prepared)
    with suppress(InputError):  # a cache that cannot be written costs the next start some time
        make_folder(path.parent)
        write_json(path, {_KEY: found})
    return found


def _file(network: ActorCritic, prepared: Prepared) -> Path:
    """Return the file of the answer; its name depends on all that the answer depends on."""
    shapes = {name: tuple(block.shape) for name, block in prepared.items()}
    what = f"{processor()} {torch.__version__} {network} {shapes}"
    return cache_directory("number_format") / f"{hashlib.sha256(what.encode()).hexdigest()[:16]}.json"


def _measure(network: ActorCritic, prepared: Prepared) -> bool:
    """Return whether bfloat16 is faster by the best of three runs."""
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
