# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""Trains with stable-baselines3's PPO on the environment, from camera frames.

.venv/bin/pip install stable-baselines3
.venv/bin/python examples/sb3_on_the_environment.py [STEPS]
"""

import sys

import gymnasium
from stable_baselines3 import PPO
from stable_baselines3.common.env_util import make_vec_env

import deepracer_ros  # noqa: F401 - registers DeepRacer-v0


def make_car() -> gymnasium.Env:
    """Return the environment of one car with a grey camera of 80x60 pixels."""
    return gymnasium.make("DeepRacer-v0", track="oval", width=80, height=60, threads=1)


def main(steps: int = 20_000) -> None:
    """Train with four cars for `steps` control steps in total, then drive for three seconds."""
    cars = make_vec_env(make_car, n_envs=4, seed=1)
    model = PPO("CnnPolicy", cars, n_steps=64, batch_size=256, n_epochs=3, gamma=0.97, gae_lambda=0.9, verbose=1)
    model.learn(total_timesteps=steps)
    frames, infos = cars.reset(), []
    for _ in range(45):
        actions, _ = model.predict(frames, deterministic=True)
        frames, _, _, infos = cars.step(actions)
    print("progress, %:", *(f"{info['progress']:.0f}" for info in infos))
    cars.close()


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
