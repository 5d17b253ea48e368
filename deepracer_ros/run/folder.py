"""The folder of one run, `runs/<name>/`, with `runs/latest` pointing at the newest: where everything in it lies."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from deepracer_ros.config import to_mapping, write_parameters
from deepracer_ros.errors import InputError
from deepracer_ros.files import OWNER_ONLY, write_atomically, write_error, write_json
from deepracer_ros.names import LATEST, MODEL_FOLDER, check_run_name, to_file_name
from deepracer_ros.run.summary import Summary

_MOST_OF_A_SECOND = 1000


@dataclass(frozen=True)
class RunFolder:
    """Where a run keeps what a person looks at afterwards, and what it goes on from. Every name in it is told here.

    Attributes:
        path: The folder.
    """

    path: Path

    @property
    def name(self) -> str:
        """The run's name, unique below its root."""
        return self.path.name

    @property
    def config(self) -> Path:
        """`config.yaml`: the configuration as it was given, without secrets, to repeat the run with."""
        return self.path / "config.yaml"

    @property
    def parameters(self) -> Path:
        """`parameters.yaml`: the nodes' parameter file, with the addresses of the servers; for the owner only."""
        return self.path / "parameters.yaml"

    @property
    def services(self) -> Path:
        """`services.json`: where the run's Redis and S3 servers are; for the owner only."""
        return self.path / "services.json"

    @property
    def state(self) -> Path:
        """`state.json`: what the run is doing."""
        return self.path / "state.json"

    @property
    def progress(self) -> Path:
        """`progress.jsonl`: one line per trainer update."""
        return self.path / "progress.jsonl"

    @property
    def summary(self) -> Path:
        """`summary.json`: what the run came to."""
        return self.path / "summary.json"

    @property
    def checkpoint(self) -> Path:
        """`checkpoint.safetensors`: what the trainer goes on from."""
        return self.path / "checkpoint.safetensors"

    @property
    def trainer_lock(self) -> Path:
        """Held by the trainer."""
        return self.path / ".trainer.lock"

    @property
    def session_lock(self) -> Path:
        """Held by `deepracer train`."""
        return self.path / ".session.lock"

    @property
    def tensorboard(self) -> Path:
        """Folder of the TensorBoard event files."""
        return self.path / "tensorboard"

    @property
    def logs(self) -> Path:
        """Folder of the logs of the run's processes."""
        return self.path / "logs"

    @property
    def redis(self) -> Path:
        """Folder of the local Redis server."""
        return self.path / "redis"

    @property
    def s3(self) -> Path:
        """Folder of the local S3 server."""
        return self.path / "s3"

    @property
    def model(self) -> Path:
        """Folder of the final policy."""
        return self.path / MODEL_FOLDER

    @property
    def curves(self) -> Path:
        """`curves.png`: how the training went."""
        return self.path / "curves.png"

    def log(self, process: str) -> Path:
        """Return the log file of one process of the run."""
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
        """Write `parameters.yaml`, a ROS 2 parameter file that may hold a password, for the owner only.

        Raises:
            InputError: if the folder cannot be written or the disk is full.
        """
        write_atomically(self.parameters, write_parameters(values), OWNER_ONLY)

    def write_summary(self, summary: Summary) -> None:
        """Write `summary.json`.

        Raises:
            InputError: if the folder cannot be written or the disk is full.
        """
        write_json(self.summary, to_mapping(summary))


def open_run_folder(root: Path = Path("runs"), name: str | None = None, label: str = "") -> RunFolder:
    """Make the folder of a run, or go on in the one that a run of this name left; `latest` then points at it.

    Args:
        root: The folder of all runs.
        name: Name of the run; by default the time and `label`, made unique.
        label: For the default name, as the names of its tracks.

    Raises:
        InputError: if the name is no run name or the folder cannot be made.
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
    """Move `latest` in one step: nobody ever finds it missing."""
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
    """Make a folder named after the time and the label that no other run has."""
    stem = "-".join(part for part in (datetime.now().strftime("%Y%m%d-%H%M%S"), to_file_name(label)[:60]) if part)
    for attempt in range(_MOST_OF_A_SECOND):
        path = root / (f"{stem}-{attempt + 1}" if attempt else stem)
        try:
            path.mkdir()
        except FileExistsError:
            continue
        return path
    raise InputError(f"{root / stem}: {_MOST_OF_A_SECOND} runs of this second exist, expected a free name")
