# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""A hundred times the progress of a step, on the mean."""


def reward_function(params):
    if not params["all_wheels_on_track"]:
        return 1e-3
    return 100 * params["progress"] / params["steps"]
