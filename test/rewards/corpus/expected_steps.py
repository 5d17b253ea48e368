# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""Faster than expected, every fifty steps."""

TOTAL = 180


def reward_function(params):
    reward = 1.0 if params["all_wheels_on_track"] else 1e-3
    if params["steps"] % 50 == 0 and params["progress"] > 100 * params["steps"] / TOTAL:
        reward += 10.0
    return reward * (0.3 + 0.35 * params["speed"])
