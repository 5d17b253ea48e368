# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""Distributions against torch's own, commands against hand-computed ones; one contract for both kinds."""

import math

import numpy as np
import pytest
import torch
from torch.distributions import Beta, Categorical
from torch.nn import functional

from deepracer_ros.learning.action_space import make_action_space
from deepracer_ros.learning.distributions import find_distribution
from deepracer_ros.race.actions import ActionSpaceConfig

CONTINUOUS = ActionSpaceConfig(type="continuous", steering_angle_limit=30.0, speed_low=1.0, speed_high=3.0)
DISCRETE = ActionSpaceConfig(type="discrete", steering_angles=(-30.0, 0.0, 30.0), speeds=(1.0, 2.0))


@pytest.mark.parametrize("config", [CONTINUOUS, DISCRETE], ids=["continuous", "discrete"])
def test_contract(config: ActionSpaceConfig) -> None:
    space, generator = make_action_space(config), np.random.default_rng(0)
    outputs = 3.0 * generator.standard_normal((50, space.outputs), np.float32)
    for actions in (space.sample(outputs, generator), space.greedy(outputs), space.random(50, generator)[0]):
        steering, speed = space.decode(actions)
        assert np.all(np.abs(steering) <= math.radians(30) + 1e-6)
        assert np.all((speed >= 1.0) & (speed <= 3.0))
        encoded = space.encode(steering.astype(np.float32), speed.astype(np.float32))
        np.testing.assert_allclose(encoded, actions, atol=2e-6)
        learnt, entropy = find_distribution(config)(torch.from_numpy(outputs), torch.from_numpy(actions))
        drawn = space.log_probability(outputs, actions)
        assert drawn.dtype == np.float32
        np.testing.assert_allclose(drawn, learnt.numpy(), rtol=1e-4, atol=1e-4)
        assert np.isfinite(drawn).all()
        assert entropy.shape == (50,)


def test_discrete_commands_and_probabilities() -> None:
    space = make_action_space(DISCRETE)
    steering, speed = space.decode(np.arange(6, dtype=np.float32)[:, None])
    np.testing.assert_allclose(np.degrees(steering), [-30, 0, 30, -30, 0, 30])
    np.testing.assert_allclose(speed, [1, 1, 1, 2, 2, 2])
    outputs, actions = torch.randn(8, 6), torch.randint(6, (8, 1)).float()
    log_probability, entropy = find_distribution(DISCRETE)(outputs, actions)
    np.testing.assert_allclose(space.log_probability(outputs.numpy(), actions.numpy()), log_probability, atol=1e-5)
    reference = Categorical(logits=outputs)
    torch.testing.assert_close(log_probability, reference.log_prob(actions[:, 0]))
    torch.testing.assert_close(entropy, reference.entropy())


def test_continuous_is_a_beta_distribution() -> None:
    space = make_action_space(CONTINUOUS)
    outputs, actions = torch.randn(8, 4), torch.rand(8, 2) * 0.98 + 0.01
    alpha, beta = (1 + functional.softplus(outputs)).chunk(2, dim=1)
    reference = Beta(alpha, beta)
    log_probability, entropy = find_distribution(CONTINUOUS)(outputs, actions)
    np.testing.assert_allclose(space.log_probability(outputs.numpy(), actions.numpy()), log_probability, atol=1e-4)
    torch.testing.assert_close(log_probability, reference.log_prob(actions).sum(1))
    torch.testing.assert_close(entropy, reference.entropy().sum(1))
    np.testing.assert_allclose(space.greedy(outputs.numpy()), reference.mean.numpy(), rtol=1e-6)
    steering, speed = space.decode(np.array([[0.5, 0.5], [1.0, 0.0]], np.float32))
    np.testing.assert_allclose(np.degrees(steering), [0, 30], atol=1e-6)
    np.testing.assert_allclose(speed, [2, 1])


def test_outputs_far_from_zero_have_finite_probabilities() -> None:
    for config in (CONTINUOUS, DISCRETE):
        space = make_action_space(config)
        for size in (-90.0, 90.0):
            outputs = np.full((3, space.outputs), size, np.float32)
            actions = space.sample(outputs, np.random.default_rng(0))
            assert np.isfinite(space.log_probability(outputs, actions)).all()


def test_samples_follow_the_distribution() -> None:
    space = make_action_space(DISCRETE)
    outputs = np.array([[0.0, 1.0, 2.0, 0.0, -1.0, 0.5]], np.float32).repeat(40000, axis=0)
    counts = np.bincount(space.sample(outputs, np.random.default_rng(1))[:, 0].astype(int), minlength=6)
    np.testing.assert_allclose(counts / 40000, np.exp(outputs[0]) / np.exp(outputs[0]).sum(), atol=0.01)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"steering_angle_limit": 40.0}, "steering_angle_limit: found 40.0, expected above 0, at most 30 degrees"),
        ({"speed_high": 5.0}, "speed_high: found 5.0, expected above 0, at most 4 m/s"),
        ({"speed_low": 3.0}, "speed_low: found 3.0, expected less than speed_high 3.0"),
        ({"type": "discrete", "speeds": ()}, "steering_angles, speeds: found none"),
        ({"speeds": (1.0, 1.5)}, "speeds: has no effect with type continuous"),
        ({"type": "discrete", "speed_high": 2.0}, "speed_high: has no effect with type discrete"),
    ],
)
def test_impossible_actions_are_refused(change: dict, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        ActionSpaceConfig(**change)
