# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""Reward terms: pure functions over all cars at once; a reward is their weighted sum."""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from deepracer_ros.race.actions import FASTEST
from deepracer_ros.race.episode import EpisodeTable
from deepracer_ros.race.status import TERMINATES
from deepracer_ros.race.track import Track

Floats = NDArray[np.float64]

Term = Callable[[EpisodeTable, Sequence[Track]], Floats]
"""A function of the episodes' state and the tracks that its column `track` refers to; returns a value per car (N,)."""

FULL_STEP = 0.2
"""Distance driven in one step that gives 1, m: 3 m/s at 15 steps/s."""
FULL_SPEED = FASTEST
"""Speed along the track that gives 1, m/s: the car's largest speed."""


def progress(episodes: EpisodeTable, tracks: Sequence[Track]) -> Floats:
    """Return the distance driven along the centre line in the step, over `FULL_STEP` (N,)."""
    return episodes.distance / FULL_STEP


def centre_line(episodes: EpisodeTable, tracks: Sequence[Track]) -> Floats:
    """Return the distance driven along the centre line in the step, over `FULL_STEP`, weighted by closeness (N,).

    The weight is 1 on the centre line and falls linearly to 0 at the border.
    """
    half_width = 0.5 * (episodes.left + episodes.right)
    closeness = np.maximum(0.0, 1.0 - np.abs(episodes.offset) / half_width)
    return closeness * episodes.distance / FULL_STEP


def speed_along_track(episodes: EpisodeTable, tracks: Sequence[Track]) -> Floats:
    """Return the speed component along the track, over `FULL_SPEED` (N,); 0 unless all wheels are on the road."""
    along = episodes.speed * np.cos(episodes.heading_error) / FULL_SPEED
    return np.where(episodes.wheels_on_track == 4, along, 0.0)


def failure(episodes: EpisodeTable, tracks: Sequence[Track]) -> Floats:
    """Return 1 in the step in which the episode ends by a failure, else 0 (N,); its weight should be negative."""
    return TERMINATES[episodes.status].astype(np.float64)


TERMS: dict[str, Term] = {term.__name__: term for term in (progress, centre_line, speed_along_track, failure)}
"""Reward terms by name; a new term needs one more entry."""
