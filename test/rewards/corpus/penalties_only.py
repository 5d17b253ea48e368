# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""Nothing is good, some is bad."""


def reward_function(params):
    reward = -0.1
    reward -= params["distance_from_center"] / params["track_width"]
    if params["is_offtrack"]:
        reward -= 20
    return reward
