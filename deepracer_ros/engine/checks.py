"""What can be found out before anything of a run starts."""

from deepracer_ros.errors import InputError
from deepracer_ros.experience.connection import Connection
from deepracer_ros.race.catalogue import find_tracks
from deepracer_ros.rewards.reward import find_reward
from deepracer_ros.run.checkpoint import read_checkpoint
from deepracer_ros.run.folder import RunFolder
from deepracer_ros.run.sinks import check_sinks
from deepracer_ros.simulation.factory import find_simulator
from deepracer_ros.training.config import RunConfig
from deepracer_ros.training.parts import make_run_learner
from deepracer_ros.training.policies import open_store

CHECK_SECONDS = 2.0
"""How long a Redis server that is named may take to answer."""


def check_config(config: RunConfig) -> tuple[str, ...]:
    """Find tracks, reward, sinks, simulator and the servers that are named.

    Returns:
        The names of the tracks, each different.

    Raises:
        InputError: if one does not exist, cannot be read or does not answer.
    """
    names = tuple(track.name for track in find_tracks(config.tracks))
    find_reward(config.reward)
    check_sinks(config.trainer.sinks)
    if config.simulation.simulator == "gazebo":
        from deepracer_ros.simulation.gazebo.installation import find_installation  # its parts may be absent

        find_installation()
    find_simulator(config.simulation.simulator)
    if config.experience.url:
        Connection(config.experience.url, patience=CHECK_SECONDS).close()
    if config.models.endpoint or config.models.aws:
        open_store(config.models, "check")
    return names


def check_checkpoint(config: RunConfig, folder: RunFolder) -> None:
    """Find out whether a run that exists can go on with this configuration.

    Raises:
        InputError: if its checkpoint is damaged, of another release, or of another network or learner.
    """
    checkpoint = read_checkpoint(folder.checkpoint)
    if checkpoint is None:
        return
    try:
        make_run_learner(config).load(dict(checkpoint.state))
    except ValueError as error:
        raise InputError(f"{folder.checkpoint}: {error}; expected that of this configuration") from error
