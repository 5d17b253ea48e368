"""Makes the environments known to Gymnasium; imports nothing heavy, so that Gymnasium itself may call it."""

from gymnasium.envs.registration import register

ENVIRONMENT_ID = "DeepRacer-v0"


def register_environments() -> None:
    """Register `DeepRacer-v0`, single and vectorised; the target of the `gymnasium.envs` entry point."""
    module = "deepracer_ros.simulation.gymnasium_env"
    register(ENVIRONMENT_ID, entry_point=f"{module}:DeepRacerEnv", vector_entry_point=f"{module}:DeepRacerVectorEnv")
