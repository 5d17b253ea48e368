# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""Returns are normalised: by hand, and a reward of any scale teaches the same policy."""

import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from deepracer_ros.learning.return_scale import ReturnScale
from deepracer_ros.race.actions import ActionSpaceConfig

sys.path.insert(0, str(Path(__file__).parent))
from toy import make_learner, make_policy, toy_batch  # noqa: E402

ACTIONS = ActionSpaceConfig(type="continuous")


def head(weight, bias):
    layer = nn.Linear(1, 1)
    nn.init.constant_(layer.weight, weight)
    nn.init.constant_(layer.bias, bias)
    return layer


def test_statistics_by_hand_and_values_that_stay():
    layer = head(2.0, 1.0)
    scale = ReturnScale(layer)
    assert scale.restore(torch.tensor([5.0])).tolist() == [0.0]  # nothing is known
    scale.update(torch.tensor([1.0, 3.0]))
    assert (scale.mean, scale.deviation) == pytest.approx((2.0, 1.0))
    assert (layer.weight.item(), layer.bias.item()) == (2.0, 1.0)
    value = scale.restore(layer(torch.tensor([0.5])))
    scale.update(torch.tensor([6.0, 6.0]))
    # weights of the two batches: 0.9 * 0.1 and 0.1, so 9/19 and 10/19
    mean, square = (9 * 2.0 + 10 * 6.0) / 19, (9 * 5.0 + 10 * 36.0) / 19
    assert (scale.mean, scale.deviation) == pytest.approx((mean, (square - mean**2) ** 0.5))
    assert scale.restore(layer(torch.tensor([0.5]))).tolist() == pytest.approx(value.tolist())
    assert scale.normalise(torch.tensor([mean])).tolist() == pytest.approx([0.0], abs=1e-6)


def test_returns_that_are_all_the_same_or_not_finite_do_no_harm():
    layer = head(1.0, 0.0)
    scale = ReturnScale(layer)
    scale.update(torch.full((4,), 1e5))
    assert scale.deviation > 0.0
    before = scale.state()["return_scale"]
    scale.update(torch.tensor([float("nan"), 1.0]))
    assert scale.state()["return_scale"].tolist() == before.tolist()
    assert torch.isfinite(layer.weight).all()


def test_a_checkpoint_without_statistics_has_values_in_units_of_the_reward():
    layer = head(2.0, 1.0)
    scale = ReturnScale(layer)
    scale.load({})
    value = scale.restore(layer(torch.tensor([3.0])))
    assert value.tolist() == [7.0]
    scale.update(torch.tensor([1.0, 300.0]))
    assert scale.restore(layer(torch.tensor([3.0]))).tolist() == pytest.approx([7.0])


def test_a_state_goes_on_exactly():
    scale, other = ReturnScale(head(1.0, 0.0)), ReturnScale(head(1.0, 0.0))
    scale.update(torch.tensor([1.0, 5.0]))
    other.load(scale.state())
    for one in (scale, other):
        one.update(torch.tensor([2.0, 9.0]))
    assert (scale.mean, scale.deviation) == (other.mean, other.deviation)


@pytest.mark.parametrize("factor", [1e-3, 1e4])
def test_a_reward_of_any_scale_teaches_the_same_policy(factor):
    policies = []
    for scale in (1.0, factor):
        torch.manual_seed(0)
        generator = np.random.default_rng(0)
        learner = make_learner(ACTIONS, minibatch_size=64)
        for _ in range(3):
            batch = toy_batch(make_policy(learner, ACTIONS), generator)
            learner.update(replace(batch, reward=(batch.reward * scale).astype(np.float32)))
        policies.append(learner.policy_tensors())
    for name in policies[0]:
        assert policies[1][name] == pytest.approx(policies[0][name], abs=2e-3)
