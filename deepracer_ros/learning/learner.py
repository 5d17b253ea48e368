# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""The protocol of all learners: updates from batches, a state for checkpoints, and the weights of a policy.

`LEARNERS` in `learning.config` contains all learners by name. Trainer, checkpoints, session, recorder and benchmarks
use a learner only through this protocol.
"""

import importlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from deepracer_ros.learning.batch import Batch
from deepracer_ros.learning.config import NetworkConfig, learner_entry
from deepracer_ros.race.actions import ActionSpaceConfig
from deepracer_ros.simulation.sensors import SensorSpec

State = dict[str, NDArray[Any]]
"""Named arrays of a checkpoint that are sufficient to continue exactly as without an interruption."""


class NonFiniteError(RuntimeError):
    """The loss, its gradient or a weight became NaN or infinite; a repetition would give the same result."""


@dataclass(frozen=True)
class Update:
    """Result of one update.

    Attributes:
        samples: Number of transitions in the update.
        statistics: Means over the update by name; PPO's names are those of CleanRL.
    """

    samples: int
    statistics: Mapping[str, float]


class Learner(Protocol):
    """Learns a policy from batches, independently of files, logs and the training loop."""

    def update(self, batch: Batch) -> Update:
        """Update the policy from a batch.

        Raises:
            NonFiniteError: if a number became NaN or infinite; the gradient step concerned is not taken.
        """
        ...

    def configure(self, config: Any) -> None:  # noqa: ANN401 - its class depends on the learner
        """Use other hyperparameters from the next update on.

        Args:
            config: Hyperparameters, an object of the learner's configuration class.
        """
        ...

    def state(self) -> State:
        """Return copies of the learner's whole state: weights, optimiser and random state."""
        ...

    def load(self, state: State) -> None:
        """Restore a state that `state` returned.

        Raises:
            ValueError: if the state belongs to another network or learner; the message names the difference.
        """
        ...

    def adopt(self, tensors: Mapping[str, NDArray[np.float32]]) -> tuple[str, ...]:
        """Begin with the weights of another policy, as far as they fit; the rest of the state is new.

        Args:
            tensors: Weights by name, in the form of a policy file. A head that is missing stays as it is.

        Returns:
            Names of the weights that stay as they are.

        Raises:
            ValueError: if the trunk is another one; the message names the first difference.
        """
        ...

    def policy_tensors(self) -> dict[str, NDArray[np.float32]]:
        """Return copies of the policy's weights by name, in the form of a policy file.

        Raises:
            NonFiniteError: if a weight is NaN or infinite.
        """
        ...


def make_learner(
    name: str,
    network: NetworkConfig,
    sensors: Mapping[str, SensorSpec],
    actions: ActionSpaceConfig,
    config: Any,  # noqa: ANN401 - its class depends on the learner
    threads: int = 1,
) -> Learner:
    """Build a learner by its name.

    Args:
        name: Name of the learner in `LEARNERS`.
        network: Configuration of the network.
        sensors: Specification of each recorded sensor by its name; the network reads some of them.
        actions: Configuration of the action space.
        config: Hyperparameters, an object of the learner's configuration class.
        threads: Number of threads of an update.

    Raises:
        ValueError: if there is no such learner.
    """
    module, _, factory = learner_entry(name).factory.partition(":")
    learner: Learner = getattr(importlib.import_module(module), factory)(network, sensors, actions, config, threads)
    return learner
