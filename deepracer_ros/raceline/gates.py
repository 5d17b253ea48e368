# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""Gates: straight lines across the road that cut a lap into short pieces."""

from dataclasses import dataclass
from math import ceil

import numpy as np
from numpy.typing import NDArray

from deepracer_ros.race.geometry import wrap_angles
from deepracer_ros.race.rules import FRONT_OF_CAR
from deepracer_ros.race.track import Track

Floats = NDArray[np.float64]
SPACING = 0.12
"""Distance between two gates, m."""
MOST_GATES = 800
"""Largest number of gates; on a longer track they are farther apart."""
SMOOTHING = 0.3
"""Half the length over which the directions of the gates are averaged, m."""


@dataclass(frozen=True, eq=False)
class Gates:
    """Lines across the road, K of them; the last one of a closed track is the one before the first.

    Attributes:
        station: (K,) arc length of the centre line, m.
        middle: (K, 2) point of the centre line, m.
        heading: (K,) direction across which the gate lies, rad, continuous.
        left: (K,) distance from the middle to the left border, m.
        right: (K,) distance from the middle to the right border, m.
        closed: Whether the track is a loop.
    """

    station: Floats
    middle: Floats
    heading: Floats
    left: Floats
    right: Floats
    closed: bool

    @property
    def pieces(self) -> int:
        """Number of pieces of the lap between two gates."""
        return len(self.station) - (0 if self.closed else 1)

    @property
    def across(self) -> Floats:
        """Unit vectors (K, 2) along the gates to the left."""
        return np.stack([-np.sin(self.heading), np.cos(self.heading)], axis=1)


def make_gates(track: Track) -> Gates:
    """Return the gates of a track: across it, `SPACING` apart, in smoothed directions."""
    count = min(MOST_GATES, ceil(track.length / SPACING))
    if track.closed:
        station = np.linspace(0.0, track.length, count, endpoint=False, dtype=np.float64)
    else:  # the end is reached by the car's front
        station = np.linspace(0.0, track.length - FRONT_OF_CAR, count, dtype=np.float64)
    poses = track.pose_at(station)
    around = np.linspace(-SMOOTHING, SMOOTHING, 13)
    headings = np.interp(station, track.station, track.heading)
    turns = np.zeros(len(station))
    for shift in around:
        there = track.pose_at(station + shift)[:, 2]
        turns += wrap_angles(there - headings)
    left, right = (
        np.interp(station, track.station, np.append(widths, widths[0]) if track.closed else widths)
        for widths in (track.left_width, track.right_width)
    )
    return Gates(station, poses[:, :2], headings + turns / len(around), left, right, track.closed)
