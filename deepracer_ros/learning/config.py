"""What can be configured about learning: the network, and one class of hyperparameters per learner."""

from dataclasses import dataclass
from typing import Any, Literal

from deepracer_ros.config import Section, key

CAMERA = "FRONT_FACING_CAMERA"


@dataclass(frozen=True)
class NetworkConfig(Section):
    """The network and what it reads."""

    size: Literal["small", "shallow"] = key(
        "small", "small trains in seconds on two cores; shallow is DeepRacer's own three convolutions."
    )
    reads: tuple[str, ...] = key((CAMERA,), "Sensors that the policy reads, by name. A car has cameras only.")
    critic_reads: tuple[str, ...] = key(
        (), "Sensors that the value reads besides, as state: an asymmetric critic. Nothing of it drives."
    )
    width: int = key(80, "Frame width the policy sees; a larger camera is shrunk to it.", unit="pixels", least=40)
    height: int = key(60, "Frame height the policy sees.", unit="pixels", least=40)
    colour: Literal["grey", "rgb"] = key("grey", "One channel or three.")

    def __post_init__(self) -> None:
        """Refuse a policy that reads nothing.

        Raises:
            ValueError: if it reads no sensor, or one twice.
        """
        super().__post_init__()
        if not self.reads:
            raise ValueError("reads: found no sensor, expected at least one")
        both = (*self.reads, *self.critic_reads)
        if len(set(both)) < len(both):
            raise ValueError(f"reads, critic_reads: found {', '.join(both)}, expected every sensor once")

    @property
    def channels(self) -> int:
        """1 for grey, 3 for RGB."""
        return 1 if self.colour == "grey" else 3


@dataclass(frozen=True)
class PPOConfig(Section):
    """Hyperparameters of proximal policy optimisation."""

    learning_rate: float = key(1.5e-3, "Adam's step size.", above=0, most=1)
    epochs: int = key(3, "Passes over each batch.", least=1, most=1000)
    minibatch_size: int = key(512, "Transitions in one gradient step.", least=1)
    discount_factor: float = key(0.97, "Discount factor gamma; a control step is 1/15 s.", least=0, most=1)
    gae_lambda: float = key(0.9, "Lambda of generalised advantage estimation.", least=0, most=1)
    clip_range: float = key(0.2, "How far the probability ratio may move from 1 in one update.", above=0)
    entropy_coefficient: float = key(0.01, "Weight of the entropy bonus.", least=0)
    value_coefficient: float = key(0.5, "Weight of the value loss (Huber).", least=0)
    max_gradient_norm: float = key(0.5, "Gradients are scaled down to this norm.", above=0)
    max_importance: float = key(
        2.0, "Where the importance weight, proximal over behaviour probability, is truncated.", above=0
    )
    precision: Literal["auto", "float32", "bfloat16"] = key(
        "auto", "Number format of convolutions and matrix products. auto: times both on this CPU at the start."
    )


@dataclass(frozen=True)
class LearnerEntry:
    """One learner of the registry."""

    config: type[Any]
    """Its configuration class."""
    factory: str
    """`module:callable` of (NetworkConfig, sensor specs, ActionSpaceConfig, its config, threads) -> Learner; imported
    only where something is learned."""


LEARNERS: dict[str, LearnerEntry] = {
    "ppo": LearnerEntry(PPOConfig, "deepracer_ros.learning.ppo:PPO"),
}
"""Learners by name: the line to add for another one."""


def learner_entry(name: str) -> LearnerEntry:
    """Return a learner of the registry.

    Raises:
        ValueError: if there is none of that name.
    """
    if name not in LEARNERS:
        raise ValueError(f"learner: found {name!r}, expected one of {', '.join(LEARNERS)}")
    return LEARNERS[name]
