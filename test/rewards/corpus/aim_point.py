# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""Steer towards a point of the centre line that lies ahead."""

import math

LOOK_AHEAD = 0.9


def point_ahead(params):
    waypoints = params["waypoints"]
    index = params["closest_waypoints"][1]
    x, y = params["x"], params["y"]
    for k in range(len(waypoints)):
        point = waypoints[(index + k) % len(waypoints)]
        if math.hypot(point[0] - x, point[1] - y) >= LOOK_AHEAD:
            return point
    return waypoints[index]


def reward_function(params):
    x, y = point_ahead(params)
    wanted = math.degrees(math.atan2(y - params["y"], x - params["x"])) - params["heading"]
    wanted = (wanted + 180) % 360 - 180
    error = abs(max(-30, min(30, wanted)) - params["steering_angle"]) / 60
    return max(1.0 - error, 0.01) if not params["is_offtrack"] else 1e-3
