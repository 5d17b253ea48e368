# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""Models as a command line names them: RUN[:best|last|N], or a model folder."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from deepracer_ros.engine.run_models import open_store, version_of
from deepracer_ros.errors import InputError
from deepracer_ros.models.folder import read_model_path, shipped_models
from deepracer_ros.models.policy_file import Model
from deepracer_ros.parameters import read_parameters
from deepracer_ros.run.folder import RunFolder

SOURCE = re.compile(r"(?P<path>.+?)(:(?P<which>best|last|[0-9]+))?")
"""A run folder, the name of a run, or a model folder; then, for a run, which model."""

POLICY_KEYS = ("sensors", "camera", "actions", "network")
"""Keys of a configuration that belong to a policy."""


@dataclass(frozen=True)
class ModelSource:
    """Where a model is.

    Attributes:
        path: A run folder or a model folder.
        which: "best", "last" or a version; empty: the model in the folder, which is the best of a finished run.
    """

    path: Path
    which: str = ""

    @property
    def config(self) -> Path | None:
        """Path of the run's configuration; None for a model folder."""
        path = RunFolder(self.path).config
        return path if path.is_file() else None

    @property
    def is_shipped(self) -> bool:
        """Whether it is a model that comes with the package."""
        return self.path in shipped_models().values()

    def values(self) -> dict[str, Any]:
        """Return the configuration with which the model was trained, as nested values.

        Of a model that comes with the package they are those that belong to the policy: what it sees and does.

        Raises:
            InputError: if there is no such model, or its configuration cannot be read.
        """
        if self.is_shipped:
            config = read_model_path(self.path).manifest.config
            return {name: config[name] for name in POLICY_KEYS if name in config}
        return read_model_path(self.path).manifest.config if self.config is None else read_parameters(self.config)

    def read(self) -> Model:
        """Return the model.

        Raises:
            InputError: if there is no such model, or it is damaged.
        """
        is_run = self.config is not None
        if self.which and not is_run:
            raise InputError(f"{self.path}:{self.which}: found no run folder, expected one with config.yaml")
        if is_run and (self.which or not RunFolder(self.path).model.is_dir()):
            with open_store(self.path) as store:
                return store.load(version_of(store, self.which or "best"))
        return read_model_path(self.path)


def find_source(text: str, runs: Path = Path("runs")) -> ModelSource:
    """Return the model that RUN[:best|last|N] names.

    Args:
        text: Path of a run folder or model folder, name of a run, or of a model that comes with the package; then, for
            a run, which model.
        runs: Folder of all runs.

    Raises:
        InputError: if there is no such folder.
    """
    for path, which in _readings(text):
        for folder in (path, runs / path):
            if folder.exists():
                return ModelSource(folder, which)
    if shipped := shipped_models().get(text):
        return ModelSource(shipped)
    raise InputError(f"{text}: found no {path} and no {runs / path}, expected a run or a model folder")


def _readings(text: str) -> list[tuple[Path, str]]:
    """Return the path and the model that a text may mean; a folder may itself end like `:best`."""
    found = SOURCE.fullmatch(text)
    return [(Path(text), ""), *([(Path(found["path"]), found["which"])] if found and found["which"] else [])]
