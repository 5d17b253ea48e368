# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""Policies that compute the commands of cars from their observations."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from deepracer_ros.errors import InputError
from deepracer_ros.learning.action_space import make_action_space
from deepracer_ros.learning.config import NetworkConfig
from deepracer_ros.learning.inference import Actor
from deepracer_ros.race.actions import ActionSpaceConfig
from deepracer_ros.simulation.sensors import Observations, SensorSpec


@dataclass(frozen=True, eq=False)
class Decision:
    """The commands of a policy for B cars.

    Attributes:
        steering: (B,) steering angles, rad, + left.
        speed: (B,) speeds, m/s.
        log_probability: (B,) log-probabilities of the actions under the policy's distribution.
    """

    steering: NDArray[np.float64]
    speed: NDArray[np.float64]
    log_probability: NDArray[np.float32]


class Policy:
    """A policy that is the actor of an actor-critic network.

    Attributes:
        reads: Names of the sensors that `act` needs.
        network_config: Configuration of the network.
        action_config: Configuration of the action space.
    """

    def __init__(
        self,
        tensors: Mapping[str, NDArray[np.float32]],
        network: NetworkConfig,
        sensors: Mapping[str, SensorSpec],
        actions: ActionSpaceConfig,
    ) -> None:
        """Load the weights and run the network once, so that the first decision is as fast as later ones.

        Args:
            tensors: Weights of the network by name.
            network: Configuration of the network.
            sensors: Specification by name of all sensors that the network reads.
            actions: Configuration of the action space.

        Raises:
            InputError: if the tensors do not fit the network and the action space, or the outputs for blank
                observations are not finite.
        """
        self.network_config, self.action_config, self.reads = network, actions, network.reads
        self._space = make_action_space(actions)
        self._actor = Actor(tensors, network, sensors, self._space.outputs)
        blank = {name: np.zeros((1, *sensors[name].shape), sensors[name].dtype) for name in self.reads}
        if not np.isfinite(self._actor(blank)).all():
            raise InputError("policy: outputs on blank observations are not finite; expected finite weights")

    def act(
        self, observations: Observations, generator: np.random.Generator | None = None, epsilon: float = 0.0
    ) -> Decision:
        """Return the commands for B cars.

        Args:
            observations: Observations (B, *shape) of each sensor in `reads`; frames may have any size and colour.
            generator: Generator to draw actions with; None takes the greedy actions.
            epsilon: Probability of a uniformly distributed random action, 0 to 1; without effect on greedy actions.

        Returns:
            The commands. Their log-probabilities are those of the mixture of policy and random actions.
        """
        outputs = self._actor(observations)
        actions = self._space.greedy(outputs) if generator is None else self._space.sample(outputs, generator)
        uniform = 0.0
        if generator is not None and epsilon:
            drawn, uniform = self._space.random(len(actions), generator)
            actions = np.where(generator.random((len(actions), 1)) < epsilon, drawn, actions)
        log_probability = self._space.log_probability(outputs, actions)
        if generator is not None and epsilon:
            log_probability = mix(log_probability, uniform, epsilon)
        steering, speed = self._space.decode(actions)
        return Decision(steering, speed, log_probability)

    def outputs(self, observations: Observations) -> NDArray[np.float32]:
        """Return the outputs (B, outputs) of the policy head: a logit for each action, or four numbers of a box.

        Args:
            observations: Observations (B, *shape) of each sensor in `reads`.
        """
        return self._actor(observations)

    def log_probability(
        self, observations: Observations, steering: NDArray[np.float64], speed: NDArray[np.float64]
    ) -> NDArray[np.float32]:
        """Return the log-probability (B,) that the policy gives to commands, as `act` returned it with them.

        Args:
            observations: Observations (B, *shape) of each sensor in `reads`.
            steering: (B,) steering angle, rad, positive to the left.
            speed: (B,) speed, m/s.
        """
        return self._space.log_probability(self._actor(observations), self._space.encode(steering, speed))


def mix(log_probability: NDArray[np.float32], uniform: float, epsilon: float) -> NDArray[np.float32]:
    """Return the log-probability of actions of a mixture of a policy and uniformly distributed actions.

    Args:
        log_probability: (B,) log-probability that the policy gives to the actions.
        uniform: Log-probability of every action under the uniform distribution.
        epsilon: Part of the uniform actions, above 0, at most 1.
    """
    with np.errstate(divide="ignore"):  # nothing comes from the policy with epsilon 1
        of_policy = log_probability + np.log1p(-epsilon)
    mixed: NDArray[np.float32] = np.logaddexp(of_policy, uniform + np.log(epsilon)).astype(np.float32)
    return mixed


class RandomPolicy:
    """A policy of uniformly distributed random actions, which drives until the first model is published.

    Attributes:
        reads: Names of the sensors that `act` needs: none.
    """

    reads: tuple[str, ...] = ()

    def __init__(self, actions: ActionSpaceConfig) -> None:
        """Set the action space that actions are drawn from."""
        self._space = make_action_space(actions)

    def act(self, observations: Observations, generator: np.random.Generator | None = None) -> Decision:
        """Return random commands for B cars.

        Args:
            observations: Observations (B, *shape) of at least one sensor; only the number of cars is used.
            generator: Generator to draw actions with; required.

        Raises:
            ValueError: if `generator` is None, because a random policy has no greedy action.
        """
        if generator is None:
            raise ValueError("generator: found None, expected a generator for a random policy")
        count = len(next(iter(observations.values())))
        actions, log_probability = self._space.random(count, generator)
        steering, speed = self._space.decode(actions)
        return Decision(steering, speed, np.full(count, log_probability, np.float32))
