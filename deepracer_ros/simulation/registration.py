# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""Registration of the environments with Gymnasium, without the imports that an environment needs."""

from gymnasium.envs.registration import register

ENVIRONMENT_ID = "DeepRacer-v0"
"""Name of the environment in `gymnasium.make` and `gymnasium.make_vec`."""


def register_environments() -> None:
    """Register `DeepRacer-v0`, single and vectorised, with Gymnasium; importing the package calls this function."""
    module = "deepracer_ros.simulation.gymnasium_env"
    register(ENVIRONMENT_ID, entry_point=f"{module}:DeepRacerEnv", vector_entry_point=f"{module}:DeepRacerVectorEnv")
