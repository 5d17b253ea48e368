# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""A racing line, made from the track at the first call, and the distance from it."""

import math

line = None


def make_line(waypoints):
    points = waypoints[:-1]
    for _ in range(5):
        points = [
            tuple((points[k - 1][i] + points[k][i] + points[(k + 1) % len(points)][i]) / 3 for i in (0, 1))
            for k in range(len(points))
        ]
    return points


def reward_function(params):
    global line
    if line is None:
        line = make_line(params["waypoints"])
    distance = min(math.hypot(x - params["x"], y - params["y"]) for x, y in line)
    reward = max(1e-3, 1 - distance / (0.5 * params["track_width"]))
    return reward if params["all_wheels_on_track"] else 1e-3
