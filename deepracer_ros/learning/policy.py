"""A policy that drives: frames in, commands out."""

from collections.abc import Mapping
from dataclasses import dataclass

import cv2
import numpy as np
import torch
from numpy.typing import NDArray

from deepracer_ros.errors import InputError
from deepracer_ros.learning.action_space import make_action_space, to_tensor
from deepracer_ros.learning.config import NetworkConfig
from deepracer_ros.learning.network import ActorCritic
from deepracer_ros.race.actions import ActionSpaceConfig
from deepracer_ros.simulation.sensors import CAMERA, Observations


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
    """Runs an actor-critic for driving, on whatever frames a camera gives."""

    def __init__(
        self,
        tensors: Mapping[str, NDArray[np.float32]],
        network: NetworkConfig,
        actions: ActionSpaceConfig,
        *,
        bfloat16: bool = False,
    ) -> None:
        """Load the weights and run once, so that the first decision is as fast as the next.

        Raises:
            InputError: if the tensors are not those of `network` with this action space, or the
                outputs on a blank frame are not finite.
        """
        self.network_config, self.action_config = network, actions
        self._space = make_action_space(actions)
        self._bfloat16 = bfloat16
        with torch.device("meta"):  # no memory, no random weights: they are here already
            self._network = ActorCritic(network, self._space.outputs).eval()
        weights = {name: torch.tensor(array, dtype=torch.float32) for name, array in tensors.items()}
        try:
            self._network.load_state_dict(weights, assign=True)
        except RuntimeError as error:
            detail = " ".join(str(error).split())
            raise InputError(f"policy: tensors do not fit a {network.size} network: {detail}") from error
        self._network.requires_grad_(False)
        shape = (1, network.height, network.width, network.channels)
        outputs = self._outputs(np.zeros(shape, np.uint8))
        if not bool(outputs.isfinite().all()):
            raise InputError("policy: outputs on a blank frame are not finite; expected finite weights")

    def _outputs(self, frames: NDArray[np.uint8]) -> torch.Tensor:
        with torch.inference_mode(), torch.autocast("cpu", torch.bfloat16, enabled=self._bfloat16):
            outputs: torch.Tensor = self._network(self._network.arrange(frames))[0]
        return outputs

    def act(self, observations: Observations, generator: np.random.Generator | None = None) -> Decision:
        """Decide for each car.

        Args:
            observations: (B, *shape) of each sensor that the policy reads; frames of any size, grey and RGB, are
                converted as needed.
            generator: Draws from the distribution; None takes the greedy action.
        """
        outputs = self._outputs(adapt_frames(observations[CAMERA], self.network_config))
        actions = self._space.greedy(outputs) if generator is None else self._space.sample(outputs, generator)
        log_probability, _ = self._space.log_probability_and_entropy(outputs, to_tensor(actions))
        steering, speed = self._space.decode(actions)
        return Decision(steering, speed, log_probability.numpy())


class RandomPolicy:
    """Uniform random actions: fills the buffer before the first model."""

    def __init__(self, actions: ActionSpaceConfig) -> None:
        """Draw from the action space that `actions` describes."""
        self._space = make_action_space(actions)

    def act(self, observations: Observations, generator: np.random.Generator | None = None) -> Decision:
        """Decide without looking; a generator is required.

        Raises:
            ValueError: without a generator: there is no greedy random action.
        """
        if generator is None:
            raise ValueError("a random policy needs a generator")
        actions, log_probability = self._space.random(len(next(iter(observations.values()))), generator)
        steering, speed = self._space.decode(actions)
        return Decision(steering, speed, np.full(len(steering), log_probability, np.float32))


def adapt_frames(frames: NDArray[np.uint8], config: NetworkConfig) -> NDArray[np.uint8]:
    """Shrink or convert frames to what the network sees: (B, height, width) or (B, height, width, 3).

    Averages areas, as a camera of fewer pixels would; grey is ITU-R BT.601 luma.
    """
    if frames.ndim == 4 and frames.shape[3] == 1:
        frames = frames[..., 0]
    if frames.ndim == 4 and config.colour == "grey":
        frames = np.stack([cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY) for frame in frames]).astype(np.uint8)
    elif frames.ndim == 3 and config.colour == "rgb":
        frames = np.repeat(frames[..., None], 3, axis=3)
    if frames.shape[1:3] != (config.height, config.width):
        size = (config.width, config.height)
        frames = np.stack([cv2.resize(frame, size, interpolation=cv2.INTER_AREA) for frame in frames]).astype(np.uint8)
    return frames
