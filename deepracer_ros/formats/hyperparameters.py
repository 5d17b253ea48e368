# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""DeepRacer's `hyperparameters.json`."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from deepracer_ros.formats.document import read_document

SEGMENTS_PER_EPISODE = 4
"""Segments of 32 steps for an episode of DeepRacer's: some 9 s at 15 steps a second, the half of a lap."""
LEAST_EPSILON = 1e-6
"""Final probability of a random action for DeepRacer's 0, which here would mean no e-greedy exploration at all."""
LOSSES = {"huber": "huber", "mean squared error": "squared"}
"""Our names of DeepRacer's losses of the value."""


def read_hyperparameters(path: Path) -> dict[str, Any]:
    """Read a `hyperparameters.json` as keys and values of a configuration; an absent key has DeepRacer's default.

    Args:
        path: The file.

    Raises:
        InputError: if it cannot be read, a value is wrong, or it names what is not supported.
    """
    document = read_document(path)
    stack_size = document.whole("stack_size", 1, 16, 1)
    exploration: dict[str, Any] = {}
    if document.choice("exploration_type", ("categorical", "e-greedy"), "categorical") == "e-greedy":
        steps = document.whole("epsilon_steps", 1, 1_000_000_000, 10000)
        epsilon = max(LEAST_EPSILON, document.number("e_greedy_value", 0.0, 1.0, 0.05))
        exploration = {"agent": {"epsilon": epsilon, "epsilon_steps": steps}}
    episodes = document.whole("num_episodes_between_training", 1, 100, 20)
    return {
        "learning": {
            "minibatch_size": document.whole("batch_size", 32, 512, 64),
            "learning_rate": document.number("lr", 1e-8, 1e-3, 3e-4),
            "discount_factor": document.number("discount_factor", 0.0, 1.0, 0.999),
            "entropy_coefficient": document.number("beta_entropy", 0.0, 1.0, 0.01),
            "epochs": document.whole("num_epochs", 3, 10, 10),
            "gae_lambda": 0.95,
            "value_loss": LOSSES[document.choice("loss_type", tuple(LOSSES), "mean squared error")],
        },
        "trainer": {"batch_segments": SEGMENTS_PER_EPISODE * episodes},
        "camera": {"stack_size": stack_size},
        "network": {"stack_size": stack_size},
        **exploration,
    }


def to_hyperparameters(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return a `hyperparameters.json`; a key that the learner lacks has DeepRacer's default.

    Args:
        values: Nested keys and values of a whole configuration.
    """
    learning, agent = values["learning"], values["agent"]
    losses = {ours: theirs for theirs, ours in LOSSES.items()}
    return {
        "batch_size": learning.get("minibatch_size", 64),
        "lr": learning.get("learning_rate", 3e-4),
        "discount_factor": learning.get("discount_factor", 0.999),
        "beta_entropy": learning.get("entropy_coefficient", 0.01),
        "num_epochs": learning.get("epochs", 10),
        "num_episodes_between_training": max(1, round(values["trainer"]["batch_segments"] / SEGMENTS_PER_EPISODE)),
        "loss_type": losses[learning.get("value_loss", "squared")],
        "exploration_type": "e-greedy" if agent["epsilon"] else "categorical",
        "e_greedy_value": agent["epsilon"] or 0.05,
        "epsilon_steps": agent["epsilon_steps"],
        "stack_size": values["network"]["stack_size"],
        "term_cond_avg_score": 100000.0,
        "term_cond_max_episodes": 100000,
    }
