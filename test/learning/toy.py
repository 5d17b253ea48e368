# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""A toy task: a bright bar says where to steer. A learner that works solves it in seconds."""

import numpy as np

from deepracer_ros.learning.batch import Batch
from deepracer_ros.learning.config import NetworkConfig, PPOConfig
from deepracer_ros.learning.policy import Policy
from deepracer_ros.learning.ppo import PPO
from deepracer_ros.race.actions import ActionSpaceConfig
from deepracer_ros.simulation.sensors import CAMERA, SensorSpec

NETWORK = NetworkConfig(width=48, height=40)
SENSORS = {CAMERA: SensorSpec((40, 48), "|u1", "levels"), "state": SensorSpec((2,), "<f4", "1")}


def make_learner(
    actions: ActionSpaceConfig, threads: int = 1, network: NetworkConfig = NETWORK, **changes: object
) -> PPO:
    return PPO(network, SENSORS, actions, PPOConfig(precision="float32", **changes), threads)


def make_policy(learner: PPO, actions: ActionSpaceConfig, network: NetworkConfig = NETWORK) -> Policy:
    return Policy(learner.policy_tensors(), network, SENSORS, actions)


def observations_and_targets(count: int, generator: np.random.Generator) -> tuple[dict[str, np.ndarray], np.ndarray]:
    """Frames (count, 40, 48) with a bar whose column says the right steering angle; targets in [-1, 1].

    `state` (count, 2) says it too, plainly.
    """
    target = generator.uniform(-1, 1, count)
    frames = np.full((count, 40, 48), 60, np.uint8)
    for frame, t in zip(frames, target, strict=True):
        column = int(round((1 - t) / 2 * 40))
        frame[:, column : column + 8] = 240
    return {CAMERA: frames, "state": np.stack([target, -target], axis=1).astype(np.float32)}, target


def toy_batch(policy: Policy, generator: np.random.Generator, segments: int = 32, steps: int = 8) -> Batch:
    """One-step episodes: the reward of a step is how close steering came to the bar."""
    observations, target = observations_and_targets(segments * (steps + 1), generator)
    decision = policy.act(observations, generator)
    shape = (segments, steps + 1)
    reward = 1 - np.abs(decision.steering / np.radians(30) - target)
    ones = np.ones((segments, steps), bool)

    def cut(values: np.ndarray) -> np.ndarray:
        return values.reshape(shape)[:, :-1].astype(np.float32)

    return Batch(
        {name: block.reshape(*shape, *block.shape[1:]) for name, block in observations.items()},
        cut(decision.steering),
        cut(decision.speed),
        cut(decision.log_probability),
        cut(reward),
        ones,
        ~ones,
        ones,
    )
