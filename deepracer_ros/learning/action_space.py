# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""Distributions over actions: drawing actions from the outputs of a network, with their log-probability.

All of it is numpy, so that a process that only drives needs no torch. `learning.distributions` has what a learner
differentiates.
"""

import math
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from deepracer_ros.race.actions import (
    EDGE,
    ActionCoder,
    ActionSpaceConfig,
    ContinuousActions,
    DiscreteActions,
    make_action_coder,
)

Floats = NDArray[np.float32]
_LOG_GAMMA = np.frompyfunc(math.lgamma, 1, 1)


class ActionSpace(ActionCoder, Protocol):
    """Turns network outputs into a distribution over actions, and converts actions to commands and back.

    An action is an index (discrete) or a point of the unit square (continuous). A command is a steering angle in rad
    and a speed in m/s.
    """

    @property
    def outputs(self) -> int:
        """Number of outputs of the policy head for one observation."""

    def sample(self, outputs: Floats, generator: np.random.Generator) -> Floats:
        """Draw one action for each row of `outputs` (B, outputs); return actions (B, size) float32."""
        ...

    def greedy(self, outputs: Floats) -> Floats:
        """Return the most probable index or the mean of the distribution for each row: (B, size) float32."""
        ...

    def log_probability(self, outputs: Floats, actions: Floats) -> Floats:
        """Return the log-probability (B,) of `actions` (B, size)."""
        ...

    def random(self, count: int, generator: np.random.Generator) -> tuple[Floats, float]:
        """Draw `count` uniformly distributed actions; return them (count, size) with their common log-probability."""
        ...


class DiscreteActionSpace(DiscreteActions):
    """A list of K (steering, speed) pairs with a categorical distribution: the softmax of K logits."""

    @property
    def outputs(self) -> int:
        """Number of outputs of the policy head: one logit per action."""
        return len(self)

    def sample(self, outputs: Floats, generator: np.random.Generator) -> Floats:
        """Draw an index for each row of logits `outputs` (B, K): (B, 1) float32.

        The Gumbel-max trick is used: the index of the largest sum of logit and Gumbel noise.
        """
        noisy = outputs + generator.gumbel(size=outputs.shape)
        return _column(noisy.argmax(axis=1))

    def greedy(self, outputs: Floats) -> Floats:
        """Return the most probable index for each row of logits `outputs` (B, K): (B, 1) float32."""
        return _column(outputs.argmax(axis=1))

    def log_probability(self, outputs: Floats, actions: Floats) -> Floats:
        """Return the log-probability (B,) of `actions` (B, 1) for logits `outputs` (B, K)."""
        shifted = outputs - outputs.max(axis=1, keepdims=True)
        chosen = np.take_along_axis(shifted, actions.astype(np.int64), axis=1)[:, 0]
        found: Floats = chosen - np.log(np.exp(shifted).sum(axis=1))
        return found

    def random(self, count: int, generator: np.random.Generator) -> tuple[Floats, float]:
        """Draw `count` indices uniformly; return them (count, 1) with their common log-probability."""
        index = generator.integers(self.outputs, size=(count, 1))
        return index.astype(np.float32), -math.log(self.outputs)


def _column(index: NDArray[np.int64]) -> Floats:
    """Return indices (B,) as actions (B, 1)."""
    return index.astype(np.float32)[:, None]


class ContinuousActionSpace(ContinuousActions):
    """A box of steering and speed with an independent Beta distribution for each of the two.

    The support of a Beta distribution is [0, 1], so actions need no clipping and log-probabilities are exact (Chou,
    Maturana and Scherer, "Improving Stochastic Policy Gradients in Continuous Control with Deep Reinforcement Learning
    using the Beta Distribution", ICML 2017). Both parameters are above 1, so the distributions are unimodal.
    """

    outputs = 4

    @staticmethod
    def _parameters(outputs: Floats) -> tuple[Floats, Floats]:
        """Return alpha and beta, each (B, 2): one and the softplus of the outputs."""
        above_one = (1.0 + np.logaddexp(0.0, outputs)).astype(np.float32)
        return above_one[:, :2], above_one[:, 2:]

    def sample(self, outputs: Floats, generator: np.random.Generator) -> Floats:
        """Draw a point of the unit square for each row of `outputs` (B, 4): (B, 2) float32."""
        alpha, beta = self._parameters(outputs)
        drawn: NDArray[np.float64] = generator.beta(alpha, beta)
        return drawn.clip(EDGE, 1.0 - EDGE).astype(np.float32)

    def greedy(self, outputs: Floats) -> Floats:
        """Return the mean of the distribution for each row of `outputs` (B, 4): (B, 2) float32."""
        alpha, beta = self._parameters(outputs)
        mean: Floats = alpha / (alpha + beta)
        return mean

    def log_probability(self, outputs: Floats, actions: Floats) -> Floats:
        """Return the log-probability (B,) of `actions` (B, 2) for `outputs` (B, 4): the sum over both distributions."""
        alpha, beta = (part.astype(np.float64) for part in self._parameters(outputs))
        log_gamma = np.asarray(_LOG_GAMMA(np.stack([alpha, beta, alpha + beta])), np.float64)
        density = (alpha - 1.0) * np.log(actions) + (beta - 1.0) * np.log1p(-actions)
        found: Floats = (density - log_gamma[0] - log_gamma[1] + log_gamma[2]).sum(axis=1).astype(np.float32)
        return found

    def random(self, count: int, generator: np.random.Generator) -> tuple[Floats, float]:
        """Draw `count` points of the unit square uniformly; return them (count, 2) with their log-density, 0."""
        return generator.uniform(EDGE, 1.0 - EDGE, size=(count, 2)).astype(np.float32), 0.0


def make_action_space(config: ActionSpaceConfig) -> ActionSpace:
    """Build the action space that `config` describes."""
    coder = make_action_coder(config)
    if isinstance(coder, DiscreteActions):
        return DiscreteActionSpace(coder.steering, coder.speed)
    (low_steering, low_speed), (high_steering, high_speed) = coder.low, coder.low + coder.range
    return ContinuousActionSpace((low_steering, low_speed), (high_steering, high_speed))
