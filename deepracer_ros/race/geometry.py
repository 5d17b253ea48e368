# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""Projection of points onto tracks: scalar numba functions over the waypoints of many tracks.

The referee's kernel calls them once per car. The tracks lie one after another in a `TrackTable`, and the car's last
segment is the hint of the next search.
"""

from math import atan2, cos, floor, pi, sin, sqrt
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from deepracer_ros.race.compilation import compiled

SEARCH_WINDOW = 4
"""Number of segments searched on each side of the hint; the search continues while the distance falls."""


class TrackTable(NamedTuple):
    """Several tracks as flat arrays for a numba kernel: T tracks with P rows in all.

    Rows `first[t]` to `first[t] + segments[t]` are the waypoints of track t in driving order. A
    closed track ends with its first waypoint repeated, so segment i always joins rows i and i + 1.

    Attributes:
        points: (P, 2) x and y of the centre line, m.
        station: (P,) arc length from the track's first waypoint, m.
        heading: (P,) direction of the centre line, rad, continuous along a track (not wrapped).
        curvature: (P,) curvature of the centre line, 1/m, + left.
        left: (P,) distance from the centre line to the left border, m.
        right: (P,) distance from the centre line to the right border, m.
        first: (T,) row of each track's first waypoint.
        segments: (T,) number of segments of each track.
        closed: (T,) whether each track is a loop.
        length: (T,) length of each track's centre line, m.
    """

    points: NDArray[np.float64]
    station: NDArray[np.float64]
    heading: NDArray[np.float64]
    curvature: NDArray[np.float64]
    left: NDArray[np.float64]
    right: NDArray[np.float64]
    first: NDArray[np.int64]
    segments: NDArray[np.int64]
    closed: NDArray[np.bool_]
    length: NDArray[np.float64]


@compiled
def wrap_angle(angle: float) -> float:
    """Return an angle (rad) wrapped to [-pi, pi)."""
    return angle - 2.0 * pi * floor((angle + pi) / (2.0 * pi))


def wrap_angles(angles: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return an array of angles (rad) wrapped to [-pi, pi), for code that is not compiled."""
    wrapped: NDArray[np.float64] = (angles + pi) % (2.0 * pi) - pi
    return wrapped


@compiled
def interpolate(values: NDArray[np.float64], row: int, fraction: float) -> float:
    """Return the linearly interpolated value at `fraction` (0 to 1) of the way from `row` to `row + 1`."""
    return float(values[row] + fraction * (values[row + 1] - values[row]))


@compiled
def advance(before: float, after: float, length: float, closed: bool) -> float:
    """Return the distance driven between two stations, m, + in driving direction.

    On a closed track the shorter way round counts, so crossing the start line causes no jump.

    Args:
        before: Station at the earlier time, m.
        after: Station at the later time, m.
        length: Length of the track, m.
        closed: Whether the track is a loop.
    """
    difference = after - before
    if closed:
        difference -= length * floor(difference / length + 0.5)
    return difference


@compiled
def nearest_on_segment(points: NDArray[np.float64], row: int, x: float, y: float) -> tuple[float, float]:
    """Return the position (0 to 1) of segment `row`'s point nearest to (x, y), and the squared distance to it, m²."""
    along_x, along_y = points[row + 1, 0] - points[row, 0], points[row + 1, 1] - points[row, 1]
    to_x, to_y = x - points[row, 0], y - points[row, 1]
    squared_length = along_x * along_x + along_y * along_y
    fraction = (to_x * along_x + to_y * along_y) / squared_length if squared_length > 0.0 else 0.0
    fraction = min(max(fraction, 0.0), 1.0)
    miss_x, miss_y = to_x - fraction * along_x, to_y - fraction * along_y
    return fraction, miss_x * miss_x + miss_y * miss_y


@compiled
def side_of_segment(points: NDArray[np.float64], row: int, x: float, y: float) -> float:
    """Return a number that is positive where (x, y) lies to the left of segment `row`, negative to its right."""
    along_x, along_y = points[row + 1, 0] - points[row, 0], points[row + 1, 1] - points[row, 1]
    return float(along_x * (y - points[row, 1]) - along_y * (x - points[row, 0]))


@compiled
def search_all(table: TrackTable, track: int, x: float, y: float) -> tuple[int, float, float]:
    """Search the whole track for the segment nearest to (x, y).

    Returns:
        Index of the segment; position of its nearest point along it, 0 to 1; squared distance to that point, m².
    """
    first = table.first[track]
    index, fraction, nearest = 0, 0.0, np.inf
    for i in range(table.segments[track]):
        along, distance = nearest_on_segment(table.points, first + i, x, y)
        if distance < nearest:
            index, fraction, nearest = i, along, distance
    return index, fraction, nearest


@compiled
def search_near(table: TrackTable, track: int, x: float, y: float, hint: int) -> tuple[int, float, float]:
    """Search for the segment nearest to (x, y), beginning at the segment `hint`.

    The search window moves on while the nearest segment is at its edge. So the car may have driven any distance along
    the road, and a neighbouring part of the track is never mistaken for the car's own.

    Returns:
        Index of the segment; position of its nearest point along it, 0 to 1; squared distance to that point, m².
    """
    first, segments = table.first[track], table.segments[track]
    index, fraction, nearest = hint, 0.0, np.inf
    while True:
        middle, best_step = index, 0
        for step in range(-SEARCH_WINDOW, SEARCH_WINDOW + 1):
            i = middle + step
            if table.closed[track]:
                i %= segments
            elif i < 0 or i >= segments:
                continue
            along, distance = nearest_on_segment(table.points, first + i, x, y)
            if distance < nearest:
                index, fraction, nearest, best_step = i, along, distance, step
        if abs(best_step) < SEARCH_WINDOW:
            return index, fraction, nearest


@compiled
def project_point(table: TrackTable, track: int, x: float, y: float, hint: int) -> tuple[int, float, float]:
    """Project a point perpendicularly onto a track's centre line.

    Args:
        table: The tracks.
        track: Index of the track.
        x: World position along x, m.
        y: World position along y, m.
        hint: Index of a segment nearby, for example of an earlier call; -1 searches the whole track.

    Returns:
        Index of the segment (and of its first waypoint); position of the projected point along it, 0 to 1; signed
        distance from the centre line, m, + left. Beyond the end of an open track, the distance to the end point
        counts.
    """
    if hint < 0:
        index, fraction, squared = search_all(table, track, x, y)
    else:
        index, fraction, squared = search_near(table, track, x, y, hint)
    is_left = side_of_segment(table.points, table.first[track] + index, x, y) >= 0.0
    return index, fraction, sqrt(squared) if is_left else -sqrt(squared)


@compiled
def locate(
    table: TrackTable, track: int, x: float, y: float, hint: int
) -> tuple[int, float, float, float, float, float, float]:
    """Project a point onto a track's centre line and return the properties of the track there.

    Args:
        table: The tracks.
        track: Index of the track.
        x: World position along x, m.
        y: World position along y, m.
        hint: Index of a segment nearby, for example of an earlier call; -1 searches the whole track.

    Returns:
        Index of the segment; station, m, on a closed track in [0, length); offset, m, + left; direction of the
        track, rad, in [-pi, pi); curvature, 1/m, + left; distances from the centre line to the left and to the right
        border, m. A point is on the road while -right <= offset <= left.
    """
    index, fraction, offset = project_point(table, track, x, y, hint)
    if fraction >= 1.0 and (table.closed[track] or index + 1 < table.segments[track]):
        # At a waypoint: it is behind the point, as in DeepRacer, which looks it up by arc length.
        index, fraction = (index + 1) % table.segments[track], 0.0
    row = table.first[track] + index
    station = interpolate(table.station, row, fraction)
    heading = wrap_angle(interpolate(table.heading, row, fraction))
    curvature = interpolate(table.curvature, row, fraction)
    left = interpolate(table.left, row, fraction)
    right = interpolate(table.right, row, fraction)
    return index, station, offset, heading, curvature, left, right


@compiled
def pose_at(table: TrackTable, track: int, station: float, offset: float) -> tuple[float, float, float, int]:
    """Return the pose at a station and an offset: the inverse of `locate`.

    Args:
        table: The tracks.
        track: Index of the track.
        station: Arc length, m; it wraps on a closed track and is clamped to the ends of an open track.
        offset: Distance from the centre line, m, + left.

    Returns:
        World position x and y, m; direction of the track, rad, in [-pi, pi); index of the segment.
    """
    length = table.length[track]
    station = station - length * floor(station / length) if table.closed[track] else min(max(station, 0.0), length)
    first = table.first[track]
    low, high = first, first + table.segments[track]
    while high - low > 1:
        middle = (low + high) // 2
        if table.station[middle] <= station:
            low = middle
        else:
            high = middle
    fraction = (station - table.station[low]) / (table.station[low + 1] - table.station[low])
    x0, y0 = table.points[low, 0], table.points[low, 1]
    along_x, along_y = table.points[low + 1, 0] - x0, table.points[low + 1, 1] - y0
    direction = atan2(along_y, along_x)
    x = x0 + fraction * along_x - offset * sin(direction)
    y = y0 + fraction * along_y + offset * cos(direction)
    return x, y, wrap_angle(interpolate(table.heading, low, fraction)), low - first
