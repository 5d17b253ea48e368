"""What the policy chooses from: a list of actions, or a box of steering and speed."""

import math
from dataclasses import dataclass
from typing import Literal, Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

EDGE = 1e-4
"""Samples of the unit interval keep this distance from 0 and 1, where a Beta density may be 0 or infinite."""


@dataclass(frozen=True)
class ActionSpaceConfig:
    """The actions a policy may take. Angles in degrees (+ left) and speeds in m/s, as DeepRacer names them."""

    type: Literal["continuous", "discrete"] = "continuous"
    """`continuous`: any point of the box below; `discrete`: every pair of `steering_angles` and `speeds`."""
    steering_angle_limit: float = 30.0
    """Continuous: the greatest steering angle to either side, degrees."""
    speed_low: float = 1.0
    """Continuous: the slowest speed, m/s."""
    speed_high: float = 3.0
    """Continuous: the fastest speed, m/s."""
    steering_angles: tuple[float, ...] = (-30.0, -15.0, 0.0, 15.0, 30.0)
    """Discrete: steering angles, degrees."""
    speeds: tuple[float, ...] = (1.0, 2.0)
    """Discrete: speeds, m/s."""

    def __post_init__(self) -> None:
        """Refuse what no car can do.

        Raises:
            ValueError: if an angle is beyond 30 degrees, a speed outside (0, 4] m/s, or a range is empty.
        """
        angles = (*self.steering_angles, self.steering_angle_limit)
        speeds = (*self.speeds, self.speed_low, self.speed_high)
        if not all(abs(angle) <= 30.0 for angle in angles) or self.steering_angle_limit <= 0.0:
            raise ValueError(f"action space: found steering angles {angles}, expected within 30 degrees")
        if not all(0.0 < speed <= 4.0 for speed in speeds) or self.speed_low >= self.speed_high:
            raise ValueError(f"action space: found speeds {speeds}, expected low < high within (0, 4] m/s")
        if not self.steering_angles or not self.speeds:
            raise ValueError("action space: found no discrete action, expected at least one angle and one speed")


class ActionSpace(Protocol):
    """Turns network outputs into a distribution over actions, and actions into drive commands.

    An action is what the distribution is over: an index (discrete) or a point of the unit square
    (continuous). A command is steering in rad and speed in m/s.
    """

    outputs: int
    """How many numbers the policy head emits for one frame."""

    def sample(self, outputs: Tensor, generator: np.random.Generator) -> NDArray[np.float32]:
        """Draw one action for each row of `outputs` (B, outputs): (B, A) float32."""
        ...

    def greedy(self, outputs: Tensor) -> NDArray[np.float32]:
        """Return the distribution's most probable index or its mean for each row: (B, A) float32."""
        ...

    def log_probability_and_entropy(self, outputs: Tensor, actions: Tensor) -> tuple[Tensor, Tensor]:
        """Return log-probability of `actions` (B, A) and entropy of the distribution, each (B,)."""
        ...

    def decode(self, actions: NDArray[np.float32]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Turn actions (B, A) into steering (B,) rad and speed (B,) m/s."""
        ...

    def encode(self, steering: NDArray[np.float32], speed: NDArray[np.float32]) -> NDArray[np.float32]:
        """Turn commands back into actions (B, A): the inverse of `decode`."""
        ...

    def random(self, count: int, generator: np.random.Generator) -> tuple[NDArray[np.float32], float]:
        """Draw `count` uniform actions (count, A); also return their common log-probability."""
        ...


class DiscreteActionSpace:
    """A list of (steering, speed) pairs under a softmax."""

    def __init__(self, steering: NDArray[np.float64], speed: NDArray[np.float64]) -> None:
        """Take the commands of all actions: `steering` (K,) rad and `speed` (K,) m/s."""
        self.steering, self.speed = steering, speed
        self.outputs = len(steering)

    def sample(self, outputs: Tensor, generator: np.random.Generator) -> NDArray[np.float32]:
        """Draw by the Gumbel-max trick: the index of the largest logit plus Gumbel noise."""
        noisy = outputs.numpy() + generator.gumbel(size=outputs.shape)
        return _column(noisy.argmax(axis=1))

    def greedy(self, outputs: Tensor) -> NDArray[np.float32]:
        """Return the most probable index."""
        return _column(outputs.numpy().argmax(axis=1))

    def log_probability_and_entropy(self, outputs: Tensor, actions: Tensor) -> tuple[Tensor, Tensor]:
        """Return those of the categorical distribution whose logits are `outputs`."""
        log_probabilities = outputs.log_softmax(dim=1)
        entropy = -(log_probabilities.exp() * log_probabilities).sum(dim=1)
        return log_probabilities.gather(1, actions.long()).squeeze(1), entropy

    def decode(self, actions: NDArray[np.float32]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Look the commands up."""
        index = actions[:, 0].astype(np.int64)
        return self.steering[index], self.speed[index]

    def encode(self, steering: NDArray[np.float32], speed: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return the index of the nearest action."""
        distance = np.hypot(steering[:, None] - self.steering, speed[:, None] - self.speed)
        return _column(distance.argmin(axis=1))

    def random(self, count: int, generator: np.random.Generator) -> tuple[NDArray[np.float32], float]:
        """Draw indices uniformly."""
        index = generator.integers(self.outputs, size=(count, 1))
        return index.astype(np.float32), -math.log(self.outputs)


def _column(index: NDArray[np.int64]) -> NDArray[np.float32]:
    """Return indices (B,) as actions (B, 1)."""
    return index.astype(np.float32)[:, None]


class ContinuousActionSpace:
    """A box of steering and speed under one Beta distribution for each of the two.

    The Beta distribution lives on [0, 1], so no action is ever clipped and its log-probability is
    exact: Chou, Maturana and Scherer, "Improving Stochastic Policy Gradients in Continuous Control
    with Deep Reinforcement Learning using the Beta Distribution", ICML 2017. Both parameters are
    kept above 1, which makes it unimodal.
    """

    outputs = 4

    def __init__(self, low: tuple[float, float], high: tuple[float, float]) -> None:
        """Take the box's corners, each (steering in rad, speed in m/s)."""
        self.low = np.array(low)
        self.range = np.array(high) - self.low

    @staticmethod
    def _parameters(outputs: Tensor) -> tuple[Tensor, Tensor]:
        alpha, beta = (1.0 + functional.softplus(outputs)).chunk(2, dim=1)
        return alpha, beta

    def sample(self, outputs: Tensor, generator: np.random.Generator) -> NDArray[np.float32]:
        """Draw a point of the unit square."""
        alpha, beta = self._parameters(outputs)
        return generator.beta(alpha.numpy(), beta.numpy()).clip(EDGE, 1.0 - EDGE).astype(np.float32)

    def greedy(self, outputs: Tensor) -> NDArray[np.float32]:
        """Return the mean."""
        alpha, beta = self._parameters(outputs)
        mean: NDArray[np.float32] = (alpha / (alpha + beta)).numpy()
        return mean

    def log_probability_and_entropy(self, outputs: Tensor, actions: Tensor) -> tuple[Tensor, Tensor]:
        """Return those of the two independent Beta distributions, summed."""
        alpha, beta = self._parameters(outputs)
        total = alpha + beta
        log_normaliser = alpha.lgamma() + beta.lgamma() - total.lgamma()
        log_probability = (alpha - 1) * actions.log() + (beta - 1) * (-actions).log1p() - log_normaliser
        entropy = (
            log_normaliser - (alpha - 1) * alpha.digamma() - (beta - 1) * beta.digamma() + (total - 2) * total.digamma()
        )
        return log_probability.sum(dim=1), entropy.sum(dim=1)

    def decode(self, actions: NDArray[np.float32]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Stretch the unit square over the box."""
        commands = self.low + actions * self.range
        return commands[:, 0], commands[:, 1]

    def encode(self, steering: NDArray[np.float32], speed: NDArray[np.float32]) -> NDArray[np.float32]:
        """Shrink the box to the unit square."""
        unit = (np.stack([steering, speed], axis=1) - self.low) / self.range
        inside: NDArray[np.float32] = unit.clip(EDGE, 1.0 - EDGE).astype(np.float32)
        return inside

    def random(self, count: int, generator: np.random.Generator) -> tuple[NDArray[np.float32], float]:
        """Draw points of the unit square uniformly; their density is 1."""
        return generator.uniform(EDGE, 1.0 - EDGE, size=(count, 2)).astype(np.float32), 0.0


def make_action_space(config: ActionSpaceConfig) -> ActionSpace:
    """Build the action space that `config` describes."""
    if config.type == "continuous":
        limit = math.radians(config.steering_angle_limit)
        return ContinuousActionSpace((-limit, config.speed_low), (limit, config.speed_high))
    steering, speed = np.meshgrid(np.radians(config.steering_angles), config.speeds)
    return DiscreteActionSpace(steering.ravel(), speed.ravel())


def to_tensor(actions: NDArray[np.float32]) -> Tensor:
    """Wrap an action array as the tensor that `log_probability_and_entropy` takes; no copy."""
    return torch.from_numpy(actions)
