# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""A learner of your own: REINFORCE (Williams, 1992), registered by one line and trained for some updates.

    .venv/bin/python examples/own_learner.py [UPDATES]

To use it with `deepracer train --set learner=reinforce`, put the class in a module of the package, and add a line with
that module instead of `__main__` to `LEARNERS` in `deepracer_ros/learning/config.py`.
"""

import sys

import numpy as np
import torch

from deepracer_ros.learning.action_space import make_action_space
from deepracer_ros.learning.advantages import generalised_advantages
from deepracer_ros.learning.config import LEARNERS, LearnerEntry, NetworkConfig, PPOConfig
from deepracer_ros.learning.distributions import find_distribution
from deepracer_ros.learning.learner import Update, make_learner
from deepracer_ros.learning.network import ActorCritic
from deepracer_ros.learning.policy import Policy
from deepracer_ros.learning.weights import load_state, to_policy_tensors, to_state
from deepracer_ros.race.actions import ActionSpaceConfig
from deepracer_ros.simulation.config import EnvironmentConfig
from deepracer_ros.simulation.factory import make_environment
from deepracer_ros.training.rollout import collect


class Reinforce:
    """A `Learner` that raises the probability of actions whose discounted return is above the mean of the batch."""

    def __init__(self, network, sensors, actions, config, threads):
        """Build the network and the optimiser."""
        self.config, self.space, self.distribution = config, make_action_space(actions), find_distribution(actions)
        self.network = ActorCritic(network, sensors, self.space.outputs)
        self.optimiser = torch.optim.Adam(self.network.parameters(), config.learning_rate)

    def update(self, batch):
        """Take one gradient step on the valid transitions of a batch."""
        nothing = np.zeros((len(batch.reward), batch.reward.shape[1] + 1), np.float32)  # no value: plain returns
        returns = torch.from_numpy(
            generalised_advantages(batch, nothing, self.config.discount_factor, 1.0)[batch.valid]
        )
        seen = {name: block[:, :-1][batch.valid] for name, block in batch.observations.items()}
        outputs = self.network.act(self.network.prepare(seen, critic=False))
        actions = torch.from_numpy(self.space.encode(batch.steering[batch.valid], batch.speed[batch.valid]))
        log_probability, _ = self.distribution(outputs, actions)
        loss = -(log_probability * (returns - returns.mean())).mean()
        self.optimiser.zero_grad()
        loss.backward()
        self.optimiser.step()
        return Update(len(returns), {"policy_loss": loss.item()})

    def configure(self, config):
        """Use other hyperparameters from the next update on."""
        self.config = config

    state = lambda self: to_state(self.network, self.optimiser)  # noqa: E731
    load = lambda self, state: load_state(state, self.network, self.optimiser)  # noqa: E731
    policy_tensors = lambda self: to_policy_tensors(self.network)  # noqa: E731


LEARNERS["reinforce"] = LearnerEntry(PPOConfig, "__main__:Reinforce")  # the line of registration

if __name__ == "__main__":
    torch.manual_seed(1)
    torch.set_num_threads(1)  # a network of this size is slower with more threads
    generator, network, actions = np.random.default_rng(1), NetworkConfig(reads=("state",)), ActionSpaceConfig()
    environment = make_environment(EnvironmentConfig(), ["oval"], cars=32, seed=1)
    config = PPOConfig(learning_rate=3e-3, discount_factor=0.95)
    learner = make_learner("reinforce", network, environment.sensors, actions, config)
    for number in range(int(sys.argv[1]) if sys.argv[1:] else 30):
        policy = Policy(learner.policy_tensors(), network, environment.sensors, actions)
        batch = collect(environment, policy, 32, generator)
        update = learner.update(batch)
        print(f"update {number}: mean reward {batch.reward[batch.valid].mean():.3f}, {update.samples} samples")
    environment.close()
