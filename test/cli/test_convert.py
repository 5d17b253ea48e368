# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""`deepracer convert` goes from DeepRacer's files to a parameter file and back without a loss."""

import json

import pytest
import yaml

from deepracer_ros.cli.main import main
from deepracer_ros.formats.folder import read_owner_folder
from deepracer_ros.parameters import read_parameters

FILES = {
    "model_metadata.json": {
        "action_space": [{"steering_angle": -30.0, "speed": 0.6}, {"steering_angle": 30.0, "speed": 1.2}],
        "sensor": ["FRONT_FACING_CAMERA"], "neural_network": "DEEP_CONVOLUTIONAL_NETWORK_SHALLOW", "version": "5",
    },
    "hyperparameters.json": {
        "batch_size": 128, "lr": 0.0002, "discount_factor": 0.99, "beta_entropy": 0.02, "num_epochs": 4,
        "num_episodes_between_training": 20, "loss_type": "huber", "exploration_type": "categorical",
    },
}  # fmt: skip
PARAMS = {
    "WORLD_NAME": "oval", "RACE_TYPE": "OBJECT_AVOIDANCE", "OBJECT_POSITIONS": ["0.25,-1", "0.5,1"],
    "CHANGE_START_POSITION": "True", "ALTERNATE_DRIVING_DIRECTION": "True", "MIN_EVAL_TRIALS": "7",
    "BEST_MODEL_METRIC": "laptime",
}  # fmt: skip


@pytest.fixture
def owner(tmp_path):
    folder = tmp_path / "owner"
    folder.mkdir()
    for name, document in FILES.items():
        (folder / name).write_text(json.dumps(document))
    (folder / "training_params.yaml").write_text(yaml.dump(PARAMS, default_style="'"))
    (folder / "reward_function.py").write_text("def reward_function(params):\n    return 1.0\n")
    return folder


def test_there_and_back(owner, tmp_path, capsys):
    ours, back = tmp_path / "ours.yaml", tmp_path / "back"
    assert main(["convert", str(owner), str(ours)]) == 0
    assert read_parameters(ours)["learning"]["minibatch_size"] == 128
    assert main(["convert", str(ours), str(back)]) == 0
    assert "reward_function.py" in capsys.readouterr().out
    once, twice = read_owner_folder(owner), read_owner_folder(back)
    assert (back / "reward_function.py").read_text() == (owner / "reward_function.py").read_text()
    for values in (once, twice):
        del values["reward"]
        for name in ("advance", "offset"):
            values["referee"]["start"].pop(name, None)
    assert twice == once


def test_what_is_there_is_not_overwritten(owner, tmp_path, capsys):
    assert main(["convert", str(owner), str(owner / "hyperparameters.json")]) == 2
    assert "hyperparameters.json: exists, expected a new file or folder" in capsys.readouterr().err
    assert main(["convert", str(tmp_path / "none"), str(tmp_path / "new")]) == 2
    assert not (tmp_path / "new").exists()


def test_a_reward_file_that_is_not_there_leaves_nothing(owner, tmp_path, capsys):
    ours, back = tmp_path / "ours.yaml", tmp_path / "back"
    assert main(["convert", str(owner), str(ours)]) == 0
    (owner / "reward_function.py").unlink()
    assert main(["convert", str(ours), str(back)]) == 2
    assert "reward_function.py: cannot be read (No such file or directory)" in capsys.readouterr().err
    assert not back.exists()
