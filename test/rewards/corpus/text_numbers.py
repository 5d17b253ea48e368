# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""Returns text that is a number, as `float` takes it."""


def reward_function(params):
    reward = params["speed"] * (0.5 * params["track_width"] - params["distance_from_center"])
    return "%.4f" % max(0.0, reward)
