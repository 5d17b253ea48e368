# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""Cloning: a new run that begins with the weights of another run's model."""

from dataclasses import dataclass

from deepracer_ros.config import to_mapping
from deepracer_ros.engine.sources import ModelSource
from deepracer_ros.errors import InputError
from deepracer_ros.run.checkpoint import FileCheckpoints, Progress, State
from deepracer_ros.run.folder import RunFolder
from deepracer_ros.training.config import RunConfig
from deepracer_ros.training.parts import make_run_learner
from deepracer_ros.training.policies import upgrade_tensors


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


def make_clone(source: ModelSource, config: RunConfig) -> Clone:
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
