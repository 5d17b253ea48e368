# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""Cloning: a new run that begins with the weights of another run's model."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from deepracer_ros.config import to_mapping
from deepracer_ros.engine.run_models import open_store, version_of
from deepracer_ros.errors import InputError
from deepracer_ros.models.folder import read_model_path
from deepracer_ros.models.policy_file import Model
from deepracer_ros.parameters import read_parameters
from deepracer_ros.run.checkpoint import FileCheckpoints, Progress, State
from deepracer_ros.run.folder import RunFolder
from deepracer_ros.training.config import RunConfig
from deepracer_ros.training.parts import make_run_learner
from deepracer_ros.training.policies import upgrade_tensors

SOURCE = re.compile(r"(?P<path>.+?)(:(?P<which>best|last|[0-9]+))?")
"""A run folder, the name of a run, or a model folder; then, for a run, which model."""


@dataclass(frozen=True)
class CloneSource:
    """Where the weights of a clone come from.

    Attributes:
        path: A run folder or a model folder.
        which: "best", "last" or a version; empty: the model in the folder, which is the best of a finished run.
    """

    path: Path
    which: str = ""

    @property
    def _config(self) -> Path | None:
        """Path of the run's configuration; None for a model folder."""
        path = RunFolder(self.path).config
        return path if path.is_file() else None

    def values(self) -> dict[str, Any]:
        """Return the configuration with which the model was trained, as nested values.

        Raises:
            InputError: if there is no such model, or its configuration cannot be read.
        """
        return read_model_path(self.path).manifest.config if self._config is None else read_parameters(self._config)

    def read(self) -> Model:
        """Return the model.

        Raises:
            InputError: if there is no such model, or it is damaged.
        """
        is_run = self._config is not None
        if self.which and not is_run:
            raise InputError(f"--clone {self.path}:{self.which}: found no run folder, expected one with config.yaml")
        if is_run and (self.which or not RunFolder(self.path).model.is_dir()):
            with open_store(self.path) as store:
                return store.load(version_of(store, self.which or "best"))
        return read_model_path(self.path)


def find_source(text: str, runs: Path) -> CloneSource:
    """Return the source that `--clone RUN[:best|last|N]` names.

    Args:
        text: Path of a run folder or model folder, or name of a run; then, for a run, which model.
        runs: Folder of all runs.

    Raises:
        InputError: if there is no such folder.
    """
    found = SOURCE.fullmatch(text)
    path, which = (Path(found["path"]), found["which"] or "") if found else (Path(text), "")
    for folder in (path, runs / path):
        if folder.exists():
            return CloneSource(folder.resolve(), which)
    raise InputError(f"--clone {text}: found no {path} and no {runs / path}, expected a run or a model folder")


@dataclass(frozen=True, eq=False)
class Clone:
    """The state with which a cloned run begins.

    Attributes:
        state: State of the learner: new but for the weights of the source's model.
        new: Names of the weights that are new.
    """

    state: State
    new: tuple[str, ...]

    def write(self, folder: RunFolder) -> None:
        """Write the first checkpoint of a run.

        Args:
            folder: Folder of the new run.

        Raises:
            InputError: if the run has begun already, or the checkpoint cannot be written.
        """
        if folder.checkpoint.exists():
            raise InputError(f"{folder.path}: has begun already, expected a new run for --clone; give another --name")
        checkpoints = FileCheckpoints(folder.checkpoint, folder.trainer_lock)
        try:
            checkpoints.save(self.state, Progress())
        finally:
            checkpoints.close()


def make_clone(source: CloneSource, config: RunConfig) -> Clone:
    """Return the state of a new run with the weights of another run's model; nothing is written.

    The policy head of another action space is new too.

    Args:
        source: Where the weights come from.
        config: Configuration of the new run.

    Raises:
        InputError: if the model does not exist or has another trunk.
    """
    model = source.read()
    tensors = dict(upgrade_tensors(model))
    if model.manifest.action_space != to_mapping(config.actions):
        tensors = {name: tensor for name, tensor in tensors.items() if not name.startswith("policy.")}
    learner = make_run_learner(config)
    try:
        new = learner.adopt(tensors)
    except ValueError as error:
        raise InputError(f"--clone {source.path}: {error}; expected a model of the same network and sensors") from error
    return Clone(learner.state(), new)
