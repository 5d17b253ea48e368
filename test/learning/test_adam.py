# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""Adam: the same numbers as torch's class and as by hand, and no compiler at a trainer's start."""

import subprocess
import sys

import pytest
import torch
from torch import nn

from deepracer_ros.learning.adam import Adam


def test_the_first_step_by_hand():
    parameter = nn.Parameter(torch.tensor([1.0, -2.0]))
    parameter.grad = torch.tensor([0.5, -4.0])
    optimiser = Adam([parameter], learning_rate=0.1, epsilon=1e-5)
    optimiser.step()
    # After the correction of the bias, the moments of the first step are the gradient and its square.
    expected = [1.0 - 0.1 * 0.5 / (0.5 + 1e-5), -2.0 + 0.1 * 4.0 / (4.0 + 1e-5)]
    assert parameter.tolist() == pytest.approx(expected, rel=1e-6)
    moments = {name: tensor.tolist() for name, tensor in optimiser.state[parameter].items()}
    assert moments["step"] == 1.0
    assert moments["exp_avg"] == pytest.approx([0.05, -0.4])
    assert moments["exp_avg_sq"] == pytest.approx([0.00025, 0.016])


def test_equal_to_torch_to_the_bit_over_many_steps():
    torch.manual_seed(3)
    ours = [nn.Parameter(torch.randn(shape)) for shape in ((7, 5), (7,), (2, 3, 4, 4))]
    theirs = [nn.Parameter(parameter.detach().clone()) for parameter in ours]
    optimiser, reference = Adam(ours, 3e-3), torch.optim.Adam(theirs, lr=3e-3, eps=1e-5, fused=True)
    for step in range(20):
        if step == 10:
            optimiser.learning_rate = reference.param_groups[0]["lr"] = 1e-3
        for parameter, other in zip(ours, theirs, strict=True):
            parameter.grad = torch.randn_like(parameter)
            other.grad = parameter.grad.clone()
        optimiser.step()
        reference.step()
    for parameter, other in zip(ours, theirs, strict=True):
        assert torch.equal(parameter, other)
        assert {name: tensor.tolist() for name, tensor in optimiser.state[parameter].items()} == {
            name: tensor.tolist() for name, tensor in reference.state[other].items()
        }


def test_a_parameter_without_a_gradient_is_named():
    with pytest.raises(ValueError, match="found no gradient, expected one for each parameter"):
        Adam([nn.Parameter(torch.ones(2))], 0.1).step()


def test_a_learner_does_not_import_torchs_compiler():
    code = (
        "import sys, torch\n"
        "from deepracer_ros.learning.adam import Adam\n"
        "parameter = torch.nn.Parameter(torch.ones(2))\n"
        "parameter.grad = torch.ones(2)\n"
        "Adam([parameter], 0.1).step()\n"
        "print('torch._dynamo' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout == "False\n"
