# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""Rollouts in this process, without ROS and Redis: for scripts, tests and quick experiments."""

import numpy as np
from numpy.typing import NDArray

from deepracer_ros.learning.batch import Batch
from deepracer_ros.learning.policy import Policy, RandomPolicy
from deepracer_ros.simulation.environment import Environment

Columns = tuple[NDArray[np.generic], ...]


def collect(
    environment: Environment, policy: Policy | RandomPolicy, steps: int, generator: np.random.Generator
) -> Batch:
    """Reset an environment, drive all its cars, and return one segment per car.

    Args:
        environment: N cars.
        policy: Decides; actions are drawn from its distribution.
        steps: T, the control steps of each segment.
        generator: Draws the actions.

    Returns:
        A batch of N segments of T steps, with all observations of the environment.
    """
    outcome = environment.reset()
    observations = [{name: array.copy() for name, array in outcome.observations.items()}]
    rows: list[Columns] = []
    for _ in range(steps):
        ended = outcome.verdict.ended
        decision = policy.act(outcome.observations, generator)
        outcome = environment.step(decision.steering, decision.speed)
        verdict = outcome.verdict
        numbers = (decision.steering, decision.speed, decision.log_probability, verdict.reward)
        rows.append((*numbers, verdict.terminated, verdict.truncated, ~ended))
        observations.append({name: array.copy() for name, array in outcome.observations.items()})
    columns = [np.stack(column, axis=1) for column in zip(*rows, strict=True)]
    steering, speed, log_probability, reward = (column.astype(np.float32) for column in columns[:4])
    terminated, truncated, valid = (column.astype(bool) for column in columns[4:])
    blocks = {name: np.stack([step[name] for step in observations], axis=1) for name in observations[0]}
    return Batch(blocks, steering, speed, log_probability, reward, terminated, truncated, valid)
