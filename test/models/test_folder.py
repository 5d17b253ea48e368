# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

import dataclasses
import os
import re
import signal
from pathlib import Path

import numpy as np
import pytest

from deepracer_ros import moments
from deepracer_ros.errors import InputError
from deepracer_ros.files import remove_remains
from deepracer_ros.models.folder import model_home, read_model_path, shipped_models, write_model_folder
from deepracer_ros.models.policy_file import ModelError


def test_a_model_is_read_by_its_folder_its_run_and_its_files(tmp_path, tensors, manifest):
    run = tmp_path / "run"
    run.mkdir()
    (tmp_path / "latest").symlink_to("run")
    written = write_model_folder(run / "model", tensors, dataclasses.replace(manifest, version=4))
    for path in (run / "model", run, tmp_path / "latest", run / "model" / "policy.safetensors"):
        model = read_model_path(path)
        assert model.manifest == written
        np.testing.assert_array_equal(model.tensors["head.bias"], tensors["head.bias"])
    assert written.version == 4


def test_the_home_of_a_model_is_a_folder(tmp_path):
    assert model_home(tmp_path / "model" / "manifest.json") == tmp_path / "model"
    assert model_home(tmp_path / "model" / "policy.safetensors") == tmp_path / "model"
    assert model_home(tmp_path / "model") == tmp_path / "model"
    (tmp_path / "manifest.json").mkdir()
    assert model_home(tmp_path / "manifest.json") == tmp_path / "manifest.json"


def test_a_model_is_replaced_as_a_whole(tmp_path, tensors, manifest):
    write_model_folder(tmp_path / "model", tensors, manifest)
    tensors["head.bias"] += 1
    written = write_model_folder(tmp_path / "model", tensors, manifest)
    assert read_model_path(tmp_path).manifest == written
    assert sorted(os.listdir(tmp_path)) == ["model"]


def test_a_writer_killed_between_its_renames_leaves_the_old_one(tmp_path, tensors, manifest):
    written = write_model_folder(tmp_path / "model", tensors, manifest)
    if (child := os.fork()) == 0:
        os.environ[moments.VARIABLE] = "folder.aside"
        write_model_folder(tmp_path / "model", {"head.bias": np.ones(5, np.float32)}, manifest)
        os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGKILL
    assert not (tmp_path / "model").exists()
    remove_remains(tmp_path)
    assert read_model_path(tmp_path).manifest == written
    assert os.listdir(tmp_path) == ["model"]


def test_a_bad_model_leaves_the_old_one(tmp_path, tensors, manifest):
    written = write_model_folder(tmp_path / "model", tensors, manifest)
    with pytest.raises(ModelError):
        write_model_folder(tmp_path / "model", {"head.bias": np.full(5, np.nan, np.float32)}, manifest)
    assert read_model_path(tmp_path).manifest == written


def test_a_folder_that_cannot_be_written_is_named(tmp_path, tensors, manifest):
    (tmp_path / "file").touch()
    with pytest.raises(InputError, match="file.*cannot be written"):
        write_model_folder(tmp_path / "file" / "model", tensors, manifest)


def test_absent_models_are_named(tmp_path):
    with pytest.raises(ModelError, match="No such file.*expected a model folder"):
        read_model_path(tmp_path)
    with pytest.raises(ModelError, match="absent"):
        read_model_path(tmp_path / "absent")


def test_damaged_models_are_refused(tmp_path, tensors, manifest):
    write_model_folder(tmp_path / "model", tensors, manifest)
    path = tmp_path / "model" / "policy.safetensors"
    path.write_bytes(path.read_bytes()[:-4])
    with pytest.raises(ModelError, match="policy.safetensors: found"):
        read_model_path(tmp_path)


def test_a_model_that_comes_with_the_package_is_found_by_its_name_and_is_small():
    folder = shipped_models()["generalist"]
    assert read_model_path(Path("generalist")).manifest.run == "generalist"
    assert sum(path.stat().st_size for path in folder.iterdir()) < 2_000_000
    assert {path.name for path in folder.iterdir()} == {
        "policy.safetensors", "manifest.json", "model_metadata.json", "hyperparameters.json",
    }  # fmt: skip


def test_it_has_learnt_on_generated_tracks_alone():
    config = read_model_path(Path("generalist")).manifest.config
    assert all(re.fullmatch(r"random:[0-9]+", track) for track in config["tracks"])


def test_a_folder_of_that_name_goes_before_it(tmp_path, monkeypatch, tensors, manifest):
    monkeypatch.chdir(tmp_path)
    write_model_folder(Path("generalist"), tensors, manifest)
    assert read_model_path(Path("generalist")).manifest.run == manifest.run
