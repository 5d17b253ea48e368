# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""The actor-critic network: one encoder per sensor, hidden layers, a policy head and a value head."""

from collections.abc import Mapping
from typing import Any

import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from deepracer_ros.learning.architectures import ARCHITECTURES
from deepracer_ros.learning.config import NetworkConfig
from deepracer_ros.learning.encoders import ACTIVATIONS, make_encoder
from deepracer_ros.simulation.sensors import SensorSpec

Prepared = Mapping[str, Tensor]
"""Input tensor (B, ...) of each sensor's encoder, by the name of the sensor."""


class ActorCritic(nn.Module):
    """Policy and value of observations, with a shared trunk.

    The value may read further sensors (`critic_reads`): an asymmetric critic (Pinto et al., "Asymmetric Actor Critic
    for Image-Based Robot Learning", RSS 2018). Their features join after the trunk, so the policy does not depend on
    them.
    """

    def __init__(self, config: NetworkConfig, sensors: Mapping[str, SensorSpec], outputs: int) -> None:
        """Build the network with orthogonal weights; the initial policy depends little on the observation.

        Args:
            config: Size of the network and names of the sensors that it reads.
            sensors: Specification by name of at least the sensors that the network reads.
            outputs: Number of outputs of the policy head.
        """
        super().__init__()
        self.config = config
        self.encoders = nn.ModuleDict({name: make_encoder(sensors[name], config) for name in config.reads})
        self.critic = nn.ModuleDict({name: make_encoder(sensors[name], config) for name in config.critic_reads})
        architecture = ARCHITECTURES[config.size]
        self._activation = ACTIVATIONS[architecture.activation]
        first, *further = architecture.hidden
        last = architecture.hidden[-1]
        self.hidden = nn.Linear(_features(self.encoders), first)
        self.further = nn.ModuleList(map(nn.Linear, architecture.hidden, further))
        self.policy = nn.Linear(last, outputs)
        self.value = nn.Linear(last + _features(self.critic), 1)
        gains = [(layer, architecture.gain) for layer in (self.hidden, *self.further)]
        for layer, gain in (*gains, (self.policy, 0.01), (self.value, 0.1)):
            nn.init.orthogonal_(layer.weight, gain)
            nn.init.zeros_(layer.bias)

    def prepare(self, observations: Mapping[str, NDArray[Any]], critic: bool = True) -> dict[str, Tensor]:
        """Return observations as the encoders' input tensors by sensor; called once per batch.

        Args:
            observations: Observations (B, *shape) by name of at least the sensors that the network reads.
            critic: Whether to include the sensors that only the value reads.
        """
        encoders = {**self.encoders, **self.critic} if critic else dict(self.encoders)
        return {name: encoder.prepare(observations[name]) for name, encoder in encoders.items()}  # type: ignore[operator]

    def forward(self, prepared: Prepared) -> tuple[Tensor, Tensor]:
        """Return policy outputs (B, outputs) and values (B,), both float32, of prepared observations."""
        trunk = self._trunk(prepared)
        extra = [encoder(prepared[name]).float() for name, encoder in self.critic.items()]
        with torch.autocast("cpu", enabled=False):
            seen = torch.cat([trunk, *extra], dim=1) if extra else trunk
            return self.policy(trunk), self.value(seen).squeeze(1)

    def act(self, prepared: Prepared) -> Tensor:
        """Return policy outputs (B, outputs), float32; `prepared` may lack the sensors that only the value reads."""
        trunk = self._trunk(prepared)
        with torch.autocast("cpu", enabled=False):
            outputs: Tensor = self.policy(trunk)
        return outputs

    def _trunk(self, prepared: Prepared) -> Tensor:
        features = [encoder(prepared[name]) for name, encoder in self.encoders.items()]
        joined = features[0] if len(features) == 1 else torch.cat([feature.float() for feature in features], dim=1)
        trunk = self._activation(self.hidden(joined))
        for layer in self.further:
            trunk = self._activation(layer(trunk))
        return trunk.float()


def _features(encoders: nn.ModuleDict) -> int:
    return sum(encoder.features for encoder in encoders.values())  # type: ignore[misc]
