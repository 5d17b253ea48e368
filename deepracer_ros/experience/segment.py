"""A segment: consecutive steps of one car, what the recorder makes and the trainer learns from."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class Segment:
    """T consecutive steps of one car.

    Attributes:
        observations: (T + 1, *shape) of each sensor, by its name; observation t + 1 answers action t.
        steering: (T,) float32, rad, + left.
        speed: (T,) float32, m/s.
        reward: (T,) float32, of observation t + 1.
        log_probability: (T,) float32, of the action under the policy that took it.
        progress: (T,) float32, % of the track, of observation t + 1.
        terminated: (T,) uint8, of observation t + 1.
        truncated: (T,) uint8, of observation t + 1.
        valid: (T,) uint8; 0 for the transition out of an observation that had ended an episode.
        model_version: The oldest model that acted in it; 0 before the first model.
        track: Name of the track.
        worker: Name of the recorder, unique per start of one (`unique_worker`).
        car: Index of the car in its simulation.
        sequence: Counts the segments of one car of one worker, ascending.
        terms: (T,) float32 of each weighted reward term, by its name; they add up to the reward.
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
        """T, the number of steps."""
        return len(self.steering)

    @property
    def id(self) -> str:
        """`worker:car:sequence`, unique in its run."""
        return f"{self.worker}:{self.car}:{self.sequence}"
