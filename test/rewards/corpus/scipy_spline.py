# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""A smooth centre line by SciPy."""

import numpy as np
from scipy.interpolate import CubicSpline

spline = None


def reward_function(params):
    global spline
    if spline is None:
        points = np.array(params["waypoints"])
        steps = np.hypot(*np.diff(points, axis=0).T)
        spline = CubicSpline(np.concatenate([[0.0], np.cumsum(steps)]), points, bc_type="periodic")
    here = spline(params["projection_distance"])
    distance = float(np.hypot(here[0] - params["x"], here[1] - params["y"]))
    return max(0.0, 1.0 - 2.0 * distance / params["track_width"]) * params["speed"] / 4.0
