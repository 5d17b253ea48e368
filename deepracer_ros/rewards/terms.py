"""Reward terms: small pure functions over all cars at once, which a reward weighs and adds up."""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from deepracer_ros.race.episode import EpisodeTable
from deepracer_ros.race.status import FAILURES
from deepracer_ros.race.track import Track

Floats = NDArray[np.float64]

Term = Callable[[EpisodeTable, Sequence[Track]], Floats]
"""(N,) values of a step, from the referee's table and the tracks that its `track` points into."""

FULL_STEP = 0.2
"""Distance driven in one step that is worth 1, m: 3 m/s at 15 steps/s."""
FULL_SPEED = 4.0
"""Speed along the track that is worth 1, m/s: the car's top speed."""


def progress(episodes: EpisodeTable, tracks: Sequence[Track]) -> Floats:
    """Distance driven along the centre line: the faster round the track, the more per step."""
    return episodes.distance / FULL_STEP


def centre_line(episodes: EpisodeTable, tracks: Sequence[Track]) -> Floats:
    """Distance driven along the centre line, in full on it and falling to nothing at the border."""
    half_width = 0.5 * (episodes.left + episodes.right)
    closeness = np.maximum(0.0, 1.0 - np.abs(episodes.offset) / half_width)
    return closeness * episodes.distance / FULL_STEP


def speed_along_track(episodes: EpisodeTable, tracks: Sequence[Track]) -> Floats:
    """The part of the speed that points along the track, while all wheels are on it."""
    along = episodes.speed * np.cos(episodes.heading_error) / FULL_SPEED
    return np.where(episodes.wheels_on_track == 4, along, 0.0)


def failure(episodes: EpisodeTable, tracks: Sequence[Track]) -> Floats:
    """1 in the step in which the episode ends by a failure, else 0: give it a negative weight."""
    return np.where(np.isin(episodes.status, FAILURES), 1.0, 0.0)


TERMS: dict[str, Term] = {term.__name__: term for term in (progress, centre_line, speed_along_track, failure)}
"""Reward terms by name: the line to add for another one."""
