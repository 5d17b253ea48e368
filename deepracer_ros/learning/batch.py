# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""A batch of experience: stacked segments of equal length."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class Batch:
    """A batch of S segments with T steps each.

    Attributes:
        observations: (S, T + 1, *shape) observations of each sensor by its name; observation t + 1 follows action t.
        steering: (S, T) float32 commanded steering angles, rad, + left.
        speed: (S, T) float32 commanded speeds, m/s.
        log_probability: (S, T) float32 log-probabilities of the actions under the policy that took them.
        reward: (S, T) float32 rewards.
        terminated: (S, T) bool, whether observation t + 1 ended its episode by a failure.
        truncated: (S, T) bool, whether observation t + 1 ended its episode by the time limit or the finish.
        valid: (S, T) bool, False for a transition that begins at the last observation of an episode.
    """

    observations: Mapping[str, NDArray[Any]]
    steering: NDArray[np.float32]
    speed: NDArray[np.float32]
    log_probability: NDArray[np.float32]
    reward: NDArray[np.float32]
    terminated: NDArray[np.bool_]
    truncated: NDArray[np.bool_]
    valid: NDArray[np.bool_]
