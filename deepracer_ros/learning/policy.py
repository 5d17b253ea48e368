"""A policy that drives: observations in, commands out."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from deepracer_ros.errors import InputError
from deepracer_ros.learning.action_space import make_action_space, to_tensor
from deepracer_ros.learning.config import NetworkConfig
from deepracer_ros.learning.network import ActorCritic
from deepracer_ros.race.actions import ActionSpaceConfig
from deepracer_ros.simulation.sensors import Observations, SensorSpec


@dataclass(frozen=True, eq=False)
class Decision:
    """What a policy decided for B cars.

    Attributes:
        steering: (B,) rad, + left.
        speed: (B,) m/s.
        log_probability: (B,) of the decision under the distribution it was drawn from.
    """

    steering: NDArray[np.float64]
    speed: NDArray[np.float64]
    log_probability: NDArray[np.float32]


class Policy:
    """Runs an actor-critic for driving.

    Attributes:
        reads: Sensors that `act` needs.
        network_config: Of the network.
        action_config: Of the action space.
    """

    def __init__(
        self,
        tensors: Mapping[str, NDArray[np.float32]],
        network: NetworkConfig,
        sensors: Mapping[str, SensorSpec],
        actions: ActionSpaceConfig,
        *,
        bfloat16: bool = False,
    ) -> None:
        """Load the weights and run once, so that the first decision is as fast as the next.

        Args:
            tensors: Weights by name.
            network: What they are the weights of.
            sensors: Shape and type of all that the network reads.
            actions: What the outputs mean.
            bfloat16: Whether to compute in that format.

        Raises:
            InputError: if the tensors are not those of `network` with this action space, or the
                outputs on blank observations are not finite.
        """
        self.network_config, self.action_config, self.reads = network, actions, network.reads
        self._space = make_action_space(actions)
        self._bfloat16 = bfloat16
        with torch.device("meta"):  # no memory, no random weights: they are here already
            self._network = ActorCritic(network, sensors, self._space.outputs).eval()
        weights = {name: torch.tensor(array, dtype=torch.float32) for name, array in tensors.items()}
        try:
            self._network.load_state_dict(weights, assign=True)
        except RuntimeError as error:
            detail = " ".join(str(error).split())
            raise InputError(f"policy: tensors do not fit a {network.size} network: {detail}") from error
        self._network.requires_grad_(False)
        blank = {name: np.zeros((1, *sensors[name].shape), sensors[name].dtype) for name in self.reads}
        if not bool(self._outputs(blank).isfinite().all()):
            raise InputError("policy: outputs on blank observations are not finite; expected finite weights")

    def _outputs(self, observations: Observations) -> torch.Tensor:
        with torch.inference_mode(), torch.autocast("cpu", torch.bfloat16, enabled=self._bfloat16):
            return self._network.act(self._network.prepare(observations, critic=False))

    def act(self, observations: Observations, generator: np.random.Generator | None = None) -> Decision:
        """Decide for each car.

        Args:
            observations: (B, *shape) of each sensor in `reads`; frames may have any size, grey and RGB are converted.
            generator: Draws from the distribution; None takes the greedy action.
        """
        outputs = self._outputs(observations)
        actions = self._space.greedy(outputs) if generator is None else self._space.sample(outputs, generator)
        log_probability, _ = self._space.log_probability_and_entropy(outputs, to_tensor(actions))
        steering, speed = self._space.decode(actions)
        return Decision(steering, speed, log_probability.numpy())


class RandomPolicy:
    """Uniform random actions: fills the buffer before the first model.

    Attributes:
        reads: Nothing.
    """

    reads: tuple[str, ...] = ()

    def __init__(self, actions: ActionSpaceConfig) -> None:
        """Draw from the action space that `actions` describes."""
        self._space = make_action_space(actions)

    def act(self, observations: Observations, generator: np.random.Generator | None = None) -> Decision:
        """Decide without looking; a generator is required.

        Args:
            observations: (B, *shape) of any sensor: how many cars there are.
            generator: Draws.

        Raises:
            ValueError: without a generator: there is no greedy random action.
        """
        if generator is None:
            raise ValueError("a random policy needs a generator")
        count = len(next(iter(observations.values())))
        actions, log_probability = self._space.random(count, generator)
        steering, speed = self._space.decode(actions)
        return Decision(steering, speed, np.full(count, log_probability, np.float32))
