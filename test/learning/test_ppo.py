"""Advantages by hand; a learner that learns in seconds; staleness weights; a NaN stops."""

import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from deepracer_ros.learning.policy import Policy
from deepracer_ros.learning.ppo import Batch, NonFiniteLossError, generalised_advantages
from deepracer_ros.race.actions import ActionSpaceConfig
from deepracer_ros.run.checkpoint import policy_tensors

sys.path.insert(0, str(Path(__file__).parent))
from toy import NETWORK, frames_and_targets, make_learner, toy_batch  # noqa: E402

SPACES = [
    ActionSpaceConfig(type="discrete", steering_angles=(-30.0, -15.0, 0.0, 15.0, 30.0), speeds=(1.0,)),
    ActionSpaceConfig(type="continuous"),
]


def batch_of(reward: list[float], terminated: list[int], truncated: list[int], valid: list[int]) -> Batch:
    def row(values: list[int]) -> np.ndarray:
        return np.array([values], bool)

    empty = np.zeros((1, len(reward), 1), np.float32)
    return Batch(
        np.zeros((1, len(reward) + 1, 40, 48), np.uint8), empty, empty[..., 0],
        np.array([reward], np.float32), row(terminated), row(truncated), row(valid),
    )  # fmt: skip


def test_advantages_by_hand() -> None:
    # gamma 0.5, lambda 0.5. delta = r + 0.5 V' - V: 1+1-1 = 1, 0+1.5-2 = -0.5; A1 = -0.5, A0 = 1 + 0.25 * -0.5.
    values = np.array([[1.0, 2.0, 3.0]], np.float32)
    batch = batch_of([1.0, 0.0], [0, 0], [0, 0], [1, 1])
    np.testing.assert_allclose(generalised_advantages(batch, values, 0.5, 0.5), [[0.875, -0.5]])


def test_terminated_bootstraps_from_nothing_and_truncated_from_its_last_frame() -> None:
    values = np.array([[1.0, 2.0, 4.0, 5.0]], np.float32)
    # Step 0 ends the episode, step 1 is no transition, step 2 runs: 0 + 0.5 * 5 - 4 = -1.5.
    terminated = generalised_advantages(batch_of([3.0, 9.0, 0.0], [1, 0, 0], [0, 0, 0], [1, 0, 1]), values, 0.5, 0.5)
    np.testing.assert_allclose(terminated, [[3.0 - 1.0, 0.0, -1.5]])
    truncated = generalised_advantages(batch_of([3.0, 9.0, 0.0], [0, 0, 0], [1, 0, 0], [1, 0, 1]), values, 0.5, 0.5)
    np.testing.assert_allclose(truncated, [[3.0 + 0.5 * 2.0 - 1.0, 0.0, -1.5]])


@pytest.mark.parametrize("actions", SPACES, ids=lambda config: config.type)
def test_learns_to_steer_at_the_bar(actions: ActionSpaceConfig) -> None:
    torch.manual_seed(0)
    torch.set_num_threads(1)
    generator = np.random.default_rng(0)
    learner = make_learner(actions, minibatch_size=64)
    for _ in range(25):
        policy = Policy(policy_tensors(learner), NETWORK, actions)
        statistics = learner.update(toy_batch(policy, learner, generator))
    assert statistics.importance == pytest.approx(1.0, abs=1e-3)
    frames, target = frames_and_targets(200, generator)
    policy = Policy(policy_tensors(learner), NETWORK, actions)
    error = np.abs(policy.act(frames).steering / np.radians(30) - target).mean()
    assert error < 0.25  # blind: 0.5; five angles at best: 0.125


def test_stale_experience_is_weighted_and_truncated() -> None:
    torch.manual_seed(0)
    generator = np.random.default_rng(0)
    learner = make_learner(SPACES[0], max_importance=1.5)
    batch = toy_batch(Policy(policy_tensors(learner), NETWORK, SPACES[0]), learner, generator)
    batch.log_probability[:] -= np.log(3.0)  # as if the behaviour policy had been three times less sure
    assert learner.update(batch).importance == pytest.approx(1.5)


def test_a_non_finite_loss_leaves_the_network_alone() -> None:
    generator = np.random.default_rng(0)
    learner = make_learner(SPACES[0])
    batch = toy_batch(Policy(policy_tensors(learner), NETWORK, SPACES[0]), learner, generator)
    batch.reward[0, 0] = np.nan
    before = policy_tensors(learner)
    with pytest.raises(NonFiniteLossError, match="expected finite"):
        learner.update(batch)
    after = policy_tensors(learner)
    assert all(np.array_equal(before[name], after[name]) for name in before)


@pytest.mark.parametrize("actions", SPACES, ids=lambda config: config.type)
def test_threads_share_a_minibatch_without_changing_the_update(actions: ActionSpaceConfig) -> None:
    weights = []
    for threads in (1, 2):
        torch.manual_seed(0)
        learner = make_learner(actions, threads=threads)
        policy = Policy(policy_tensors(learner), NETWORK, actions)
        learner.update(toy_batch(policy, learner, np.random.default_rng(0)))
        weights.append(policy_tensors(learner))
    for name, array in weights[0].items():
        np.testing.assert_array_equal(weights[1][name], array, err_msg=name)


def test_the_update_is_that_of_a_plain_adam_step() -> None:
    torch.manual_seed(0)
    learner = make_learner(SPACES[0], epochs=1, minibatch_size=10**6)
    policy = Policy(policy_tensors(learner), NETWORK, SPACES[0])
    batch = toy_batch(policy, learner, np.random.default_rng(0))
    before = {name: torch.from_numpy(array.copy()) for name, array in policy_tensors(learner).items()}
    learner.update(batch)
    # The first step of Adam moves every weight by the learning rate against the sign of its gradient.
    for name, parameter in learner.network.named_parameters():
        gradient = parameter.grad
        moved = parameter.detach() - before[name]
        large = gradient.abs() > 1e-3
        torch.testing.assert_close(
            moved[large], -learner.config.learning_rate * gradient[large].sign(), rtol=0.02, atol=1e-6
        )
