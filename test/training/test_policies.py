# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""Models of earlier and later releases: what is renamed or added stays readable, another contract is refused."""

import json

import numpy as np
import pytest

from deepracer_ros.errors import InputError
from deepracer_ros.models.folder import read_model_path, write_model_folder
from deepracer_ros.simulation.sensors import CAMERA
from deepracer_ros.training.config import RunConfig, read_config, to_saved, upgrade
from deepracer_ros.training.evaluation import config_of
from deepracer_ros.training.policies import make_manifest, make_policy

FRAMES = {CAMERA: np.random.default_rng(0).integers(0, 256, (3, 60, 80), np.uint8)}
FIRST_RELEASE = {
    "run": "old",
    "folder": "/somewhere/runs/old",
    "tracks": ["oval"],
    "reward": "progress",
    "simulation": {"cars": 64, "window": 40},
    "referee": {"laps": 3, "slowest_speed": 0.25},
    "network": {"size": "small", "width": 80, "height": 60, "colour": "grey"},
}
"""Part of a configuration as the first release saved it with a model."""


@pytest.fixture
def model(tmp_path, random_weights):
    """Write a model of this release, and a function that changes its manifest."""
    config = RunConfig()
    write_model_folder(tmp_path / "model", random_weights(config), make_manifest(config, "new", 5, 640))

    def change(**changes):
        path = tmp_path / "model" / "manifest.json"
        document = json.loads(path.read_text()) | changes
        path.write_text(json.dumps({key: value for key, value in document.items() if value is not None}))
        return read_model_path(tmp_path / "model")

    return change


def test_a_manifest_names_what_the_policy_reads(model):
    manifest = model().manifest
    assert manifest.reads == {CAMERA: {"shape": [60, 80], "dtype": "|u1", "unit": "levels", "numbers": []}}
    assert manifest.critic_reads == {}
    assert manifest.format == 2


def test_a_model_of_the_first_release_still_drives(tmp_path, model, random_weights):
    config = RunConfig()
    tensors = random_weights(config)
    old = {name.removeprefix(f"encoders.{CAMERA}."): array for name, array in tensors.items()}
    write_model_folder(tmp_path / "model", old, make_manifest(config, "old", 5, 640))
    seen = {"width": 80, "height": 60, "colour": "grey"}
    architecture = {"size": "small", **seen}
    found = model(
        format=1, observation=seen, reads=None, critic_reads=None, architecture=architecture, config=FIRST_RELEASE
    )
    write_model_folder(tmp_path / "new", tensors, make_manifest(config, "new", 5, 640))
    expected = make_policy(read_model_path(tmp_path / "new")).act(FRAMES)
    decided = make_policy(found).act(FRAMES)
    np.testing.assert_array_equal(decided.steering, expected.steering)
    np.testing.assert_array_equal(decided.speed, expected.speed)
    assert config_of(found).race.laps == 3
    assert config_of(found).tracks == ("oval",)


def test_keys_of_a_newer_release_are_left_out_and_a_newer_contract_is_refused(model):
    config = to_saved(RunConfig()) | {"telepathy": True}
    found = model(config=config, mood="good")
    assert config_of(found) == RunConfig()
    assert make_policy(found)
    with pytest.raises(InputError, match="format': found 3, expected 1 to 2: a newer release wrote it"):
        model(format=3)


def test_a_manifest_that_does_not_say_what_its_network_reads_is_refused(model):
    with pytest.raises(InputError, match="expected FRONT_FACING_CAMERA, which its network reads"):
        make_policy(model(reads={"LIDAR": {"shape": [64], "dtype": "<f4", "unit": "m"}}))


def test_renamed_keys_are_taken_under_their_old_names():
    assert upgrade({"referee": {"laps": 2}}) == {"referee": {}, "race": {"laps": 2}}
    assert read_config(FIRST_RELEASE, "old").reward == {"progress": 1.0, "failure": -1.0}
    assert read_config({"reward": "my.py"}, "old").reward == "my.py"
    given = {"referee": {"laps": 2}, "race": {"laps": 5}}
    assert read_config(given, "both").race.laps == 5
    assert given == {"referee": {"laps": 2}, "race": {"laps": 5}}


def test_what_is_saved_can_be_read_back_and_holds_no_password():
    config = read_config({"experience": {"url": "redis://:secret@host:1"}, "tracks": ["oval", "fast"]}, "mine")
    saved = to_saved(config)
    assert "secret" not in json.dumps(saved)
    assert read_config(saved, "saved").tracks == ("oval", "fast")


def test_a_model_that_learnt_under_randomisation_and_latency_is_evaluated_in_gazebo(model):
    trained = read_config(
        {"randomisation": {"friction": 0.2}, "dynamics": {"latency": 0.05}, "simulation": {"threads": 2}}, "test"
    )
    found = model(config=to_saved(trained))
    config = config_of(found, {"simulation": {"simulator": "gazebo"}})
    assert (config.simulation.simulator, config.randomisation.friction, config.dynamics.latency) == ("gazebo", 0.0, 0.0)
    assert config_of(found, {"tracks": ["oval"]}).dynamics.latency == 0.05
