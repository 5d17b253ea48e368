# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""Distributions over actions: drawing actions from the outputs of a network, with log-probability and entropy."""

import math
from typing import Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from deepracer_ros.race.actions import (
    EDGE,
    ActionCoder,
    ActionSpaceConfig,
    ContinuousActions,
    DiscreteActions,
    make_action_coder,
)


class ActionSpace(ActionCoder, Protocol):
    """Turns network outputs into a distribution over actions, and converts actions to commands and back.

    An action is an index (discrete) or a point of the unit square (continuous). A command is a steering angle in rad
    and a speed in m/s.
    """

    @property
    def outputs(self) -> int:
        """Number of outputs of the policy head for one observation."""

    def sample(self, outputs: Tensor, generator: np.random.Generator) -> NDArray[np.float32]:
        """Draw one action for each row of `outputs` (B, outputs); return actions (B, size) float32."""
        ...

    def greedy(self, outputs: Tensor) -> NDArray[np.float32]:
        """Return the most probable index or the mean of the distribution for each row: (B, size) float32."""
        ...

    def log_probability_and_entropy(self, outputs: Tensor, actions: Tensor) -> tuple[Tensor, Tensor]:
        """Return the log-probability of `actions` (B, size) and the entropy of their distribution, each (B,)."""
        ...

    def random(self, count: int, generator: np.random.Generator) -> tuple[NDArray[np.float32], float]:
        """Draw `count` uniformly distributed actions; return them (count, size) with their common log-probability."""
        ...


class DiscreteActionSpace(DiscreteActions):
    """A list of K (steering, speed) pairs with a categorical distribution: the softmax of K logits."""

    @property
    def outputs(self) -> int:
        """Number of outputs of the policy head: one logit per action."""
        return len(self)

    def sample(self, outputs: Tensor, generator: np.random.Generator) -> NDArray[np.float32]:
        """Draw an index for each row of logits `outputs` (B, K): (B, 1) float32.

        The Gumbel-max trick is used: the index of the largest sum of logit and Gumbel noise.
        """
        noisy = outputs.numpy() + generator.gumbel(size=outputs.shape)
        return _column(noisy.argmax(axis=1))

    def greedy(self, outputs: Tensor) -> NDArray[np.float32]:
        """Return the most probable index for each row of logits `outputs` (B, K): (B, 1) float32."""
        return _column(outputs.numpy().argmax(axis=1))

    def log_probability_and_entropy(self, outputs: Tensor, actions: Tensor) -> tuple[Tensor, Tensor]:
        """Return the log-probability of `actions` (B, 1) and the entropy, each (B,), for logits `outputs` (B, K)."""
        log_probabilities = outputs.log_softmax(dim=1)
        entropy = -(log_probabilities.exp() * log_probabilities).sum(dim=1)
        return log_probabilities.gather(1, actions.long()).squeeze(1), entropy

    def random(self, count: int, generator: np.random.Generator) -> tuple[NDArray[np.float32], float]:
        """Draw `count` indices uniformly; return them (count, 1) with their common log-probability."""
        index = generator.integers(self.outputs, size=(count, 1))
        return index.astype(np.float32), -math.log(self.outputs)


def _column(index: NDArray[np.int64]) -> NDArray[np.float32]:
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
    def _parameters(outputs: Tensor) -> tuple[Tensor, Tensor]:
        alpha, beta = (1.0 + functional.softplus(outputs)).chunk(2, dim=1)
        return alpha, beta

    def sample(self, outputs: Tensor, generator: np.random.Generator) -> NDArray[np.float32]:
        """Draw a point of the unit square for each row of `outputs` (B, 4): (B, 2) float32."""
        alpha, beta = self._parameters(outputs)
        drawn: NDArray[np.float64] = generator.beta(alpha.numpy(), beta.numpy())
        return drawn.clip(EDGE, 1.0 - EDGE).astype(np.float32)

    def greedy(self, outputs: Tensor) -> NDArray[np.float32]:
        """Return the mean of the distribution for each row of `outputs` (B, 4): (B, 2) float32."""
        alpha, beta = self._parameters(outputs)
        mean: NDArray[np.float32] = (alpha / (alpha + beta)).numpy()
        return mean

    def log_probability_and_entropy(self, outputs: Tensor, actions: Tensor) -> tuple[Tensor, Tensor]:
        """Return the log-probability of `actions` (B, 2) and the entropy, each (B,), for `outputs` (B, 4).

        Each is the sum over the two independent Beta distributions.
        """
        alpha, beta = self._parameters(outputs)
        total = alpha + beta
        log_normaliser = alpha.lgamma() + beta.lgamma() - total.lgamma()
        log_probability = (alpha - 1) * actions.log() + (beta - 1) * (-actions).log1p() - log_normaliser
        entropy = (
            log_normaliser - (alpha - 1) * alpha.digamma() - (beta - 1) * beta.digamma() + (total - 2) * total.digamma()
        )
        return log_probability.sum(dim=1), entropy.sum(dim=1)

    def random(self, count: int, generator: np.random.Generator) -> tuple[NDArray[np.float32], float]:
        """Draw `count` points of the unit square uniformly; return them (count, 2) with their log-density, 0."""
        return generator.uniform(EDGE, 1.0 - EDGE, size=(count, 2)).astype(np.float32), 0.0


def make_action_space(config: ActionSpaceConfig) -> ActionSpace:
    """Build the action space that `config` describes."""
    coder = make_action_coder(config)
    if isinstance(coder, DiscreteActions):
        return DiscreteActionSpace(coder.steering, coder.speed)
    (low_steering, low_speed), (high_steering, high_speed) = coder.low, coder.low + coder.range
    return ContinuousActionSpace((low_steering, low_speed), (high_steering, high_speed))


def to_tensor(actions: NDArray[np.float32]) -> Tensor:
    """Return an array of actions as a tensor for `log_probability_and_entropy`, without a copy."""
    return torch.from_numpy(actions)
