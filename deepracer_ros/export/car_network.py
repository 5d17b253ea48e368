# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""What a car computes from a frame: the layers of a policy in numbers, for the writers of graphs."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from deepracer_ros.errors import InputError
from deepracer_ros.formats.metadata import HEIGHT, WIDTH
from deepracer_ros.learning.action_space import make_action_space
from deepracer_ros.learning.architectures import ARCHITECTURES
from deepracer_ros.learning.config import CAMERA, NetworkConfig
from deepracer_ros.learning.inference import convolutions_of, hidden_names, within
from deepracer_ros.learning.policy import Policy
from deepracer_ros.models.policy_file import Model
from deepracer_ros.race.actions import ActionSpaceConfig
from deepracer_ros.training.policies import make_policy, upgrade_tensors

Floats = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Convolution:
    """A convolution without padding.

    Attributes:
        weight: (features, channels, kernel, kernel) weights.
        bias: (features,) biases.
        stride: Stride in both directions, pixels.
    """

    weight: Floats
    bias: Floats
    stride: int


@dataclass(frozen=True, eq=False)
class Linear:
    """A linear layer: weight @ x + bias.

    Attributes:
        weight: (units, inputs) weights. Inputs behind a convolution are in the order rows, columns, channels.
        bias: (units,) biases.
    """

    weight: Floats
    bias: Floats


@dataclass(frozen=True, eq=False)
class CarNetwork:
    """The layers of a policy behind a frame of `WIDTH` x `HEIGHT` grey pixels with levels from 0 to 255.

    Attributes:
        shrink: Side of the squares of pixels whose mean, as a whole number, is one pixel of the first convolution.
        crop_top: Rows of shrunk pixels at the top that are not read.
        convolutions: The convolutions; mean and scale of the pixels are part of the first one.
        hidden: The hidden layers.
        head: The last layer. Discrete: a logit for each action. Continuous: four numbers; one and their softplus are
            alpha, of steering and speed, and beta of two Beta distributions.
        activation: Function after every layer but the head.
        size: Name of the architecture.
        actions: The action space.
        policy: The policy itself.
    """

    shrink: int
    crop_top: int
    convolutions: tuple[Convolution, ...]
    hidden: tuple[Linear, ...]
    head: Linear
    activation: str
    size: str
    actions: ActionSpaceConfig
    policy: Policy

    @property
    def is_continuous(self) -> bool:
        """Whether the actions are points of a box, not of a list."""
        return self.actions.type == "continuous"

    def expected(self, frames: NDArray[np.uint8]) -> Floats:
        """Return what a graph should compute from frames: probabilities (B, K), or (B, 2) numbers from -1 to 1.

        Args:
            frames: (B, H, W) grey frames.
        """
        outputs = self.policy.outputs({CAMERA: frames})
        if not self.is_continuous:
            powers = np.exp(outputs - outputs.max(axis=1, keepdims=True))
            probabilities: Floats = powers / powers.sum(axis=1, keepdims=True)
            return probabilities
        return 2.0 * make_action_space(self.actions).greedy(outputs) - 1.0

    @property
    def rounds_up(self) -> bool:
        """Whether a mean half way between two levels becomes the greater one, otherwise the even one: as OpenCV does.

        OpenCV's area resize rounds means of 2x2 pixels up, and others to the even level.
        """
        return self.shrink == 2


def read_car_network(model: Model) -> CarNetwork:
    """Return the layers of a model that the cars can run.

    Args:
        model: A checked model.

    Raises:
        InputError: if the model reads what a car does not have, or has layers or actions that no car runs.
    """
    policy = make_policy(model)
    network, actions = policy.network_config, policy.action_config
    where = f"model {model.manifest.run}/{model.manifest.version}"
    _check(network, actions, where)
    tensors, architecture = upgrade_tensors(model), ARCHITECTURES[network.size]
    camera = within(tensors, f"encoders.{CAMERA}.")
    convolutions = [Convolution(*layer) for layer in convolutions_of(camera, network)]
    names = (*hidden_names(network), "policy")
    *hidden, head = (Linear(tensors[f"{name}.weight"], tensors[f"{name}.bias"]) for name in names)
    return CarNetwork(
        WIDTH // network.width, network.crop_top, tuple(convolutions), tuple(hidden), head, architecture.activation,
        network.size, actions, policy,
    )  # fmt: skip


def _check(network: NetworkConfig, actions: ActionSpaceConfig, where: str) -> None:
    """Refuse what no car runs.

    Raises:
        InputError: with the first key that is wrong.
    """
    shrink = WIDTH // network.width
    good = {
        f"network.reads: found {', '.join(network.reads)}, expected {CAMERA} only": network.reads == (CAMERA,),
        f"network.colour: found {network.colour}, expected grey": network.colour == "grey",
        f"network.stack_size: found {network.stack_size}, expected 1: no car keeps frames": network.stack_size == 1,
        f"network.size: found {network.size}, expected tiny, small, shallow or standard": (
            not ARCHITECTURES[network.size].normalised
        ),
        f"network.width, height: found {network.width} x {network.height}, expected {WIDTH} x {HEIGHT} divided by "
        "one whole number": (network.width * shrink, network.height * shrink) == (WIDTH, HEIGHT),
        f"actions.steering_angle_centre: found {actions.steering_angle_centre:g}, expected 0: the cars divide the "
        "angle by the greatest one to the left": actions.steering_angle_centre == 0.0,
    }
    for trouble, is_good in good.items():
        if not is_good:
            raise InputError(f"{where}: {trouble}; the cars cannot run it")
