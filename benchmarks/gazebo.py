# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""Environment steps per second of a real Gazebo in lock-step, with one car and a 160x120 camera.

python -m benchmarks.gazebo [--iterations N]
"""

import argparse
import os
import statistics
import time

import numpy as np

from deepracer_ros.race.catalogue import find_track
from deepracer_ros.race.config import RefereeConfig
from deepracer_ros.race.referee import Referee
from deepracer_ros.rewards.reward import find_reward
from deepracer_ros.simulation.config import DEFAULT_REWARD, CameraConfig
from deepracer_ros.simulation.environment import Environment
from deepracer_ros.simulation.gazebo.config import GazeboConfig
from deepracer_ros.simulation.gazebo.simulator import GazeboSimulator

STRETCH = 50
"""Number of steps in one timed stretch."""

STRETCHES = 20
"""Number of timed stretches."""


def main() -> None:
    """Drive a car with random commands, and print the median and the best stretch."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.gazebo", description=__doc__)
    parser.add_argument(
        "--iterations", type=int, default=GazeboConfig.iterations, help="physics steps per control period (default: 16)"
    )
    options = parser.parse_args()
    track = find_track("technical")
    simulator = GazeboSimulator([track], [0], CameraConfig(160, 120), config=GazeboConfig(options.iterations))
    try:
        environment = Environment(simulator, Referee([track], [0], RefereeConfig(), find_reward(DEFAULT_REWARD), 0))
        environment.reset()
        random = np.random.default_rng(0)
        rates = []
        for _ in range(STRETCHES):
            began = time.perf_counter()
            for _ in range(STRETCH):
                environment.step(random.uniform(-0.5, 0.5, 1), random.uniform(0.5, 3.0, 1))
            rates.append(STRETCH / (time.perf_counter() - began))
    finally:
        simulator.close()
    print(f"load {os.getloadavg()[0]:.1f}; {statistics.median(rates):.0f} env steps/s, best stretch {max(rates):.0f}")


if __name__ == "__main__":
    main()
