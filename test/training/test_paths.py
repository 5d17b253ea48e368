# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""Files of a configuration are named by absolute paths, so that a run goes on from everywhere."""

from deepracer_ros.training.config import with_absolute_paths


def test_files_of_the_folder_are_absolute_and_names_stay(tmp_path):
    for name in ("reward.py", "a.npy", "b.yaml"):
        (tmp_path / name).write_text("")
    values = {"reward": "reward.py", "tracks": ["oval", "a.npy", "a.npy-reversed", "b.yaml", "none.npy"], "seed": 1}
    assert with_absolute_paths(values, tmp_path) == {
        "reward": f"{tmp_path}/reward.py",
        "tracks": ["oval", f"{tmp_path}/a.npy", f"{tmp_path}/a.npy-reversed", f"{tmp_path}/b.yaml", "none.npy"],
        "seed": 1,
    }
    assert with_absolute_paths({"reward": {"progress": 1.0}}, tmp_path) == {"reward": {"progress": 1.0}}
    assert with_absolute_paths({"reward": f"{tmp_path}/reward.py"}, tmp_path / "x")["reward"] == f"{tmp_path}/reward.py"
