"""The folder of one run: `runs/<name>/`, with `runs/latest` pointing at the newest."""

import os
import re
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from deepracer_ros.config import to_mapping, write_parameters
from deepracer_ros.errors import InputError
from deepracer_ros.files import write_atomically, write_error, write_json
from deepracer_ros.run.progress import ProgressLog
from deepracer_ros.run.summary import Summary

LATEST = "latest"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+-]{0,127}")


class RunFolder:
    """Where a run keeps what a person looks at afterwards.

    Attributes:
        name: The run's name, unique below its root.
        path: The folder.
    """

    def __init__(self, root: Path = Path("runs"), name: str | None = None, track: str = "") -> None:
        """Create the folder, or go on in the one that a run of this name left.

        Args:
            root: The folder of all runs.
            name: Name of the run; by default the time and `track`, made unique.
            track: Track names, for the default name.

        Raises:
            InputError: if the name is no plain file name or the folder cannot be made.
        """
        if name is not None and (not _NAME.fullmatch(name) or name == LATEST):
            raise InputError(f"run name: found {name!r}, expected letters, digits and . _ + -, other than {LATEST!r}")
        root = Path(root)
        try:
            root.mkdir(parents=True, exist_ok=True)
            self.path = _new_folder(root, track) if name is None else root / name
            self.path.mkdir(exist_ok=True)
        except OSError as error:
            raise write_error(root / (name or ""), error) from error
        self.name = self.path.name
        self._point_latest()

    def _point_latest(self) -> None:
        """Move `latest` in one step: nobody ever finds it missing."""
        link = self.path.with_name(LATEST)
        temporary = link.with_name(f".{LATEST}.{os.getpid()}.tmp")
        try:
            temporary.unlink(missing_ok=True)
            temporary.symlink_to(self.name)
            os.replace(temporary, link)
        except OSError as error:
            temporary.unlink(missing_ok=True)
            raise write_error(link, error) from error

    @property
    def progress_path(self) -> Path:
        """`progress.jsonl`: one line per trainer update."""
        return self.path / "progress.jsonl"

    @property
    def tensorboard_path(self) -> Path:
        """The folder of the TensorBoard event files."""
        return self.path / "tensorboard"

    def write_config(self, values: Mapping[str, Any]) -> None:
        """Write the effective configuration as `config.yaml`, a ROS 2 parameter file.

        Args:
            values: The configuration as `training.config.to_saved` returns it, without secrets.

        Raises:
            InputError: if the folder cannot be written or the disk is full.
        """
        write_atomically(self.path / "config.yaml", write_parameters(values))

    def write_summary(self, summary: Summary) -> None:
        """Write `summary.json`.

        Raises:
            InputError: if the folder cannot be written or the disk is full.
        """
        write_json(self.path / "summary.json", to_mapping(summary))

    def open_progress(self, resumed_at: int) -> ProgressLog:
        """Open `progress.jsonl` for appending; see `ProgressLog`."""
        return ProgressLog(self.progress_path, resumed_at)


def _new_folder(root: Path, track: str) -> Path:
    """Make a folder named after the time and the track that no other run has."""
    label = re.sub(r"[^A-Za-z0-9._+-]+", "-", Path(track).stem or track).strip("-.")
    stem = "-".join(part for part in (datetime.now().strftime("%Y%m%d-%H%M%S"), label) if part)
    for attempt in range(1000):
        path = root / (f"{stem}-{attempt + 1}" if attempt else stem)
        try:
            path.mkdir()
        except FileExistsError:
            continue
        return path
    raise InputError(f"{root / stem}: 1000 runs of this second exist, expected a free name")
