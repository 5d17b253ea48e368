# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""All cars at once."""

import numpy as np


def reward_function_batch(params):
    closeness = 1.0 - params["distance_from_center"] / (0.5 * params["track_width"])
    return np.where(params["all_wheels_on_track"], np.clip(closeness, 0.0, 1.0) * params["speed"], 1e-3)
