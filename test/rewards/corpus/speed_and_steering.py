# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""A table of rules with weights."""

RULES = {
    "fast": (0.5, lambda p: p["speed"] >= 1.8),
    "inside": (1.0, lambda p: p["all_wheels_on_track"]),
    "near": (0.5, lambda p: p["distance_from_center"] < 0.25 * p["track_width"]),
    "calm": (0.2, lambda p: abs(p["steering_angle"]) < 15),
}


def reward_function(params):
    return sum(weight for weight, rule in RULES.values() if rule(params)) / len(RULES)
