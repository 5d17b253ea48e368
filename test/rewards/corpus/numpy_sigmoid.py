# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""Returns a number of NumPy."""

import numpy as np


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def reward_function(params):
    d = np.float32(params["distance_from_center"] / params["track_width"])
    score = sigmoid(10 * (np.float32(0.3) - d)) * np.sqrt(np.array(params["speed"]))
    return score if params["all_wheels_on_track"] else np.float64(0.001)
