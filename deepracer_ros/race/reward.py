"""Rewards: small pure functions over all cars at once, chosen by name or taken from a user's file."""

import difflib
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from deepracer_ros.errors import InputError
from deepracer_ros.race.episode import EpisodeTable
from deepracer_ros.race.reward_function import RewardFunction
from deepracer_ros.race.status import FAILURES
from deepracer_ros.race.track import Track

Floats = NDArray[np.float64]

Reward = Callable[[EpisodeTable, Sequence[Track]], Floats]
"""(N,) rewards of a step, from the referee's table and the tracks that its `track` points into."""

FULL_STEP = 0.2
"""Distance driven in one step that is worth a reward of 1, m: 3 m/s at 15 steps/s."""
FULL_SPEED = 4.0
"""Speed along the track that is worth a reward of 1, m/s: the car's top speed."""
FAILURE = -1.0
"""Reward of a failure, beside the loss of all that the episode would still have brought."""


def progress(episodes: EpisodeTable, tracks: Sequence[Track]) -> Floats:
    """Distance driven along the centre line: the faster round the track, the more per step."""
    return episodes.distance / FULL_STEP + failure(episodes)


def centre_line(episodes: EpisodeTable, tracks: Sequence[Track]) -> Floats:
    """Distance driven along the centre line, in full on it and falling to nothing at the border."""
    half_width = 0.5 * (episodes.left + episodes.right)
    closeness = np.maximum(0.0, 1.0 - np.abs(episodes.offset) / half_width)
    return closeness * episodes.distance / FULL_STEP + failure(episodes)


def speed_along_track(episodes: EpisodeTable, tracks: Sequence[Track]) -> Floats:
    """The part of the speed that points along the track, while all wheels are on it."""
    along = episodes.speed * np.cos(episodes.heading_error) / FULL_SPEED
    return np.where(episodes.wheels_on_track == 4, along, 0.0) + failure(episodes)


def failure(episodes: EpisodeTable) -> Floats:
    """What a failure costs, in the step where the episode ends by it."""
    return np.where(np.isin(episodes.status, FAILURES), FAILURE, 0.0)


REWARDS: dict[str, Reward] = {function.__name__: function for function in (progress, centre_line, speed_along_track)}


def find_reward(name_or_path: str | Path) -> Reward:
    """Return one of `REWARDS` by its name, or the `reward_function(params)` of a user's Python file.

    Raises:
        InputError: if there is no such reward, or the file does not hold a reward function.
    """
    name = str(name_or_path)
    if name in REWARDS:
        return REWARDS[name]
    if name.endswith(".py"):
        return RewardFunction(Path(name))
    near = difflib.get_close_matches(name, REWARDS, n=1)
    hint = f", perhaps {near[0]!r}" if near else ""
    raise InputError(f"reward: found {name!r}{hint}, expected one of {', '.join(REWARDS)} or a path that ends in .py")
