# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""A second learner, to show the seam: it adds up rewards. `ENTRY` in `LEARNERS` is all that registers it."""

from dataclasses import dataclass

import numpy as np

from deepracer_ros.config import Section, key
from deepracer_ros.learning.config import LearnerEntry
from deepracer_ros.learning.learner import NonFiniteError, Update


@dataclass(frozen=True)
class CountingConfig(Section):
    """What can be configured about counting."""

    weights: int = key(4, "Numbers of the policy.", least=1)
    padding: int = key(0, "Bytes that make its state larger.", unit="bytes", least=0)


class CountingLearner:
    """Every weight is the sum of all rewards."""

    def __init__(self, network, sensors, actions, config, threads=1):
        self.weights, self.padding = np.zeros(config.weights, np.float32), np.zeros(config.padding, np.uint8)

    def update(self, batch):
        with np.errstate(over="ignore"):
            total = batch.reward.sum(dtype=np.float32)
        if not np.isfinite(total):
            raise NonFiniteError(f"sum of rewards: found {total}, expected finite numbers")
        self.weights += total
        return Update(int(batch.valid.sum()), {"total": float(total)})

    def configure(self, config):
        self.config = config

    def state(self):
        return {"weights": self.weights.copy(), "padding": self.padding.copy()}

    def load(self, state):
        if state["weights"].shape != self.weights.shape:
            raise ValueError(f"weights: found {state['weights'].shape}, expected {self.weights.shape}")
        self.weights, self.padding = state["weights"].copy(), state["padding"].copy()

    def policy_tensors(self):
        return {"weights": self.weights.copy()}


ENTRY = LearnerEntry(CountingConfig, "counting_learner:CountingLearner")
