# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""Turns by how far ahead the road bends; faster where it is straight."""

import math


def bend(waypoints, first, count):
    a, b = waypoints[first % len(waypoints)], waypoints[(first + 1) % len(waypoints)]
    c, d = waypoints[(first + count) % len(waypoints)], waypoints[(first + count + 1) % len(waypoints)]
    one = math.atan2(b[1] - a[1], b[0] - a[0])
    two = math.atan2(d[1] - c[1], d[0] - c[0])
    return abs(math.degrees(math.atan2(math.sin(two - one), math.cos(two - one))))


def reward_function(params):
    turn = bend(params["waypoints"][:-1], params["closest_waypoints"][0], 4)
    fast = params["speed"] > 2.0
    reward = 1.0 - params["distance_from_center"] / params["track_width"]
    if turn < 10 and fast:
        reward += 0.5
    if turn > 30 and not fast:
        reward += 0.3
    return max(reward, 1e-3) if params["all_wheels_on_track"] else 1e-3
