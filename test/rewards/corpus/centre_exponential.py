# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""The closer to the centre line, the better, without steps."""

import math


def reward_function(params):
    distance = params["distance_from_center"] / (params["track_width"] / 2)
    reward = math.exp(-3 * distance * distance)
    if not params["all_wheels_on_track"]:
        reward = 1e-3
    return float(reward)
