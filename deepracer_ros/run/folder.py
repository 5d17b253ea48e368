# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""The folder of one run, `runs/<name>/`, the paths in it, and the link `runs/latest` to the newest run."""

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from deepracer_ros.config import to_mapping
from deepracer_ros.errors import InputError
from deepracer_ros.files import OWNER_ONLY, read_file, replace_folder, write_atomically, write_error, write_json
from deepracer_ros.names import LATEST, MODEL_FOLDER, check_run_name, to_file_name
from deepracer_ros.parameters import write_parameters
from deepracer_ros.run.summary import Summary

_MOST_OF_A_SECOND = 1000


@dataclass(frozen=True)
class RunFolder:
    """The folder of one run, with its results and the files from which it resumes; all file names are defined here.

    Attributes:
        path: Path of the folder.
    """

    path: Path

    @property
    def name(self) -> str:
        """Name of the run, which is the name of the folder."""
        return self.path.name

    @property
    def config(self) -> Path:
        """Path of `config.yaml`: the configuration as given, without secrets, with which the run can be repeated."""
        return self.path / "config.yaml"

    @property
    def parameters(self) -> Path:
        """Path of `parameters.yaml`: the parameter file of the nodes, with the server addresses; for the owner only."""
        return self.path / "parameters.yaml"

    @property
    def services(self) -> Path:
        """Path of `services.json`: the addresses of the run's Redis and S3 servers; for the owner only."""
        return self.path / "services.json"

    @property
    def state(self) -> Path:
        """Path of `state.json`: the phase of the run and its last warning."""
        return self.path / "state.json"

    @property
    def progress(self) -> Path:
        """Path of `progress.jsonl`: one line per trainer update."""
        return self.path / "progress.jsonl"

    @property
    def summary(self) -> Path:
        """Path of `summary.json`: the results of the run."""
        return self.path / "summary.json"

    @property
    def checkpoint(self) -> Path:
        """Path of `checkpoint.safetensors`: the state from which the trainer resumes."""
        return self.path / "checkpoint.safetensors"

    @property
    def trainer_lock(self) -> Path:
        """Path of the lock file that the trainer of the run holds."""
        return self.path / ".trainer.lock"

    @property
    def session_lock(self) -> Path:
        """Path of the lock file that `deepracer train` holds while the run is active."""
        return self.path / ".session.lock"

    @property
    def tensorboard(self) -> Path:
        """Path of the folder of the TensorBoard event files."""
        return self.path / "tensorboard"

    @property
    def logs(self) -> Path:
        """Path of the folder of the log files of the run's processes."""
        return self.path / "logs"

    @property
    def reward_error(self) -> Path:
        """Path of `reward_error.json`: the params of the last call of the reward function that failed."""
        return self.path / "reward_error.json"

    @property
    def sources(self) -> Path:
        """Path of the folder `sources`: copies of the reward file and the tracks, as they were at the last start."""
        return self.path / "sources"

    @property
    def deepracer(self) -> Path:
        """Path of the folder `deepracer`: traces and metrics in the files and the layout of DeepRacer."""
        return self.path / "deepracer"

    @property
    def redis(self) -> Path:
        """Path of the folder of the local Redis server."""
        return self.path / "redis"

    @property
    def s3(self) -> Path:
        """Path of the folder of the local S3 server."""
        return self.path / "s3"

    @property
    def model(self) -> Path:
        """Path of the folder of the final policy."""
        return self.path / MODEL_FOLDER

    @property
    def curves(self) -> Path:
        """Path of `curves.png`: reward, progress and laps during the training."""
        return self.path / "curves.png"

    def log(self, process: str) -> Path:
        """Return the path of the log file of one process of the run.

        Args:
            process: Name of the process, for example "trainer" or "job_0".
        """
        return self.logs / f"{process}.log"

    def write_config(self, values: Mapping[str, Any]) -> None:
        """Write `config.yaml`, a ROS 2 parameter file.

        Args:
            values: The configuration as `training.config.to_saved` returns it, without secrets.

        Raises:
            InputError: if the folder cannot be written or the disk is full.
        """
        write_atomically(self.config, write_parameters(values))

    def write_parameters(self, values: Mapping[str, Any]) -> None:
        """Write `parameters.yaml`, a ROS 2 parameter file that may hold a password, readable by its owner only.

        Args:
            values: Nested parameters of the nodes.

        Raises:
            InputError: if the folder cannot be written or the disk is full.
        """
        write_atomically(self.parameters, write_parameters(values), OWNER_ONLY)

    def keep_sources(self, files: Iterable[Path]) -> None:
        """Replace the copies in `sources`.

        Args:
            files: The files; of several with the same name the last one is kept.

        Raises:
            InputError: if a file cannot be read, the folder cannot be written or the disk is full.
        """
        contents = {file.name: read_file(file) for file in files}
        if contents:
            replace_folder(self.sources, contents)

    def write_summary(self, summary: Summary) -> None:
        """Write `summary.json`.

        Args:
            summary: The results of the run.

        Raises:
            InputError: if the folder cannot be written or the disk is full.
        """
        write_json(self.summary, to_mapping(summary))


def open_run_folder(root: Path = Path("runs"), name: str | None = None, label: str = "") -> RunFolder:
    """Create the folder of a run, or return the existing one of that name; the link `latest` then points to it.

    Args:
        root: The folder of all runs; created if absent.
        name: Name of the run; by default a unique name from the time and `label`.
        label: Part of the default name, for example the names of the tracks.

    Raises:
        InputError: if the name is not a valid run name or the folder cannot be created.
    """
    if name is not None:
        check_run_name(name)
    root = Path(root)
    try:
        root.mkdir(parents=True, exist_ok=True)
        path = _new_folder(root, label) if name is None else root / name
        path.mkdir(exist_ok=True)
    except OSError as error:
        raise write_error(root / (name or ""), error) from error
    _point_latest(path)
    return RunFolder(path)


def _point_latest(path: Path) -> None:
    """Point the link `latest` to a run folder atomically, so that it is never missing."""
    link = path.with_name(LATEST)
    temporary = link.with_name(f".{LATEST}.{os.getpid()}.tmp")
    try:
        temporary.unlink(missing_ok=True)
        temporary.symlink_to(path.name)
        os.replace(temporary, link)
    except OSError as error:
        temporary.unlink(missing_ok=True)
        raise write_error(link, error) from error


def _new_folder(root: Path, label: str) -> Path:
    """Create a new folder that is named after the time and the label."""
    stem = "-".join(part for part in (datetime.now().strftime("%Y%m%d-%H%M%S"), to_file_name(label)[:60]) if part)
    for attempt in range(_MOST_OF_A_SECOND):
        path = root / (f"{stem}-{attempt + 1}" if attempt else stem)
        try:
            path.mkdir()
        except FileExistsError:
            continue
        return path
    raise InputError(f"{root / stem}: found {_MOST_OF_A_SECOND} runs of this second, expected a free name")
