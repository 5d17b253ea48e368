# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""Points where the track goes."""

import math


def reward_function(params):
    waypoints, closest = params["waypoints"], params["closest_waypoints"]
    ahead, behind = waypoints[closest[1]], waypoints[closest[0]]
    direction = math.degrees(math.atan2(ahead[1] - behind[1], ahead[0] - behind[0]))
    difference = abs(direction - params["heading"])
    if difference > 180:
        difference = 360 - difference
    reward = 1.0
    if difference > 10.0:
        reward *= 0.5
    if difference > 30.0:
        reward *= 0.2
    return reward if params["all_wheels_on_track"] else 1e-3
