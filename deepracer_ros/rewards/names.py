"""Names of the terms of a configured reward, for whoever records or logs them without computing any."""

from collections.abc import Mapping

FUNCTION = "reward_function"
"""Name of a user's function, and of the one term that it gives."""


def reward_names(reward: str | Mapping[str, float]) -> tuple[str, ...]:
    """Return the names of the terms that a configured reward has, without reading a file."""
    return (FUNCTION,) if isinstance(reward, str) else tuple(reward)
