# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""A clone begins with another run's weights, as far as they fit, and says what does not."""

from dataclasses import replace

import numpy as np
import pytest

from deepracer_ros.engine.clone import make_clone
from deepracer_ros.engine.sources import find_source
from deepracer_ros.errors import InputError
from deepracer_ros.models.folder import write_model_folder
from deepracer_ros.run.checkpoint import Progress, read_checkpoint
from deepracer_ros.run.folder import RunFolder
from deepracer_ros.training.config import read_config
from deepracer_ros.training.policies import make_manifest

CONFIG = read_config({"learning": {"precision": "float32"}}, "test")


@pytest.fixture
def model(tmp_path, random_weights):
    """A model folder, and its weights."""
    tensors = random_weights(CONFIG)
    write_model_folder(tmp_path / "model", tensors, replace(make_manifest(CONFIG, "first", 1, 2), version=1))
    return tmp_path / "model", tensors


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "new").mkdir()
    return RunFolder(tmp_path / "new")


def weights(folder):
    checkpoint = read_checkpoint(folder.checkpoint)
    assert checkpoint.progress == Progress()
    return {name.partition("/")[2]: array for name, array in checkpoint.state.items() if name.startswith("weight/")}


def test_a_clone_has_all_weights(tmp_path, model, folder):
    path, tensors = model
    clone = make_clone(find_source(str(path), tmp_path), CONFIG)
    assert clone.new == ()
    clone.write(folder)
    found = weights(folder)
    assert found.keys() == tensors.keys()
    assert all(np.array_equal(found[name], tensors[name]) for name in tensors)


@pytest.mark.parametrize(
    "actions",
    [
        {"steering_angles": [-20.0, 20.0], "speeds": [1.0, 2.0]},
        {"steering_angles": [-20.0, 0.0, 20.0], "speeds": [1.0]},
    ],
)
def test_the_head_of_another_action_space_is_new(tmp_path, model, folder, actions):
    path, tensors = model
    config = read_config({"learning": {"precision": "float32"}, "actions": {"type": "discrete", **actions}}, "test")
    clone = make_clone(find_source(str(path), tmp_path), config)
    assert "policy.weight" in clone.new
    clone.write(folder)
    found = weights(folder)
    trunk = [name for name in tensors if not name.startswith("policy.")]
    assert all(np.array_equal(found[name], tensors[name]) for name in trunk)


def test_another_network_is_refused(tmp_path, model):
    config = read_config({"network": {"width": 96}}, "test")
    with pytest.raises(InputError, match=r"--clone .*model: weight .*: found shape .*; expected a model of the same"):
        make_clone(find_source(str(model[0]), tmp_path), config)


def test_a_run_that_has_begun_is_refused(tmp_path, model, folder):
    clone = make_clone(find_source(str(model[0]), tmp_path), CONFIG)
    clone.write(folder)
    with pytest.raises(InputError, match="has begun already, expected a new run for --clone"):
        clone.write(folder)


def test_sources_are_found_and_what_is_none_is_named(tmp_path, model):
    (tmp_path / "runs" / "a").mkdir(parents=True)
    assert find_source("a:last", tmp_path / "runs").which == "last"
    assert find_source("a:12", tmp_path / "runs").path == (tmp_path / "runs" / "a").resolve()
    assert find_source("a", tmp_path / "runs").which == ""
    with pytest.raises(InputError, match="b:best: found no b and no .*runs/b, expected a run or"):
        find_source("b:best", tmp_path / "runs")
    with pytest.raises(InputError, match="model:last: found no run folder, expected one with config.yaml"):
        find_source(f"{model[0]}:last", tmp_path).read()


def test_a_model_of_the_package_gives_what_belongs_to_its_policy_and_not_its_training(tmp_path):
    source = find_source("generalist", tmp_path)
    assert source.is_shipped
    assert set(source.values()) == {"sensors", "camera", "actions", "network"}
    config = read_config(source.values(), "test")
    assert config.tracks == ("technical",)
    clone = make_clone(source, config)
    assert clone.new == ()
