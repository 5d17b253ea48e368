"""A toy task: a bright bar says where to steer. A learner that works solves it in seconds."""

import numpy as np

from deepracer_ros.learning.action_space import make_action_space
from deepracer_ros.learning.config import NetworkConfig, PPOConfig
from deepracer_ros.learning.network import ActorCritic
from deepracer_ros.learning.policy import Policy
from deepracer_ros.learning.ppo import PPO, Batch
from deepracer_ros.race.actions import ActionSpaceConfig

NETWORK = NetworkConfig(width=48, height=40)


def make_learner(actions: ActionSpaceConfig, threads: int = 1, **changes: object) -> PPO:
    space = make_action_space(actions)
    return PPO(ActorCritic(NETWORK, space.outputs), space, PPOConfig(precision="float32", **changes), threads)


def frames_and_targets(count: int, generator: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Frames (count, 40, 48) with a bar whose column says the right steering angle, targets in [-1, 1]."""
    target = generator.uniform(-1, 1, count)
    frames = np.full((count, 40, 48), 60, np.uint8)
    for frame, t in zip(frames, target, strict=True):
        column = int(round((1 - t) / 2 * 40))
        frame[:, column : column + 8] = 240
    return frames, target


def toy_batch(
    policy: Policy, learner: PPO, generator: np.random.Generator, segments: int = 32, steps: int = 8
) -> Batch:
    """One-step episodes: the reward of a step is how close steering came to the bar."""
    frames, target = frames_and_targets(segments * (steps + 1), generator)
    decision = policy.act(frames, generator)
    shape = (segments, steps + 1)
    limit = np.radians(30)
    reward = (1 - np.abs(decision.steering / limit - target)).reshape(shape)[:, :-1].astype(np.float32)
    actions = learner.space.encode(decision.steering.astype(np.float32), decision.speed.astype(np.float32))
    ones = np.ones((segments, steps), bool)
    return Batch(
        frames.reshape(*shape, 40, 48),
        actions.reshape(*shape, -1)[:, :-1].copy(),
        decision.log_probability.reshape(shape)[:, :-1].copy(),
        reward,
        ones,
        ~ones,
        ones,
    )
