"""The observation `state`: the referee's numbers of a car, for learners that may know more than a camera shows.

The order is part of the contract: a policy or critic that reads `state` reads these numbers in this order. A change of
the list, or of what a number means, raises `STATE_VERSION`.
"""

STATE_VERSION = 1

CURVATURE_AHEAD = (0.0, 0.5, 1.0, 1.5, 2.0, 3.0, 4.0)
"""Distances along the centre line from the car's front at which `state` gives the curvature, m."""

OBJECT_RANGE = 5.0
"""An object farther ahead than this is none, m."""

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
"""Unit of each number by name, in the order of the observation.

* `offset`: of the car's front from the centre line, + left (Frenet d).
* `heading_error`: heading of the car less that of the centre line.
* `speed`, `lateral_speed`, `yaw_rate`: of the body, forward, to the left, anticlockwise.
* `steering`: measured angle of the virtual middle front wheel, + left.
* `left_width`, `right_width`: from the centre line to the borders.
* `curvature_0` to `curvature_6`: of the centre line at the distances of `CURVATURE_AHEAD`, + left.
* `object_distance`, `object_offset`: along the centre line to the next object ahead, `OBJECT_RANGE` if there is none,
  and its distance from the centre line, + left, 0 if there is none.
"""

STATE_NAMES = tuple(STATE_UNITS)
"""Their names, in the order of the observation."""
