# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""Definition of the observation `state`: the referee's numbers of a car, for learners that use more than images.

A policy or critic that reads `state` depends on the order and the meaning of these numbers. A change of the list or of
a meaning raises `STATE_VERSION`.
"""

STATE_VERSION = 1
"""Version of the list of numbers in `state` and of their meaning."""

CURVATURE_AHEAD = (0.0, 0.5, 1.0, 1.5, 2.0, 3.0, 4.0)
"""Distances along the centre line, from the car's front, at which `state` holds the curvature, m."""

OBJECT_RANGE = 5.0
"""Largest distance along the centre line at which an object ahead is observed, m."""

STATE_UNITS = {
    "offset": "m",
    "heading_error": "rad",
    "speed": "m/s",
    "lateral_speed": "m/s",
    "yaw_rate": "rad/s",
    "steering": "rad",
    "left_width": "m",
    "right_width": "m",
    **{f"curvature_{index}": "1/m" for index in range(len(CURVATURE_AHEAD))},
    "object_distance": "m",
    "object_offset": "m",
}
"""Unit of each number of the observation `state` by name, in the order of the observation.

* `offset`: distance of the car's front from the centre line, + left (Frenet d).
* `heading_error`: heading of the car less the direction of the centre line.
* `speed`: longitudinal speed of the body.
* `lateral_speed`: speed of the body to the left.
* `yaw_rate`: yaw rate of the body, anticlockwise.
* `steering`: measured angle of the virtual middle front wheel, + left.
* `left_width`, `right_width`: distance from the centre line to the left and to the right border.
* `curvature_0` to `curvature_6`: curvature of the centre line at the distances of `CURVATURE_AHEAD`, + left.
* `object_distance`: distance along the centre line to the next object ahead; `OBJECT_RANGE` if there is none.
* `object_offset`: distance of the next object ahead from the centre line, + left; 0 if there is none.
"""

STATE_NAMES = tuple(STATE_UNITS)
"""Names of the numbers of the observation `state`, in its order."""
