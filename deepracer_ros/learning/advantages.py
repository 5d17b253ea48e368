# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""Generalised advantage estimation for a batch of segments."""

import numpy as np
from numpy.typing import NDArray

from deepracer_ros.learning.batch import Batch


def generalised_advantages(
    batch: Batch, values: NDArray[np.float32], discount_factor: float, gae_lambda: float
) -> NDArray[np.float32]:
    """Return generalised advantage estimates (Schulman et al., 2016, equation 16).

    A terminated step does not bootstrap; a truncated step bootstraps from the value of its last observation. Both end
    the recursion, so no advantage crosses the border between episodes. Invalid steps have the advantage 0.

    Args:
        batch: S segments of T steps.
        values: (S, T + 1) values of the batch's observations.
        discount_factor: Discount factor gamma.
        gae_lambda: Parameter lambda of generalised advantage estimation.

    Returns:
        Advantages (S, T).
    """
    advantages = np.zeros_like(batch.reward)
    running: NDArray[np.floating] = np.zeros(len(batch.reward), np.float32)
    ended = batch.terminated | batch.truncated
    for t in reversed(range(batch.reward.shape[1])):
        following = np.where(batch.terminated[:, t], 0.0, values[:, t + 1])
        delta = batch.reward[:, t] + discount_factor * following - values[:, t]
        running = delta + discount_factor * gae_lambda * np.where(ended[:, t], 0.0, running)
        running = np.where(batch.valid[:, t], running, 0.0)
        advantages[:, t] = running
    return advantages
