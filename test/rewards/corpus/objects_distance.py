# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""Keeps away from the next object, and on the road."""

import math


def reward_function(params):
    reward = 1.0 if params["all_wheels_on_track"] else 1e-3
    if params["objects_location"]:
        _, ahead = params["closest_objects"]
        x, y = params["objects_location"][ahead]
        distance = math.hypot(x - params["x"], y - params["y"])
        same_lane = params["objects_left_of_center"][ahead] == params["is_left_of_center"]
        if same_lane:
            if 0.5 <= distance < 0.8:
                reward *= 0.5
            elif 0.3 <= distance < 0.5:
                reward *= 0.2
            elif distance < 0.3:
                reward = 1e-3
    if params["is_crashed"]:
        reward = 0.0
    return float(reward * params["speed"])
