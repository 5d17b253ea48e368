# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""The reward of a step by configuration: weighted terms, or a user's Python file."""

import difflib
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from deepracer_ros.errors import InputError
from deepracer_ros.race.episode import EpisodeTable
from deepracer_ros.race.referee import Reward
from deepracer_ros.race.track import Track
from deepracer_ros.rewards.output import RewardOutput
from deepracer_ros.rewards.sandbox.reward import SandboxedReward
from deepracer_ros.rewards.terms import TERMS

Floats = NDArray[np.float64]


class WeightedTerms:
    """A `Reward` that is the weighted sum of terms."""

    def __init__(self, weights: Mapping[str, float]) -> None:
        """Find the terms.

        Args:
            weights: Weight of each term by its name in `TERMS`.

        Raises:
            InputError: if a term does not exist, there is no term, or a weight is not finite.
        """
        for name, weight in weights.items():
            if name not in TERMS:
                near = difflib.get_close_matches(name, TERMS, n=1)
                hint = f", perhaps {near[0]!r}" if near else ""
                raise InputError(f"reward: found {name!r}{hint}, expected one of {', '.join(TERMS)}")
            if not np.isfinite(weight):
                raise InputError(f"reward: {name}: found {weight}, expected a finite weight")
        if not weights:
            raise InputError(f"reward: found no term, expected at least one of {', '.join(TERMS)}")
        self.names = tuple(weights)
        self._terms = [(TERMS[name], float(weight)) for name, weight in weights.items()]

    def __call__(self, episodes: EpisodeTable, tracks: Sequence[Track]) -> Floats:
        """Return the weighted terms (R, N) of N cars.

        Args:
            episodes: State of the cars' episodes.
            tracks: The tracks that `episodes.track` refers to.
        """
        weighted: Floats = np.empty((len(self._terms), len(episodes.status)))
        for row, (term, weight) in zip(weighted, self._terms, strict=True):
            np.multiply(term(episodes, tracks), weight, out=row)
        return weighted

    def close(self) -> None:
        """Do nothing, as terms start nothing."""


def find_reward(reward: str | Mapping[str, float], output: RewardOutput | None = None) -> Reward:
    """Return the reward that a configuration describes.

    Args:
        reward: Weights of terms by name, or the path of a Python file with `reward_function(params)`.
        output: Receives what the function prints; by default it is printed.

    Raises:
        InputError: if a term does not exist, or the file does not define a reward function.
    """
    if not isinstance(reward, str):
        return WeightedTerms(reward)
    if reward.endswith(".py"):
        return SandboxedReward(Path(reward), output)
    raise InputError(
        f"reward: found {reward!r}, expected a path that ends in .py, or weights of terms: {', '.join(TERMS)}"
    )
