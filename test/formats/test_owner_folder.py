# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""The folder of a DeepRacer owner means the configuration that it says, and what is wrong in it is one line."""

import json
import math

import numpy as np
import pytest

from deepracer_ros.config import from_mapping, to_mapping
from deepracer_ros.errors import InputError
from deepracer_ros.formats.folder import read_owner_folder
from deepracer_ros.formats.hyperparameters import read_hyperparameters, to_hyperparameters
from deepracer_ros.formats.metadata import read_metadata, to_metadata
from deepracer_ros.race.actions import ActionSpaceConfig, make_action_coder
from deepracer_ros.race.catalogue import find_track
from deepracer_ros.training.config import read_config

DISCRETE = {
    "action_space": [{"steering_angle": -30, "speed": 0.6}, {"steering_angle": "30.0", "speed": 1.2}],
    "sensor": ["FRONT_FACING_CAMERA"], "neural_network": "DEEP_CONVOLUTIONAL_NETWORK_SHALLOW",
    "training_algorithm": "clipped_ppo", "action_space_type": "discrete", "version": "5",
}  # fmt: skip
CONTINUOUS = {
    **DISCRETE,
    "action_space_type": "continuous",
    "action_space": {"speed": {"low": 0.5, "high": 4.0}, "steering_angle": {"low": -20, "high": 30}},
}
HYPERPARAMETERS = {
    "batch_size": 64, "lr": 0.0003, "discount_factor": 0.99, "beta_entropy": 0.01, "num_epochs": 5,
    "num_episodes_between_training": 20, "loss_type": "huber", "exploration_type": "categorical",
    "e_greedy_value": 0.05, "epsilon_steps": 10000, "stack_size": 1, "term_cond_avg_score": 350.0,
}  # fmt: skip


@pytest.fixture
def written(tmp_path):
    """Write a JSON file, and return its path."""

    def write(name, document):
        path = tmp_path / name
        path.write_text(document if isinstance(document, str) else json.dumps(document))
        return path

    return write


def coder(values):
    return make_action_coder(from_mapping(ActionSpaceConfig, values["actions"]))


def test_discrete_actions_keep_their_pairs_and_order(written):
    actions = coder(read_metadata(written("model_metadata.json", DISCRETE)))
    assert actions.steering == pytest.approx([math.radians(-30.0), math.radians(30.0)])
    assert actions.speed.tolist() == [0.6, 1.2]
    indexed = [{**action, "index": 1 - number} for number, action in enumerate(DISCRETE["action_space"])]
    actions = coder(read_metadata(written("model_metadata.json", {**DISCRETE, "action_space": indexed})))
    assert actions.speed.tolist() == [1.2, 0.6]


def test_continuous_actions_have_their_own_low_and_high(written):
    actions = coder(read_metadata(written("model_metadata.json", CONTINUOUS)))
    steering, speed = actions.decode(np.array([[0.0, 0.0], [1.0, 1.0]], np.float32))
    assert steering == pytest.approx([math.radians(-20.0), math.radians(30.0)])
    assert speed == pytest.approx([0.5, 4.0])


def test_the_first_version_has_defaults_for_all_but_the_actions(written):
    values = read_metadata(written("model_metadata.json", {"action_space": DISCRETE["action_space"], "version": 1}))
    assert values["network"] == {"size": "shallow", "width": 160, "height": 120}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"sensor": ["STEREO_CAMERAS"]}, 'sensor: found ["STEREO_CAMERAS"], expected one camera: FRONT_FACING_CAMERA'),
        ({"sensor": ["FRONT_FACING_CAMERA", "LIDAR"]}, "expected one camera"),
        ({"training_algorithm": "sac"}, 'training_algorithm: found "sac", expected one of clipped_ppo'),
        ({"neural_network": "DEEP_NETWORK"}, "neural_network: found"),
        ({"version": "7"}, 'version: found "7", expected a number from 1 to 6'),
        ({"action_space": []}, "action_space: found [], expected a list of actions"),
        ({"action_space": [3]}, "action_space[0]: found 3, expected an object"),
        (
            {"action_space": [{"speed": 1}]},
            "action_space[0]: steering_angle: found nothing, expected a number",
        ),
        (
            {"action_space": [{"speed": 9, "steering_angle": 0}]},
            "action_space[0]: speed: found 9, expected a number from 0.1 to 4",
        ),
        ({"action_space_type": "continuous"}, "action_space: found [{"),
        (
            {**CONTINUOUS, "action_space": {**CONTINUOUS["action_space"], "speed": {"low": 2, "high": 1}}},
            "action_space: speed: low: found 2, expected less than high, 1",
        ),
    ],
)
def test_metadata_that_is_wrong_or_not_supported_is_one_line(written, change, message):
    path = written("model_metadata.json", {**DISCRETE, **change})
    with pytest.raises(InputError) as caught:
        read_metadata(path)
    assert str(caught.value).startswith(f"{path}: ")
    assert message in str(caught.value)


def test_hyperparameters_are_those_of_ppo(written):
    values = read_hyperparameters(written("hyperparameters.json", HYPERPARAMETERS))
    config = read_config(values, "test").learning
    assert (config.minibatch_size, config.learning_rate, config.epochs) == (64, 0.0003, 5)
    assert (config.discount_factor, config.entropy_coefficient, config.gae_lambda) == (0.99, 0.01, 0.95)
    assert config.value_loss == "huber"
    absent = read_config(read_hyperparameters(written("hyperparameters.json", {})), "test")
    assert (absent.learning.epochs, absent.learning.value_loss, absent.trainer.batch_segments) == (10, "squared", 80)


def test_stacked_frames_are_those_of_camera_and_network(written):
    path = written("hyperparameters.json", {**HYPERPARAMETERS, "stack_size": 4})
    config = read_config(read_hyperparameters(path), "test")
    assert (config.camera.stack_size, config.network.stack_size, config.network.channels) == (4, 4, 4)
    assert to_hyperparameters(to_mapping(config))["stack_size"] == 4


@pytest.mark.parametrize(
    ("name", "size"),
    [
        ("DEEP_CONVOLUTIONAL_NETWORK_SHALLOW", "shallow"),
        ("DEEP_CONVOLUTIONAL_NETWORK", "standard"),
        ("DEEP_CONVOLUTIONAL_NETWORK_DEEP", "deep"),
    ],
)
def test_each_network_of_deepracer_has_its_size_and_goes_back_to_its_name(written, name, size):
    values = read_metadata(written("model_metadata.json", {**DISCRETE, "neural_network": name}))
    assert values["network"]["size"] == size
    config = read_config(values, "test")
    assert to_metadata(config.actions, config.network.size)["neural_network"] == name
    assert to_metadata(config.actions, "small")["neural_network"] == "DEEP_CONVOLUTIONAL_NETWORK_SHALLOW"


def test_e_greedy_exploration_falls_to_its_value(written):
    document = {**HYPERPARAMETERS, "exploration_type": "e-greedy", "e_greedy_value": 0.1, "epsilon_steps": 1000}
    config = read_config(read_hyperparameters(written("hyperparameters.json", document)), "test")
    agent = config.agent
    assert [agent.epsilon_after(steps) for steps in (0, 500, 1000, 10**6)] == pytest.approx([1.0, 0.55, 0.1, 0.1])
    assert to_hyperparameters(to_mapping(config)).items() >= {
        "exploration_type": "e-greedy", "e_greedy_value": 0.1, "epsilon_steps": 1000,
    }.items()  # fmt: skip
    to_none = read_hyperparameters(written("hyperparameters.json", {**document, "e_greedy_value": 0}))
    assert read_config(to_none, "test").agent.epsilon_after(0) == 1.0
    assert read_config({}, "test").agent.epsilon_after(0) == 0.0
    with pytest.raises(InputError, match="epsilon_steps: found 5, which has no effect with epsilon: 0"):
        read_config({"agent": {"epsilon_steps": 5}}, "test")


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ({"lr": 0.1}, "lr: found 0.1, expected a number from 1e-08 to 0.001"),
        ({"num_epochs": 3.5}, "num_epochs: found 3.5, expected a whole number from 3 to 10"),
        ({"batch_size": True}, "batch_size: found true, expected a number from 32 to 512"),
        ({"exploration_type": "greedy"}, 'exploration_type: found "greedy", expected one of categorical, e-greedy'),
        ({"exploration_type": "e-greedy", "e_greedy_value": 2}, "e_greedy_value: found 2, expected a number from 0"),
        ({"stack_size": 0}, "stack_size: found 0, expected a number from 1 to 16"),
        ({"loss_type": "hubert"}, 'loss_type: found "hubert", expected one of huber, mean squared error'),
        ("[]", "found [], expected an object"),
        ("{", "is not JSON"),
        ("[" * 100_000, "is not JSON"),
    ],
)
def test_hyperparameters_that_are_wrong_are_one_line(written, document, message):
    with pytest.raises(InputError) as caught:
        read_hyperparameters(written("hyperparameters.json", document))
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_folder_of_deepracer_for_cloud_is_a_configuration(tmp_path, written):
    (tmp_path / "custom_files").mkdir()
    (tmp_path / "custom_files" / "reward_function.py").write_text("def reward_function(params):\n    return 1.0\n")
    written("custom_files/model_metadata.json", DISCRETE)
    written("hyperparameters.json", HYPERPARAMETERS)
    route = find_track("oval")
    np.save(tmp_path / "my.npy", np.hstack([route.centre, route.left, route.right]))
    config = read_config(read_owner_folder(tmp_path), "test")
    assert config.reward == str(tmp_path / "custom_files" / "reward_function.py")
    assert config.tracks == (str(tmp_path / "my.npy"),)
    assert (config.actions.type, config.learning.epochs) == ("pairs", 5)
    np.save(tmp_path / "other.npy", route.centre)
    with pytest.raises(InputError, match=r"found the routes my.npy, other.npy, expected one"):
        read_owner_folder(tmp_path)


def test_a_folder_without_such_files_is_named(tmp_path):
    with pytest.raises(InputError, match=r"found none of .*reward_function.py, model_metadata.json"):
        read_owner_folder(tmp_path)
