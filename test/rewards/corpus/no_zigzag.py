# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""Stays inside, and steers little."""


def reward_function(params):
    reward = 1e-3
    if params["all_wheels_on_track"] and (0.5 * params["track_width"] - params["distance_from_center"]) >= 0.05:
        reward = 1.0
    if abs(params["steering_angle"]) > 20.0:
        reward *= 0.8
    return reward
