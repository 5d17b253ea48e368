"""Makes the environments known to Gymnasium, which has no plugins; imports nothing heavy."""

from gymnasium.envs.registration import register

ENVIRONMENT_ID = "DeepRacer-v0"


def register_environments() -> None:
    """Register `DeepRacer-v0`, single and vectorised; importing the package does."""
    module = "deepracer_ros.simulation.gymnasium_env"
    register(ENVIRONMENT_ID, entry_point=f"{module}:DeepRacerEnv", vector_entry_point=f"{module}:DeepRacerVectorEnv")
