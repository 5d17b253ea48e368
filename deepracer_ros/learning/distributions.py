# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""Distributions over actions as a learner differentiates them; `learning.action_space` draws from the same ones."""

from collections.abc import Callable

from torch import Tensor
from torch.nn import functional

from deepracer_ros.race.actions import ActionSpaceConfig

Distribution = Callable[[Tensor, Tensor], tuple[Tensor, Tensor]]
"""A function from outputs (B, outputs) and actions (B, size) to log-probability and entropy, each (B,)."""


def categorical(outputs: Tensor, actions: Tensor) -> tuple[Tensor, Tensor]:
    """Return log-probability and entropy, each (B,), of indices (B, 1) under the softmax of logits (B, K)."""
    log_probabilities = outputs.log_softmax(dim=1)
    entropy = -(log_probabilities.exp() * log_probabilities).sum(dim=1)
    return log_probabilities.gather(1, actions.long()).squeeze(1), entropy


def two_betas(outputs: Tensor, actions: Tensor) -> tuple[Tensor, Tensor]:
    """Return log-probability and entropy, each (B,), of points of the unit square (B, 2) under two Beta distributions.

    Args:
        outputs: (B, 4); one and their softplus are alpha and beta of the two distributions.
        actions: (B, 2).
    """
    alpha, beta = (1.0 + functional.softplus(outputs)).chunk(2, dim=1)
    total = alpha + beta
    log_normaliser = alpha.lgamma() + beta.lgamma() - total.lgamma()
    log_probability = (alpha - 1) * actions.log() + (beta - 1) * (-actions).log1p() - log_normaliser
    entropy = (
        log_normaliser - (alpha - 1) * alpha.digamma() - (beta - 1) * beta.digamma() + (total - 2) * total.digamma()
    )
    return log_probability.sum(dim=1), entropy.sum(dim=1)


def find_distribution(actions: ActionSpaceConfig) -> Distribution:
    """Return the distribution of an action space."""
    return two_betas if actions.type == "continuous" else categorical
