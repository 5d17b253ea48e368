# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""Drives in the lane that is free."""


def reward_function(params):
    if params["is_crashed"] or params["is_offtrack"]:
        return -1.0
    reward = 0.2 + 0.2 * params["speed"]
    for distance, left in zip(params["objects_distance"], params["objects_left_of_center"]):
        gap = (distance - params["projection_distance"]) % params["track_length"]
        if gap < 1.2 and left != params["is_left_of_center"]:
            reward += 0.5
    return reward
