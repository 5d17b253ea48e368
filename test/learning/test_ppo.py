# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""Advantages by hand; a learner that learns in seconds; staleness weights; a NaN stops."""

import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from deepracer_ros.learning.advantages import generalised_advantages
from deepracer_ros.learning.batch import Batch
from deepracer_ros.learning.config import NetworkConfig
from deepracer_ros.learning.learner import NonFiniteError
from deepracer_ros.race.actions import ActionSpaceConfig
from deepracer_ros.simulation.sensors import CAMERA

sys.path.insert(0, str(Path(__file__).parent))
from toy import make_learner, make_policy, observations_and_targets, toy_batch  # noqa: E402

SPACES = [
    ActionSpaceConfig(type="discrete", steering_angles=(-30.0, -15.0, 0.0, 15.0, 30.0), speeds=(1.0,)),
    ActionSpaceConfig(type="continuous"),
]


def batch_of(reward: list[float], terminated: list[int], truncated: list[int], valid: list[int]) -> Batch:
    def row(values: list[int]) -> np.ndarray:
        return np.array([values], bool)

    empty = np.zeros((1, len(reward)), np.float32)
    return Batch(
        {CAMERA: np.zeros((1, len(reward) + 1, 40, 48), np.uint8)}, empty, empty, empty,
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
        policy = make_policy(learner, actions)
        statistics = learner.update(toy_batch(policy, generator))
    assert statistics.statistics["importance"] == pytest.approx(1.0, abs=1e-3)
    observations, target = observations_and_targets(200, generator)
    policy = make_policy(learner, actions)
    error = np.abs(policy.act(observations).steering / np.radians(30) - target).mean()
    assert error < 0.25  # blind: 0.5; five angles at best: 0.125


def test_stale_experience_is_weighted_and_truncated() -> None:
    torch.manual_seed(0)
    generator = np.random.default_rng(0)
    learner = make_learner(SPACES[0], max_importance=1.5)
    batch = toy_batch(make_policy(learner, SPACES[0]), generator)
    batch.log_probability[:] -= np.log(3.0)  # as if the behaviour policy had been three times less sure
    assert learner.update(batch).statistics["importance"] == pytest.approx(1.5)


def test_a_non_finite_loss_leaves_the_network_alone() -> None:
    generator = np.random.default_rng(0)
    learner = make_learner(SPACES[0])
    batch = toy_batch(make_policy(learner, SPACES[0]), generator)
    batch.reward[0, 0] = np.nan
    before = learner.policy_tensors()
    with pytest.raises(NonFiniteError, match="expected finite"):
        learner.update(batch)
    after = learner.policy_tensors()
    assert all(np.array_equal(before[name], after[name]) for name in before)


@pytest.mark.parametrize("actions", SPACES, ids=lambda config: config.type)
def test_threads_share_a_minibatch_without_changing_the_update(actions: ActionSpaceConfig) -> None:
    weights = []
    for threads in (1, 2):
        torch.manual_seed(0)
        learner = make_learner(actions, threads=threads)
        policy = make_policy(learner, actions)
        learner.update(toy_batch(policy, np.random.default_rng(0)))
        weights.append(learner.policy_tensors())
    for name, array in weights[0].items():
        np.testing.assert_array_equal(weights[1][name], array, err_msg=name)


def test_the_update_is_that_of_a_plain_adam_step() -> None:
    torch.manual_seed(0)
    learner = make_learner(SPACES[0], epochs=1, minibatch_size=10**6)
    policy = make_policy(learner, SPACES[0])
    batch = toy_batch(policy, np.random.default_rng(0))
    before = {name: torch.from_numpy(array.copy()) for name, array in learner.policy_tensors().items()}
    learner.update(batch)
    # The first step of Adam moves every weight by the learning rate against the sign of its gradient.
    for name, parameter in learner.network.named_parameters():
        gradient = parameter.grad
        moved = parameter.detach() - before[name]
        large = gradient.abs() > 1e-3
        torch.testing.assert_close(
            moved[large], -learner.config.learning_rate * gradient[large].sign(), rtol=0.02, atol=1e-6
        )


def test_a_learner_takes_other_hyperparameters() -> None:
    learner = make_learner(SPACES[0])
    learner.configure(replace(learner.config, learning_rate=0.5))
    assert learner.config.learning_rate == learner.optimiser.learning_rate == 0.5


@pytest.mark.parametrize(
    ("reads", "critic_reads"), [(("state",), ()), ((CAMERA, "state"), ()), ((CAMERA,), ("state",))], ids=str
)
def test_a_network_has_an_encoder_for_each_sensor_it_reads(
    reads: tuple[str, ...], critic_reads: tuple[str, ...]
) -> None:
    torch.manual_seed(0)
    network = NetworkConfig(width=48, height=40, reads=reads, critic_reads=critic_reads)
    learner = make_learner(SPACES[0], network=network, minibatch_size=64)
    generator = np.random.default_rng(0)
    for _ in range(12):
        policy = make_policy(learner, SPACES[0], network)
        assert policy.reads == reads
        learner.update(toy_batch(policy, generator))
    observations, target = observations_and_targets(200, generator)
    needed = {name: observations[name] for name in reads}  # nothing of the critic's is there when it drives
    steering = make_policy(learner, SPACES[0], network).act(needed).steering
    assert np.abs(steering / np.radians(30) - target).mean() < 0.4  # blind: 0.5


def test_what_the_critic_alone_reads_does_not_drive() -> None:
    network = NetworkConfig(width=48, height=40, critic_reads=("state",))
    policy = make_policy(make_learner(SPACES[0], network=network), SPACES[0], network)
    observations, _ = observations_and_targets(5, np.random.default_rng(0))
    before = policy.act(observations).steering
    observations["state"] += 7.0
    np.testing.assert_array_equal(policy.act(observations).steering, before)


def test_a_learner_adopts_what_fits() -> None:
    source, target = make_learner(SPACES[0]), make_learner(SPACES[0])
    assert target.adopt(source.policy_tensors()) == ()
    for name, tensor in source.policy_tensors().items():
        np.testing.assert_array_equal(target.policy_tensors()[name], tensor)
    other = make_learner(SPACES[1])
    assert set(other.adopt(source.policy_tensors())) == {"policy.weight", "policy.bias"}
    np.testing.assert_array_equal(other.policy_tensors()["hidden.weight"], source.policy_tensors()["hidden.weight"])
    with pytest.raises(ValueError, match=r"weight hidden.weight: found none, expected shape"):
        other.adopt({name: tensor for name, tensor in source.policy_tensors().items() if name != "hidden.weight"})
