# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""A little for each step, much for the finish."""


def reward_function(params):
    reward = params["progress"] / params["steps"]
    if params["progress"] == 100:
        reward += 10
    elif params["is_offtrack"] or params["is_crashed"]:
        reward -= 2
    return reward
