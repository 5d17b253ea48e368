# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""Checks of a configuration and a checkpoint before any process of a run starts."""

from pathlib import Path

from deepracer_ros.errors import InputError
from deepracer_ros.experience.config import complete_url
from deepracer_ros.race.catalogue import find_tracks
from deepracer_ros.rewards.reward import find_reward
from deepracer_ros.rewards.sandbox.confinement import check_confinement
from deepracer_ros.rewards.trial import try_file
from deepracer_ros.run.checkpoint import read_checkpoint
from deepracer_ros.run.folder import RunFolder
from deepracer_ros.run.sinks import check_sinks
from deepracer_ros.simulation.factory import find_simulator
from deepracer_ros.training.config import RunConfig

CHECK_SECONDS = 2.0
"""Longest time until a configured Redis server answers, s."""


def check_config(config: RunConfig) -> tuple[str, ...]:
    """Check that the configured tracks, reward, sinks, simulator and servers exist; try a user's reward function.

    Args:
        config: Configuration of the run.

    Returns:
        The unique names of the tracks.

    Raises:
        InputError: if one of them does not exist or cannot be read, the reward function fails, or a configured server
            does not answer.
    """
    tracks = find_tracks(config.tracks)
    if isinstance(config.reward, str) and config.reward.endswith(".py"):
        if config.require_sandbox:
            check_confinement()
        try_file(Path(config.reward), tracks, config.referee, config.race)
    else:
        find_reward(config.reward)
    check_sinks(config.trainer.sinks)
    if config.simulation.simulator == "gazebo":
        from deepracer_ros.simulation.gazebo.installation import find_installation  # Gazebo is optional

        find_installation()
    find_simulator(config.simulation.simulator)
    # These imports take time that most commands, and those that end above, do not have to spend.
    from deepracer_ros.raceline.reference import check_optimal_laps

    check_optimal_laps()  # the end of the training reads them
    if config.experience.url:
        from deepracer_ros.experience.connection import Connection

        Connection(complete_url(config.experience.url), patience=CHECK_SECONDS).close()
    if config.models.endpoint or config.models.aws:
        from deepracer_ros.models.store import ModelStore

        ModelStore(config.models, "check")
    return tuple(track.name for track in tracks)


def check_checkpoint(config: RunConfig, folder: RunFolder) -> None:
    """Check that the checkpoint of a run, if there is one, fits the configuration.

    Args:
        config: Configuration of the run.
        folder: Folder of the run.

    Raises:
        InputError: if the checkpoint is damaged or has the format of another release, another network or learner.
    """
    checkpoint = read_checkpoint(folder.checkpoint)
    if checkpoint is None:
        return
    from deepracer_ros.training.parts import make_run_learner  # for the next line imports torch

    try:
        make_run_learner(config).load(dict(checkpoint.state))
    except ValueError as error:
        raise InputError(f"{folder.checkpoint}: {error}; expected a checkpoint of this configuration") from error
