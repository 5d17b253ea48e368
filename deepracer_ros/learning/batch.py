"""What a learner learns from: segments of equal length, stacked."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class Batch:
    """S segments of T steps.

    Attributes:
        observations: (S, T + 1, *shape) of each sensor, by its name; observation t + 1 answers action t.
        steering: (S, T) float32, commanded, rad, + left.
        speed: (S, T) float32, commanded, m/s.
        log_probability: (S, T) float32, of the action under the policy that took it.
        reward: (S, T) float32.
        terminated: (S, T) bool, observation t + 1 ended its episode by a failure.
        truncated: (S, T) bool, observation t + 1 ended its episode by the clock or the finish.
        valid: (S, T) bool, false for the transition out of an observation that had ended an episode.
    """

    observations: Mapping[str, NDArray[Any]]
    steering: NDArray[np.float32]
    speed: NDArray[np.float32]
    log_probability: NDArray[np.float32]
    reward: NDArray[np.float32]
    terminated: NDArray[np.bool_]
    truncated: NDArray[np.bool_]
    valid: NDArray[np.bool_]
