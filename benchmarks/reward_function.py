# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""What a user's reward function costs: steps of an environment with it, sandboxed and not, over those with terms.

    python -m benchmarks.reward_function --rounds 5

Each round steps the same environment of 64 cars with each reward in turn; the ratios are of one round.
"""

import argparse
import statistics
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from benchmarks.common import default_config
from deepracer_ros.race.referee import Reward
from deepracer_ros.rewards.function import RewardFunction
from deepracer_ros.rewards.reward import find_reward
from deepracer_ros.rewards.sandbox.reward import SandboxedReward
from deepracer_ros.simulation.environment import Environment
from deepracer_ros.simulation.factory import make_environment

FOLLOW_CENTRE_LINE = """
def reward_function(params):
    track_width = params['track_width']
    distance_from_center = params['distance_from_center']
    if distance_from_center <= 0.1 * track_width:
        return 1.0
    if distance_from_center <= 0.25 * track_width:
        return 0.5
    if distance_from_center <= 0.5 * track_width:
        return 0.1
    return 1e-3
"""
CARS = 64


def seconds_per_step(environment: Environment, steps: int) -> float:
    """Return the mean time of one step of all cars, s."""
    environment.reset()
    steering, speed = np.zeros(CARS), np.full(CARS, 1.5)
    began = time.perf_counter()
    for _ in range(steps):
        environment.step(steering, speed)
    return (time.perf_counter() - began) / steps


def main() -> int:
    """Print the time of a step with each reward, and the ratios."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.reward_function", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5, help="rounds (default: 5)")
    parser.add_argument("--steps", type=int, default=300, help="steps in a round (default: 300)")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "reward.py"
        path.write_text(FOLLOW_CENTRE_LINE)
        rewards: dict[str, Reward] = {
            "terms": find_reward({"progress": 1.0, "failure": -1.0}),
            "function": RewardFunction(path),
            "sandboxed": SandboxedReward(path),
        }
        config = default_config()
        environment = make_environment(config, config.tracks, CARS, 0)
        seconds: dict[str, list[float]] = {name: [] for name in rewards}
        for _ in range(options.rounds):
            for name, reward in rewards.items():
                environment.referee.reward = reward
                seconds[name].append(seconds_per_step(environment, options.steps))
        for reward in rewards.values():
            reward.close()
    base = seconds["terms"]
    for name, times in seconds.items():
        more = [1e6 * (time - without) / CARS for time, without in zip(times, base, strict=True)]
        ratios = [without / time for time, without in zip(times, base, strict=True)]
        print(
            f"{name:10s} {1e6 * statistics.median(times) / CARS:6.1f} us a car's step, "
            f"{statistics.median(more):+6.1f} us; steps/s over those with terms {statistics.median(ratios):.2f}"
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
