# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""Frames of any size and colour are adapted; bad weights are refused; seeds repeat."""

import cv2
import numpy as np
import pytest

from deepracer_ros.errors import InputError
from deepracer_ros.learning.action_space import make_action_space
from deepracer_ros.learning.config import NetworkConfig
from deepracer_ros.learning.frames import adapt_frames
from deepracer_ros.learning.network import ActorCritic
from deepracer_ros.learning.policy import Policy, RandomPolicy
from deepracer_ros.race.actions import ActionSpaceConfig
from deepracer_ros.simulation.sensors import CAMERA, SensorSpec

ACTIONS = ActionSpaceConfig()
NETWORK = NetworkConfig(width=80, height=60)
SENSORS = {CAMERA: SensorSpec((60, 80), "|u1", "levels")}


def weights() -> dict[str, np.ndarray]:
    network = ActorCritic(NETWORK, SENSORS, make_action_space(ACTIONS).outputs)
    return {name: p.detach().numpy().copy() for name, p in network.named_parameters()}


def test_a_larger_rgb_camera_is_shrunk_and_turned_grey() -> None:
    rgb = np.random.default_rng(0).integers(0, 256, (2, 120, 160, 3), np.uint8)
    adapted = adapt_frames(rgb, NETWORK)
    assert adapted.shape == (2, 60, 80)
    block = cv2.cvtColor(rgb[1], cv2.COLOR_RGB2GRAY)[:2, :2]
    assert abs(float(adapted[1, 0, 0]) - block.mean()) <= 1.0


def test_frames_of_the_right_size_pass_untouched() -> None:
    frames = np.zeros((2, 60, 80), np.uint8)
    assert adapt_frames(frames, NETWORK) is frames


def test_greedy_and_seeded_decisions_repeat() -> None:
    policy = Policy(weights(), NETWORK, SENSORS, ACTIONS)
    frames = {CAMERA: np.random.default_rng(0).integers(0, 256, (5, 60, 80), np.uint8)}
    np.testing.assert_array_equal(policy.act(frames).steering, policy.act(frames).steering)
    one, two = (policy.act(frames, np.random.default_rng(7)) for _ in range(2))
    np.testing.assert_array_equal(one.steering, two.steering)
    assert np.isfinite(one.log_probability).all()


def test_bad_weights_are_refused() -> None:
    bad = weights() | {"hidden.bias": np.full(128, np.nan, np.float32)}
    with pytest.raises(InputError, match="not finite"):
        Policy(bad, NETWORK, SENSORS, ACTIONS)
    with pytest.raises(InputError, match="do not fit a small network"):
        Policy(weights() | {"value.bias": np.zeros(3, np.float32)}, NETWORK, SENSORS, ACTIONS)


def test_random_policy_knows_its_probability() -> None:
    decision = RandomPolicy(ActionSpaceConfig(type="discrete")).act(
        {CAMERA: np.zeros((7, 4, 4), np.uint8)}, np.random.default_rng(0)
    )
    np.testing.assert_allclose(decision.log_probability, -np.log(10.0), rtol=1e-6)


@pytest.mark.parametrize(
    "actions",
    [ActionSpaceConfig(), ActionSpaceConfig(type="discrete", steering_angles=(-20.0, 0.0, 20.0), speeds=(1.0, 2.0))],
    ids=("continuous", "discrete"),
)
def test_e_greedy_actions_are_a_mixture_with_its_log_probability(actions) -> None:
    space = make_action_space(actions)
    network = ActorCritic(NETWORK, SENSORS, space.outputs)
    tensors = {name: p.detach().numpy().copy() for name, p in network.named_parameters()}
    policy = Policy(tensors, NETWORK, SENSORS, actions)
    frames = {CAMERA: np.random.default_rng(0).integers(0, 256, (400, 60, 80), np.uint8)}
    decision = policy.act(frames, np.random.default_rng(1), epsilon=0.25)
    of_policy = policy.log_probability(frames, decision.steering, decision.speed)
    uniform = 1.0 / 6 if actions.type == "discrete" else 1.0
    expected = np.log(0.75 * np.exp(of_policy) + 0.25 * uniform)
    assert decision.log_probability == pytest.approx(expected, abs=1e-3)
    random = policy.act(frames, np.random.default_rng(1), epsilon=1.0)
    assert random.log_probability == pytest.approx(np.full(400, np.log(uniform)), abs=1e-6)
    half = policy.act(frames, np.random.default_rng(3), epsilon=0.5)
    other = policy.act(frames, np.random.default_rng(3))
    same = np.mean((half.steering == other.steering) & (half.speed == other.speed))
    assert 0.4 < same < 0.7  # half of the actions, and equal draws


def test_epsilon_has_no_effect_on_greedy_actions() -> None:
    policy = Policy(weights(), NETWORK, SENSORS, ACTIONS)
    frames = {CAMERA: np.random.default_rng(0).integers(0, 256, (5, 60, 80), np.uint8)}
    greedy, again = policy.act(frames), policy.act(frames, None, 0.9)
    np.testing.assert_array_equal(greedy.steering, again.steering)
    np.testing.assert_array_equal(greedy.log_probability, again.log_probability)
