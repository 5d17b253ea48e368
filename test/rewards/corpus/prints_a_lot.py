# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""Prints each step."""


def reward_function(params):
    reward = params["speed"] if params["all_wheels_on_track"] else 0.0
    print(f"REWARD steps={params['steps']} progress={params['progress']:.2f} reward={reward}")
    return reward
