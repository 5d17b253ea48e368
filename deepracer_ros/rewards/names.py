# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""Names of the terms of a configured reward, for code that records or logs terms and does not compute them."""

from collections.abc import Mapping

FUNCTION = "reward_function"
"""Name of a user's reward function, and of the one term that it computes."""

BATCH_FUNCTION = "reward_function_batch"
"""Name of a user's reward function for many cars at once."""


def reward_names(reward: str | Mapping[str, float]) -> tuple[str, ...]:
    """Return the names of the terms of a configured reward, without reading a file.

    Args:
        reward: Weights of terms by name, or the path of a Python file with `reward_function(params)`.
    """
    return (FUNCTION,) if isinstance(reward, str) else tuple(reward)
