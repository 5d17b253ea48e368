# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""A segment: consecutive steps of one car, the unit of experience between recorder and trainer."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class Segment:
    """T consecutive steps of one car.

    Attributes:
        observations: (T + 1, *shape) observations by sensor name; action t leads from observation t to t + 1.
        steering: (T,) float32 commanded steering angle, rad, positive to the left.
        speed: (T,) float32 commanded speed, m/s.
        reward: (T,) float32 reward of observation t + 1.
        log_probability: (T,) float32 log-probability of the action under the policy that chose it.
        progress: (T,) float32 progress at observation t + 1, % of a lap.
        terminated: (T,) uint8, 1 if the episode ended by a failure at observation t + 1.
        truncated: (T,) uint8, 1 if the episode ended otherwise at observation t + 1, for example by a complete lap.
        valid: (T,) uint8, 0 if observation t had ended an episode, so that step t is not a transition.
        model_version: Version of the oldest model that acted in the segment; 0 before the first model.
        track: Name of the track.
        worker: Name of the recorder, unique to each start of a recorder (`connection.unique_worker`).
        car: Index of the car in its simulation.
        sequence: Number of the segment among those of the same worker and car, ascending.
        terms: (T,) float32 weighted reward terms by name; they add up to the reward.
    """

    observations: Mapping[str, NDArray[Any]]
    steering: NDArray[np.float32]
    speed: NDArray[np.float32]
    reward: NDArray[np.float32]
    log_probability: NDArray[np.float32]
    progress: NDArray[np.float32]
    terminated: NDArray[np.uint8]
    truncated: NDArray[np.uint8]
    valid: NDArray[np.uint8]
    model_version: int
    track: str
    worker: str
    car: int
    sequence: int
    terms: Mapping[str, NDArray[np.float32]] = field(default_factory=dict)

    @property
    def steps(self) -> int:
        """Number of steps T."""
        return len(self.steering)

    @property
    def id(self) -> str:
        """Id of the segment, `worker:car:sequence`, unique in its run."""
        return f"{self.worker}:{self.car}:{self.sequence}"
