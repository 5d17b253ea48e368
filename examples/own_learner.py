"""A learner of your own: REINFORCE (Williams, 1992), registered by one line and trained for a few updates.

    .venv/bin/python examples/own_learner.py [UPDATES]

To use it with `deepracer train --set learner=reinforce`, put the class in a module of the package, and add a line with
that module instead of `__main__` to `LEARNERS` in `deepracer_ros/learning/config.py`.
"""

import sys
from dataclasses import dataclass

import numpy as np
import torch

from deepracer_ros.config import Section, key
from deepracer_ros.learning.action_space import make_action_space
from deepracer_ros.learning.batch import Batch
from deepracer_ros.learning.config import LEARNERS, LearnerEntry, NetworkConfig
from deepracer_ros.learning.learner import Update, make_learner
from deepracer_ros.learning.network import ActorCritic
from deepracer_ros.learning.policy import Policy
from deepracer_ros.learning.weights import load_state, to_policy_tensors, to_state
from deepracer_ros.race.actions import ActionSpaceConfig
from deepracer_ros.simulation.config import EnvironmentConfig
from deepracer_ros.simulation.factory import make_environment


@dataclass(frozen=True)
class ReinforceConfig(Section):
    """Hyperparameters of REINFORCE."""

    learning_rate: float = key(3e-3, "Step size of Adam.", above=0, most=1)
    discount_factor: float = key(0.95, "Discount factor gamma.", least=0, most=1)


class Reinforce:
    """A `Learner` that raises the probability of actions whose discounted return is above the mean of the batch."""

    def __init__(self, network, sensors, actions, config, threads) -> None:
        """Build the network and the optimiser."""
        self.config, self.space = config, make_action_space(actions)
        self.network = ActorCritic(network, sensors, self.space.outputs)
        self.optimiser = torch.optim.Adam(self.network.parameters(), lr=config.learning_rate)

    def update(self, batch: Batch) -> Update:
        """Take one gradient step on the valid transitions of a batch."""
        returns = np.zeros((*batch.reward.shape[:1], batch.reward.shape[1] + 1), np.float32)
        for step in reversed(range(batch.reward.shape[1])):
            goes_on = ~(batch.terminated | batch.truncated)[:, step]
            returns[:, step] = batch.reward[:, step] + self.config.discount_factor * goes_on * returns[:, step + 1]
        valid = batch.valid
        advantage = torch.from_numpy(returns[:, :-1][valid] - returns[:, :-1][valid].mean())
        seen = {name: block[:, :-1][valid] for name, block in batch.observations.items()}
        outputs = self.network.act(self.network.prepare(seen, critic=False))
        actions = torch.from_numpy(self.space.encode(batch.steering[valid], batch.speed[valid]))
        log_probability, entropy = self.space.log_probability_and_entropy(outputs, actions)
        loss = -(log_probability * advantage).mean()
        self.optimiser.zero_grad()
        loss.backward()
        self.optimiser.step()
        return Update(int(valid.sum()), {"policy_loss": loss.item(), "entropy": entropy.mean().item()})

    def state(self):
        """Return the state for a checkpoint, arrays by name."""
        return to_state(self.network, self.optimiser)

    def load(self, state) -> None:
        """Restore a state from a checkpoint."""
        load_state(state, self.network, self.optimiser)

    def policy_tensors(self):
        """Return the weights of the policy, float32 arrays by name."""
        return to_policy_tensors(self.network)


LEARNERS["reinforce"] = LearnerEntry(ReinforceConfig, "__main__:Reinforce")


def rollout(environment, policy: Policy, steps: int, generator: np.random.Generator) -> Batch:
    """Drive all cars for `steps` control steps, and return a batch with one segment per car."""
    outcome, rows, seen = environment.reset(), [], []
    for _ in range(steps):
        seen.append(outcome.observations["state"].copy())
        ended = outcome.verdict.ended
        decision = policy.act(outcome.observations, generator)
        outcome = environment.step(decision.steering, decision.speed)
        verdict = outcome.verdict
        rows.append((decision.steering, decision.speed, decision.log_probability, verdict.reward,
                     verdict.terminated, verdict.truncated, ~ended))  # fmt: skip
    seen.append(outcome.observations["state"].copy())
    columns = [np.stack(column, axis=1) for column in zip(*rows, strict=True)]
    numbers = [column.astype(np.float32) for column in columns[:4]]
    return Batch({"state": np.stack(seen, axis=1)}, *numbers, *columns[4:])


if __name__ == "__main__":
    torch.manual_seed(1)
    torch.set_num_threads(1)  # a network of this size is slower with more threads
    generator = np.random.default_rng(1)
    network, actions = NetworkConfig(reads=("state",)), ActionSpaceConfig()
    environment = make_environment(EnvironmentConfig(), ["oval"], cars=32, seed=1)
    learner = make_learner("reinforce", network, environment.sensors, actions, ReinforceConfig())
    for number in range(int(sys.argv[1]) if sys.argv[1:] else 30):
        policy = Policy(learner.policy_tensors(), network, environment.sensors, actions)
        batch = rollout(environment, policy, 32, generator)
        update = learner.update(batch)
        print(f"update {number}: mean reward {batch.reward[batch.valid].mean():.3f}, {update.samples} samples")
    environment.close()
