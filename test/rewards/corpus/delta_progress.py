# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""The progress since the last step, kept in a global variable."""

last = 0.0


def reward_function(params):
    global last
    if params["steps"] <= 2:
        last = 0.0
    delta, last = params["progress"] - last, params["progress"]
    if params["is_offtrack"]:
        return -5.0
    return delta * 10
