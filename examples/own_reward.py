# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""Rewards of your own: a DeepRacer `reward_function(params)` in a file, and a vectorised weighted term.

    .venv/bin/python examples/own_reward.py

`deepracer train --reward my_reward.py` trains with the file. To train with the term, add it and its name in `TERMS` to
`deepracer_ros/rewards/terms.py`; `--set reward.straight=0.1` then gives it a weight.
"""

from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from deepracer_ros.rewards.terms import TERMS
from deepracer_ros.simulation.config import EnvironmentConfig
from deepracer_ros.simulation.factory import make_environment

FILE = '''
def reward_function(params):
    """Stay near the centre line."""
    return 1.0 if params["distance_from_center"] < 0.25 * params["track_width"] else 0.1
'''


def straight(episodes, tracks):  # a `rewards.terms.Term`
    """Return the cosine of the heading error, 1 along the track and 0 across it or backwards."""
    return np.maximum(0.0, np.cos(episodes.heading_error))


def drive(reward) -> None:
    """Drive four cars straight ahead for one second, and print the mean of each reward term."""
    environment = make_environment(EnvironmentConfig(reward=reward), ["oval"], cars=4, seed=1)
    environment.reset()
    terms = [environment.step(np.zeros(4), np.full(4, 2.0)).verdict.terms.copy() for _ in range(15)]
    for name, value in zip(environment.referee.reward_names, np.mean(terms, axis=(0, 2)), strict=True):
        print(f"{name}: {value:.3f}")
    environment.close()


if __name__ == "__main__":
    with TemporaryDirectory() as folder:
        path = Path(folder) / "my_reward.py"
        path.write_text(FILE)
        drive(str(path))
    TERMS["straight"] = straight
    drive({"progress": 1.0, "straight": 0.1, "failure": -1.0})
