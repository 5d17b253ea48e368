# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""The run folder: names, the latest link, files that are whole or absent."""

import json
import os
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from deepracer_ros.config import to_mapping
from deepracer_ros.errors import InputError
from deepracer_ros.parameters import read_parameters
from deepracer_ros.run.folder import RunFolder, open_run_folder
from deepracer_ros.run.summary import (
    EvaluationSummary,
    ModelSummary,
    Summary,
    library_versions,
    read_summary,
    this_machine,
)


@dataclass(frozen=True)
class Inner:
    """A nested configuration."""

    sizes: tuple[int, ...] = (1, 2)
    file: Path = Path("a/b")


@dataclass(frozen=True)
class Outer:
    """A configuration."""

    seed: int = 3
    inner: Inner = field(default_factory=Inner)


def summary() -> Summary:
    """A summary of a run that never completed a lap."""
    return Summary(
        track="reinvent_base",
        simulator="embedded",
        seed=3,
        env_steps=41_000,
        training_seconds=10.5,
        seconds_to_all_laps=None,
        env_steps_per_second=3904.8,
        evaluation=EvaluationSummary(laps_attempted=10, laps_completed=0, mean_lap_seconds=None),
        model=ModelSummary(version=12, sha256="ab" * 32),
        machine=this_machine(),
        versions=library_versions(),
    )


def test_default_names_tell_time_and_track_and_are_unique(tmp_path: Path) -> None:
    folders = [open_run_folder(tmp_path / "runs", label="my track") for _ in range(3)]
    assert len({folder.name for folder in folders}) == 3
    assert all("-my-track" in folder.name and folder.path.is_dir() for folder in folders)
    assert os.readlink(tmp_path / "runs" / "latest") == folders[-1].name


def test_latest_moves_and_a_name_is_gone_on_with(tmp_path: Path) -> None:
    first = open_run_folder(tmp_path, "first")
    (first.path / "checkpoint").write_text("kept")
    open_run_folder(tmp_path, "second")
    assert (tmp_path / "latest").resolve() == tmp_path / "second"
    assert (open_run_folder(tmp_path, "first").path / "checkpoint").read_text() == "kept"
    assert sorted(os.listdir(tmp_path)) == ["first", "latest", "second"]


@pytest.mark.parametrize("name", ["../up", "a/b", "", ".hidden", "latest", "two words"])
def test_names_that_are_no_plain_file_names_are_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(InputError, match="run name: found"):
        open_run_folder(tmp_path, name)
    assert os.listdir(tmp_path) == []


def test_config_is_a_ros_parameter_file(tmp_path: Path) -> None:
    folder = open_run_folder(tmp_path, "run")
    folder.write_config(to_mapping(Outer()))
    assert read_parameters(folder.path / "config.yaml") == {"seed": 3, "inner": {"sizes": [1, 2], "file": "a/b"}}


def test_parameters_may_hold_a_password_and_are_for_the_owner_only(tmp_path: Path) -> None:
    folder = open_run_folder(tmp_path, "run")
    folder.parameters.touch(mode=0o644)
    folder.write_parameters({"experience": {"url": "redis://:secret@host:1"}})
    assert folder.parameters.stat().st_mode & 0o777 == 0o600
    assert read_parameters(folder.parameters)["experience"]["url"] == "redis://:secret@host:1"


def test_summary_has_the_promised_keys(tmp_path: Path) -> None:
    folder = open_run_folder(tmp_path, "run")
    folder.write_summary(summary())
    document = json.loads((folder.path / "summary.json").read_text())
    assert document["seconds_to_all_laps"] is None
    assert document["evaluation"]["laps_attempted"] == 10
    assert document["evaluation"]["mean_lap_seconds"] is None
    assert document["model"] == {"version": 12, "sha256": "ab" * 32}
    assert {"track", "simulator", "seed", "env_steps", "training_seconds", "env_steps_per_second"} <= set(document)
    assert document["machine"]["cores"] >= 1
    assert "numpy" in document["versions"]
    assert read_summary(folder.path / "summary.json") == summary()


def test_a_folder_that_cannot_be_made_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="cannot be written") as caught:
        open_run_folder(tmp_path / "file", "run")
    assert "\n" not in str(caught.value)
    (tmp_path / "latest").mkdir()
    with pytest.raises(InputError, match="latest: cannot be written"):
        open_run_folder(tmp_path, "run")


def test_full_disk_leaves_the_old_file_and_no_other(
    tmp_path: Path, full_at: Callable[[int], AbstractContextManager[None]]
) -> None:
    folder = open_run_folder(tmp_path, "run")
    folder.write_summary(summary())
    before = (folder.path / "summary.json").read_bytes()
    with full_at(100), pytest.raises(InputError, match=r"summary\.json: cannot be written"):
        folder.write_summary(summary())
    assert (folder.path / "summary.json").read_bytes() == before
    assert os.listdir(folder.path) == ["summary.json"]


def test_sources_are_kept_and_replaced(tmp_path):
    folder, file = RunFolder(tmp_path / "run"), tmp_path / "reward.py"
    folder.path.mkdir()
    folder.keep_sources([])
    assert not folder.sources.exists()
    for text in ("one", "two"):
        file.write_text(text)
        folder.keep_sources([file])
        assert [(path.name, path.read_text()) for path in folder.sources.iterdir()] == [("reward.py", text)]
    with pytest.raises(InputError, match="none.npy: cannot be read"):
        folder.keep_sources([tmp_path / "none.npy"])
