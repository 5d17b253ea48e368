# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""A table of the speeds along the lap."""

SPEEDS = [2.4, 2.4, 1.8, 1.4, 1.4, 1.8, 2.4, 2.4, 1.8, 1.4, 1.4, 1.8]


def reward_function(params):
    progress = params["projection_distance"] / params["track_length"]
    wanted = SPEEDS[int(progress * len(SPEEDS)) % len(SPEEDS)]
    speed = max(0.0, 1 - abs(params["speed"] - wanted) / 2)
    centre = max(0.0, 1 - params["distance_from_center"] / (0.5 * params["track_width"]))
    return 0.3 * speed + 0.7 * centre if not params["is_offtrack"] else 0.0
