"""Resume is exact: the same update after a restart gives the same bits."""

import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from deepracer_ros.errors import InputError
from deepracer_ros.learning.policy import Policy
from deepracer_ros.race.actions import ActionSpaceConfig
from deepracer_ros.run.checkpoint import (
    NonFiniteWeightsError,
    Progress,
    load_checkpoint,
    policy_tensors,
    save_checkpoint,
)

sys.path.insert(0, str(Path(__file__).parent))
from toy import NETWORK, make_learner, toy_batch  # noqa: E402

ACTIONS = ActionSpaceConfig()


def test_resume_is_exact(tmp_path: Path) -> None:
    torch.manual_seed(3)
    torch.set_num_threads(1)
    learner = make_learner(ACTIONS)
    policy = Policy(policy_tensors(learner), NETWORK, ACTIONS)
    batches = [toy_batch(policy, learner, np.random.default_rng(seed)) for seed in (1, 2)]
    learner.update(batches[0])
    path = tmp_path / "checkpoint.safetensors"
    progress = Progress(version=4, updates=1, env_steps=256, consumed=("1-0", "1-1"), best=(3.0, -9.5))
    path.write_bytes(save_checkpoint(learner, progress))
    learner.update(batches[1])
    expected = policy_tensors(learner)

    torch.manual_seed(99)
    resumed = make_learner(ACTIONS)
    assert load_checkpoint(str(path), resumed) == progress
    resumed.update(batches[1])
    for name, array in policy_tensors(resumed).items():
        np.testing.assert_array_equal(array, expected[name])


def test_a_damaged_or_foreign_file_is_one_clear_line(tmp_path: Path) -> None:
    learner = make_learner(ACTIONS)
    path = tmp_path / "checkpoint.safetensors"
    data = save_checkpoint(learner, Progress())
    path.write_bytes(data[: len(data) // 2])
    with pytest.raises(InputError, match="cannot be read as a checkpoint"):
        load_checkpoint(str(path), learner)
    path.write_bytes(data)
    with pytest.raises(InputError, match="policy.weight has shape"):
        load_checkpoint(str(path), make_learner(ActionSpaceConfig(type="discrete", speeds=(1.0,))))


def test_non_finite_weights_are_never_handed_out() -> None:
    learner = make_learner(ACTIONS)
    with torch.no_grad():
        learner.network.hidden.bias[0] = float("nan")
    with pytest.raises(NonFiniteWeightsError, match=r"hidden\.bias"):
        policy_tensors(learner)
