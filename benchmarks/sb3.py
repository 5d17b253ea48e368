# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""Environment steps per second of stable-baselines3's PPO, with the same environment, network and hyperparameters."""

import time
from typing import Any

import numpy as np
import torch
from gymnasium import spaces
from stable_baselines3 import PPO
from stable_baselines3.common.torch_layers import BaseFeaturesExtractor
from stable_baselines3.common.vec_env import VecEnv
from torch import nn

from benchmarks.common import default_config
from deepracer_ros.learning.action_space import make_action_space
from deepracer_ros.learning.architectures import ARCHITECTURES
from deepracer_ros.simulation.factory import make_environment

ROLLOUTS = 8


class Adapter(VecEnv):
    """Adapter of the environment to stable-baselines3, which resets an episode within its last step."""

    def __init__(self, config: Any) -> None:
        """Build the default training's environment."""
        self._environment = make_environment(config, config.tracks, config.simulation.cars, seed=0)
        self._space = make_action_space(config.actions)
        shape = (1, config.camera.height, config.camera.width)
        super().__init__(
            config.simulation.cars, spaces.Box(0, 255, shape, np.uint8), spaces.Box(-1.0, 1.0, (2,), np.float32)
        )

    def reset(self) -> np.ndarray:
        """Return the first frames."""
        return self._environment.reset().frames[:, None].copy()

    def step_async(self, actions: np.ndarray) -> None:
        """Store the actions for `step_wait`."""
        self._actions = actions

    def step_wait(self) -> tuple[np.ndarray, np.ndarray, np.ndarray, list[dict[str, Any]]]:
        """Drive one step; the last frame of an ended episode is in `terminal_observation`."""
        unit = ((self._actions + 1.0) / 2.0).clip(0.0, 1.0).astype(np.float32)
        outcome = self._environment.step(*self._space.decode(unit))
        frames, verdict = outcome.frames, outcome.verdict
        ended, reward = verdict.ended, verdict.reward.astype(np.float32)
        infos: list[dict[str, Any]] = [{} for _ in range(self.num_envs)]
        for car in np.flatnonzero(ended):
            infos[car] = {
                "terminal_observation": frames[car][None].copy(),
                "TimeLimit.truncated": bool(verdict.truncated[car]),
            }
        if ended.any():
            # Only the ended cars are placed at a start; no simulation time passes.
            frames = self._environment.restart(ended).frames
        return frames[:, None].copy(), reward, ended, infos

    def close(self) -> None:
        """Close the environment."""
        self._environment.close()

    def get_attr(self, attr_name: str, indices: Any = None) -> list[Any]:
        """Return the same attribute for every car."""
        return [getattr(self, attr_name, None)] * self.num_envs

    def set_attr(self, attr_name: str, value: Any, indices: Any = None) -> None:
        """Do nothing, since the cars share their attributes."""

    def env_method(self, method_name: str, *args: Any, indices: Any = None, **kwargs: Any) -> list[Any]:
        """Call nothing and return None for every car."""
        return [None] * self.num_envs

    def env_is_wrapped(self, wrapper_class: Any, indices: Any = None) -> list[bool]:
        """Return False for every environment, since none is wrapped."""
        return [False] * self.num_envs


class Features(BaseFeaturesExtractor):
    """The encoder of the package's network in plain torch."""

    def __init__(self, space: spaces.Box, size: str) -> None:
        """Build the layers.

        Args:
            space: Observation space of one frame.
            size: Size of the network, `network.size`.
        """
        architecture = ARCHITECTURES[size]
        super().__init__(space, architecture.hidden[0])
        layers: list[nn.Module] = []
        channels = space.shape[0]
        for features, kernel, stride in architecture.convolutions:
            layers += [nn.Conv2d(channels, features, kernel, stride), nn.ReLU()]
            channels = features
        convolutions = nn.Sequential(*layers, nn.Flatten())
        width = convolutions(torch.zeros(1, *space.shape)).shape[1]
        self.layers = nn.Sequential(convolutions, nn.Linear(width, architecture.hidden[0]), nn.ReLU())

    def forward(self, observations: torch.Tensor) -> torch.Tensor:
        """Return the features of a batch of frames."""
        return self.layers(observations)


def measure(rollouts: int = ROLLOUTS) -> float:
    """Return the environment steps per second over `rollouts` batches after a first batch."""
    config = default_config(simulation={"threads": 2})
    learning, cars = config.learning, config.simulation.cars
    batch = config.trainer.batch_segments * config.experience.segment_steps
    environment = Adapter(config)
    model = PPO(
        "CnnPolicy",
        environment,
        n_steps=batch // cars,
        batch_size=learning.minibatch_size,
        n_epochs=learning.epochs,
        learning_rate=learning.learning_rate,
        gamma=learning.discount_factor,
        gae_lambda=learning.gae_lambda,
        clip_range=learning.clip_range,
        ent_coef=learning.entropy_coefficient,
        vf_coef=learning.value_coefficient,
        max_grad_norm=learning.max_gradient_norm,
        policy_kwargs={
            "features_extractor_class": Features,
            "features_extractor_kwargs": {"size": config.network.size},
            "net_arch": [],
        },
        device="cpu",
        seed=0,
    )
    model.learn(batch)
    started = time.perf_counter()
    model.learn(rollouts * batch, reset_num_timesteps=False)
    return rollouts * batch / (time.perf_counter() - started)


if __name__ == "__main__":
    print(f"{measure():.0f}")
