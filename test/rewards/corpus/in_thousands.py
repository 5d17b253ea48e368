# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""Large numbers."""


def reward_function(params):
    if params["is_offtrack"]:
        return -10000
    return int(1000 * params["speed"] * (1 - params["distance_from_center"] / params["track_width"]))
