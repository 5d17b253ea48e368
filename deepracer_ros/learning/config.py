# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""Configuration of learning: the network, the hyperparameters of each learner, and the registry of learners."""

from dataclasses import dataclass
from typing import Any, Literal

from deepracer_ros.config import Section, key
from deepracer_ros.learning.architectures import ARCHITECTURES

CAMERA = "FRONT_FACING_CAMERA"
"""Name of the camera in `simulation.sensors`."""
CAR_SIZE = 160, 120
"""Width and height of the frames that DeepRacer's networks read, and to which its car scales its images, pixels."""


@dataclass(frozen=True)
class NetworkConfig(Section):
    """Size of the network, and the sensors that it reads."""

    size: Literal["tiny", "small", "shallow", "standard", "deep"] = key(
        "small",
        "tiny: one convolution, over patches of 4x4 pixels. small: two, for training on a few cores. Others are "
        "DeepRacer's own networks. shallow: three convolutions. standard: four, with tanh. deep: four, normalised, and "
        "two hidden layers.",
    )
    reads: tuple[str, ...] = key((CAMERA,), "Sensors that the policy reads, by name. A car has cameras only.")
    critic_reads: tuple[str, ...] = key(
        (),
        "Further sensors that only the value reads, for example state: an asymmetric critic. The policy does not "
        "use them.",
    )
    width: int = key(
        80, "Width of the frames that the network reads; frames of other sizes are scaled.", unit="pixels", least=16
    )
    height: int = key(60, "Height of the frames that the network reads.", unit="pixels", least=16)
    crop_top: int = key(
        0, "Rows at the top of the frames that the network does not read: they show the sky.", unit="pixels", least=0
    )
    colour: Literal["grey", "rgb"] = key("grey", "Colour of the frames that the network reads: one channel or three.")
    preprocessing: Literal["area", "deepracer"] = key(
        "area", "How larger frames are scaled. area: to the mean of each pixel's area. deepracer: first to 160x120 by "
        "bilinear interpolation, as DeepRacer's car scales the image of its camera.",
    )  # fmt: skip
    stack_size: int = key(
        1, "Number of a car's last frames that the network reads together, as channels of one image.", least=1, most=16
    )

    def __post_init__(self) -> None:
        """Check the sensors and the frames.

        Raises:
            ValueError: if the policy reads no sensor, a sensor is named twice, RGB frames are stacked, or the frames
                are too small for the size.
        """
        super().__post_init__()
        if not self.reads:
            raise ValueError("reads: found no sensor, expected at least one")
        both = (*self.reads, *self.critic_reads)
        if len(set(both)) < len(both):
            raise ValueError(f"reads, critic_reads: found {', '.join(both)}, expected every sensor once")
        if self.stack_size > 1 and self.colour == "rgb":
            raise ValueError(f"stack_size: found {self.stack_size}, expected 1 with RGB frames: only grey ones stack")
        try:
            ARCHITECTURES[self.size].output_shape(self.height - self.crop_top, self.width)
        except ValueError as error:
            raise ValueError(f"size: {self.size}: {error}") from error

    @property
    def channels(self) -> int:
        """Number of channels of the network's input: one per stacked grey frame, or 3 for RGB."""
        return self.stack_size if self.colour == "grey" else 3


@dataclass(frozen=True)
class PPOConfig(Section):
    """Hyperparameters of proximal policy optimisation."""

    learning_rate: float = key(1.5e-3, "Learning rate of Adam.", above=0, most=1)
    epochs: int = key(3, "Passes over each batch.", least=1, most=1000)
    minibatch_size: int = key(512, "Transitions in one gradient step.", least=1)
    discount_factor: float = key(0.97, "Discount factor gamma; a control step is 1/15 s.", least=0, most=1)
    gae_lambda: float = key(0.9, "Lambda of generalised advantage estimation.", least=0, most=1)
    clip_range: float = key(0.2, "Range around 1 to which the probability ratio of an update is clipped.", above=0)
    entropy_coefficient: float = key(0.01, "Weight of the entropy bonus.", least=0)
    value_coefficient: float = key(0.5, "Weight of the value loss.", least=0)
    value_loss: Literal["huber", "squared"] = key("huber", "Loss of the value: Huber's, or the mean squared error.")
    max_gradient_norm: float = key(0.5, "Largest norm of a gradient; larger gradients are scaled down to it.", above=0)
    max_importance: float = key(
        2.0, "Upper limit of the importance weight (proximal over behaviour probability).", above=0
    )
    precision: Literal["auto", "float32", "bfloat16"] = key(
        "auto",
        "Number format of convolutions and matrix products. auto: the format that is faster on this CPU, "
        "measured once for a network.",
    )


@dataclass(frozen=True)
class LearnerEntry:
    """A learner in the registry `LEARNERS`."""

    config: type[Any]
    """Class of the learner's configuration."""
    factory: str
    """`module:callable` of (NetworkConfig, sensor specs, ActionSpaceConfig, learner's config, threads) -> Learner. The
    module is imported only by processes that learn."""


LEARNERS: dict[str, LearnerEntry] = {
    "ppo": LearnerEntry(PPOConfig, "deepracer_ros.learning.ppo:PPO"),
}
"""Learners by name; a new learner needs one more entry."""


def learner_entry(name: str) -> LearnerEntry:
    """Return the entry of a learner in `LEARNERS`.

    Raises:
        ValueError: if there is no learner of that name.
    """
    if name not in LEARNERS:
        raise ValueError(f"learner: found {name!r}, expected one of {', '.join(LEARNERS)}")
    return LEARNERS[name]
