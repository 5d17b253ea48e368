# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""Inside a corridor around the centre line, by Shapely."""

from shapely.geometry import LineString, Point

corridor = None


def reward_function(params):
    global corridor
    if corridor is None:
        corridor = LineString(params["waypoints"]).buffer(0.25 * params["track_width"])
    return 1.0 if corridor.contains(Point(params["x"], params["y"])) else 0.1 * params["all_wheels_on_track"]
