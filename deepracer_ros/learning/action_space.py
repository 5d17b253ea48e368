"""Distributions over actions: how the network's outputs become a choice, and how probable it was."""

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
    """Turns network outputs into a distribution over actions; encodes and decodes commands as `ActionCoder`.

    An action is what the distribution is over: an index (discrete) or a point of the unit square (continuous). A
    command is steering in rad and speed in m/s.
    """

    @property
    def outputs(self) -> int:
        """How many numbers the policy head emits for one observation."""

    def sample(self, outputs: Tensor, generator: np.random.Generator) -> NDArray[np.float32]:
        """Draw one action for each row of `outputs` (B, outputs): (B, size) float32."""
        ...

    def greedy(self, outputs: Tensor) -> NDArray[np.float32]:
        """Return the distribution's most probable index or its mean for each row: (B, size) float32."""
        ...

    def log_probability_and_entropy(self, outputs: Tensor, actions: Tensor) -> tuple[Tensor, Tensor]:
        """Return log-probability of `actions` (B, size) and entropy of the distribution, each (B,)."""
        ...

    def random(self, count: int, generator: np.random.Generator) -> tuple[NDArray[np.float32], float]:
        """Draw `count` uniform actions (count, size); also return their common log-probability."""
        ...


class DiscreteActionSpace(DiscreteActions):
    """A list of (steering, speed) pairs under a softmax."""

    @property
    def outputs(self) -> int:
        """One logit per action."""
        return len(self)

    def sample(self, outputs: Tensor, generator: np.random.Generator) -> NDArray[np.float32]:
        """Draw by the Gumbel-max trick: the index of the largest logit plus Gumbel noise."""
        noisy = outputs.numpy() + generator.gumbel(size=outputs.shape)
        return _column(noisy.argmax(axis=1))

    def greedy(self, outputs: Tensor) -> NDArray[np.float32]:
        """Return the most probable index."""
        return _column(outputs.numpy().argmax(axis=1))

    def log_probability_and_entropy(self, outputs: Tensor, actions: Tensor) -> tuple[Tensor, Tensor]:
        """Return those of the categorical distribution whose logits are `outputs`."""
        log_probabilities = outputs.log_softmax(dim=1)
        entropy = -(log_probabilities.exp() * log_probabilities).sum(dim=1)
        return log_probabilities.gather(1, actions.long()).squeeze(1), entropy

    def random(self, count: int, generator: np.random.Generator) -> tuple[NDArray[np.float32], float]:
        """Draw indices uniformly."""
        index = generator.integers(self.outputs, size=(count, 1))
        return index.astype(np.float32), -math.log(self.outputs)


def _column(index: NDArray[np.int64]) -> NDArray[np.float32]:
    """Return indices (B,) as actions (B, 1)."""
    return index.astype(np.float32)[:, None]


class ContinuousActionSpace(ContinuousActions):
    """A box of steering and speed under one Beta distribution for each of the two.

    The Beta distribution lives on [0, 1], so no action is ever clipped and its log-probability is exact: Chou,
    Maturana and Scherer, "Improving Stochastic Policy Gradients in Continuous Control with Deep Reinforcement
    Learning using the Beta Distribution", ICML 2017. Both parameters are kept above 1, which makes it unimodal.
    """

    outputs = 4

    @staticmethod
    def _parameters(outputs: Tensor) -> tuple[Tensor, Tensor]:
        alpha, beta = (1.0 + functional.softplus(outputs)).chunk(2, dim=1)
        return alpha, beta

    def sample(self, outputs: Tensor, generator: np.random.Generator) -> NDArray[np.float32]:
        """Draw a point of the unit square."""
        alpha, beta = self._parameters(outputs)
        return generator.beta(alpha.numpy(), beta.numpy()).clip(EDGE, 1.0 - EDGE).astype(np.float32)

    def greedy(self, outputs: Tensor) -> NDArray[np.float32]:
        """Return the mean."""
        alpha, beta = self._parameters(outputs)
        mean: NDArray[np.float32] = (alpha / (alpha + beta)).numpy()
        return mean

    def log_probability_and_entropy(self, outputs: Tensor, actions: Tensor) -> tuple[Tensor, Tensor]:
        """Return those of the two independent Beta distributions, summed."""
        alpha, beta = self._parameters(outputs)
        total = alpha + beta
        log_normaliser = alpha.lgamma() + beta.lgamma() - total.lgamma()
        log_probability = (alpha - 1) * actions.log() + (beta - 1) * (-actions).log1p() - log_normaliser
        entropy = (
            log_normaliser - (alpha - 1) * alpha.digamma() - (beta - 1) * beta.digamma() + (total - 2) * total.digamma()
        )
        return log_probability.sum(dim=1), entropy.sum(dim=1)

    def random(self, count: int, generator: np.random.Generator) -> tuple[NDArray[np.float32], float]:
        """Draw points of the unit square uniformly; their density is 1."""
        return generator.uniform(EDGE, 1.0 - EDGE, size=(count, 2)).astype(np.float32), 0.0


def make_action_space(config: ActionSpaceConfig) -> ActionSpace:
    """Build the action space that `config` describes."""
    coder = make_action_coder(config)
    if isinstance(coder, DiscreteActions):
        return DiscreteActionSpace(coder.steering, coder.speed)
    (low_steering, low_speed), (high_steering, high_speed) = coder.low, coder.low + coder.range
    return ContinuousActionSpace((low_steering, low_speed), (high_steering, high_speed))


def to_tensor(actions: NDArray[np.float32]) -> Tensor:
    """Wrap an action array as the tensor that `log_probability_and_entropy` takes; no copy."""
    return torch.from_numpy(actions)
