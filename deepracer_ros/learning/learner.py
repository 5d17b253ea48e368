"""What every learner is: updates from batches, a state that a checkpoint holds, and a policy that drives.

`LEARNERS` in `learning.config` has all of them by name. Trainer, checkpoint, session, recorder and benchmarks know
nothing else of a learner.
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
"""Named arrays: all that a checkpoint needs to go on exactly as if nothing had been."""


class NonFiniteError(RuntimeError):
    """The loss, its gradient or a weight became NaN or infinite; running again would only repeat it."""


@dataclass(frozen=True)
class Update:
    """What one update did.

    Attributes:
        samples: Transitions learned from.
        statistics: Means over the update by name; the names of PPO's are CleanRL's.
    """

    samples: int
    statistics: Mapping[str, float]


class Learner(Protocol):
    """Learns a policy; knows no files, logs or loops."""

    def update(self, batch: Batch) -> Update:
        """Learn from a batch.

        Raises:
            NonFiniteError: if a number became NaN or infinite; nothing of that step is kept.
        """
        ...

    def state(self) -> State:
        """Return copies of everything that the learner holds: weights, optimiser, random state."""
        ...

    def load(self, state: State) -> None:
        """Put a state back.

        Raises:
            ValueError: if it is of another network or learner; one line that names what differs.
        """
        ...

    def policy_tensors(self) -> dict[str, NDArray[np.float32]]:
        """Return copies of the weights that drive, as a policy file holds them.

        Raises:
            NonFiniteError: if a weight is NaN or infinite.
        """
        ...


def make_learner(
    name: str,
    network: NetworkConfig,
    sensors: Mapping[str, SensorSpec],
    actions: ActionSpaceConfig,
    config: Any,  # noqa: ANN401 - of the learner's own class
    threads: int = 1,
) -> Learner:
    """Build a learner of the registry.

    Args:
        name: In `LEARNERS`.
        network: What it trains.
        sensors: What is recorded, by name; the network reads some of it.
        actions: What the policy chooses from.
        config: Hyperparameters, of the learner's configuration class.
        threads: Of the update.

    Raises:
        ValueError: if there is no such learner.
    """
    module, _, factory = learner_entry(name).factory.partition(":")
    learner: Learner = getattr(importlib.import_module(module), factory)(network, sensors, actions, config, threads)
    return learner
