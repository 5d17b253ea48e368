# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""A race track: a centre line with a border on each side, driven in the order of its waypoints."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike, NDArray

from deepracer_ros.errors import InputError
from deepracer_ros.names import REVERSED
from deepracer_ros.race.compilation import compiled
from deepracer_ros.race.geometry import TrackTable, locate, nearest_on_segment, pose_at, wrap_angles

Floats = NDArray[np.float64]

SAME_POINT = 1e-3
"""Waypoints closer to each other than this count as one waypoint, m."""

MISPLACED = 0.2
"""Largest share of waypoints that may lie outside their pair of border points.

Real routes pair border points inaccurately in tight corners.
"""

FARTHEST = 1000.0
"""Largest coordinate of a track along x or y, in either direction from the world's origin, m."""

MOST_WAYPOINTS = 20_000
"""Largest number of waypoints of a route: 200 m with one waypoint per cm."""


@dataclass(frozen=True, eq=False)
class Projection:
    """Positions of K points relative to a track; every field has the shape (K,).

    Attributes:
        station: Arc length of the projected point on the centre line, m (Frenet s).
        offset: Distance of the point from the centre line, m, + left (Frenet d).
        heading: Direction of the centre line at the projected point, rad, in [-pi, pi).
        curvature: Curvature of the centre line at the projected point, 1/m, + left.
        left_width: Distance from the centre line to the left border at the projected point, m.
        right_width: Distance from the centre line to the right border at the projected point, m.
        index: Index of the waypoint before the projected point.
    """

    station: Floats
    offset: Floats
    heading: Floats
    curvature: Floats
    left_width: Floats
    right_width: Floats
    index: NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Track:
    """A race track with M waypoints; its arrays are read-only.

    Attributes:
        name: Name of the track in the catalogue, in logs and in recorded experience.
        closed: Whether the track is a loop: its last waypoint is joined to the first.
        centre: (M, 2) waypoints of the centre line in driving order, m; the first is not repeated at the end.
        left: (M, 2) point of the left border at each waypoint, m.
        right: (M, 2) point of the right border at each waypoint, m.
        is_reversed: Whether it is driven against the order of the waypoints in its file.
    """

    name: str
    closed: bool
    centre: Floats
    left: Floats
    right: Floats
    is_reversed: bool = False
    station: Floats = field(init=False)
    """Arc length at each waypoint, m: (M,) for an open track; (M + 1,) for a closed one, its last entry the length."""

    def __post_init__(self) -> None:
        """Compute the arc length along the centre line and make the arrays read-only."""
        steps = np.hypot(*np.diff(_padded(self.centre, self.closed), axis=0).T)
        object.__setattr__(self, "station", np.concatenate([[0.0], np.cumsum(steps)]))
        for array in (self.centre, self.left, self.right, self.station):
            array.setflags(write=False)

    @classmethod
    def from_route(cls, name: str, route: ArrayLike) -> "Track":
        """Build a track from a DeepRacer route.

        The track is closed when the first row's centre is also the last row's. Repeated waypoints
        are dropped.

        Args:
            name: Name of the track, also used in error messages.
            route: (N, 6) rows of centre x, y, inner x, y and outer x, y in m, in driving order. The inner border may
                lie on either side.

        Raises:
            InputError: if the route is not such an array, has too few or too many waypoints or too large coordinates,
                or its centre line does not lie between its borders.
        """
        rows = np.asarray(route)
        if rows.ndim != 2 or rows.shape[1] != 6 or rows.dtype.kind not in "iuf":
            raise InputError(f"route {name}: found {rows.dtype} of shape {rows.shape}, expected numbers (N, 6)")
        rows = rows.astype(np.float64)
        if len(rows) > MOST_WAYPOINTS:
            raise InputError(f"route {name}: found {len(rows)} waypoints, expected at most {MOST_WAYPOINTS}")
        outside = ~(np.abs(rows) <= FARTHEST).all(axis=1)
        if outside.any():
            raise InputError(
                f"route {name}: row {_first_row(outside)}: expected finite numbers within {FARTHEST:.0f} m"
            )
        rows = _without_repeats(rows)
        closed = len(rows) > 1 and bool(_distance(rows[0, :2], rows[-1, :2]) < SAME_POINT)
        rows = rows[:-1] if closed else rows
        least = 3 if closed else 2
        if len(rows) < least:
            raise InputError(f"route {name}: found {len(rows)} different waypoints, expected at least {least}")
        left, right = _sides(name, closed, rows)
        return cls(name, closed, rows[:, :2].copy(), left, right)

    @cached_property
    def length(self) -> float:
        """Length of the centre line, m."""
        return float(self.station[-1])

    @cached_property
    def left_width(self) -> Floats:
        """Distance from each waypoint to the nearest point of the left border (M,), m."""
        return _distances_from(_padded(self.left, self.closed), self.centre)

    @cached_property
    def right_width(self) -> Floats:
        """Distance from each waypoint to the nearest point of the right border (M,), m."""
        return _distances_from(_padded(self.right, self.closed), self.centre)

    @cached_property
    def width(self) -> float:
        """Mean width of the road, m."""
        return float(np.mean(self.left_width + self.right_width))

    @cached_property
    def heading(self) -> Floats:
        """Direction of the centre line at each entry of `station`, rad, continuous along the track (not wrapped).

        The tangent at a waypoint divides the turn between its two chords in proportion to their lengths. This is exact
        on an arc of a circle.
        """
        turn, before, after = self._turns()
        directions = np.unwrap(_directions(_padded(self.centre, self.closed)))
        if self.closed:
            heading = directions - turn * after / (before + after)
            return np.append(heading, heading[0] + turn.sum())
        heading = np.append(directions, directions[-1])
        heading[1:-1] -= turn * after / (before + after)
        return heading

    @cached_property
    def curvature(self) -> Floats:
        """Curvature of the centre line at each entry of `station`, 1/m, + left.

        It is the turn between the two chords at a waypoint over half the sum of their lengths.
        """
        turn, before, after = self._turns()
        curvature = 2.0 * turn / (before + after)
        if self.closed:
            return np.append(curvature, curvature[0])
        return np.concatenate([[0.0], curvature, [0.0]])

    @cached_property
    def turning(self) -> float:
        """Total angle by which the centre line turns from start to end, rad, + left: 2 pi on an anticlockwise loop."""
        return float(self.heading[-1] - self.heading[0])

    def reversed(self) -> "Track":
        """Return the track driven in the opposite direction; a closed track keeps its start line."""
        name = self.name.removesuffix(REVERSED) if self.name.endswith(REVERSED) else self.name + REVERSED
        shift = 1 if self.closed else 0
        centre, left, right = (np.roll(a[::-1], shift, axis=0) for a in (self.centre, self.right, self.left))
        return Track(name, self.closed, centre, left, right, not self.is_reversed)

    def project(self, points: ArrayLike) -> Projection:
        """Project points perpendicularly onto the centre line.

        Args:
            points: (K, 2) world positions, m.
        """
        wanted = np.ascontiguousarray(points, dtype=np.float64)
        found = np.empty((len(wanted), 6))
        index = np.empty(len(wanted), dtype=np.int64)
        _project_all(self._table, wanted, found, index)
        station, offset, heading, curvature, left, right = found.T.copy()
        return Projection(station, offset, heading, curvature, left, right, index)

    def pose_at(self, station: ArrayLike, offset: ArrayLike = 0.0) -> Floats:
        """Return the poses (K, 3) at stations of the track: x, y, m, and direction of the track, rad, in [-pi, pi).

        Args:
            station: (K,) arc length, m; it wraps on a closed track and is clamped to the ends of an open track.
            offset: Distance from the centre line, (K,) or one number, m, + left.
        """
        stations = np.array(station, dtype=np.float64, ndmin=1)
        offsets = np.array(np.broadcast_to(np.asarray(offset, dtype=np.float64), stations.shape))
        poses = np.empty((len(stations), 3))
        _poses_at_all(self._table, stations, offsets, poses)
        return poses

    @cached_property
    def _table(self) -> TrackTable:
        return flatten([self])

    def _turns(self) -> tuple[Floats, Floats, Floats]:
        """Return the turn (rad) at each waypoint that has two chords, and those chords' lengths (m)."""
        directions, steps = _directions(_padded(self.centre, self.closed)), np.diff(self.station)
        if self.closed:
            turn, before, after = directions - np.roll(directions, 1), np.roll(steps, 1), steps
        else:
            turn, before, after = np.diff(directions), steps[:-1], steps[1:]
        return wrap_angles(turn), before, after


def flatten(tracks: Sequence[Track]) -> TrackTable:
    """Return several tracks as one table for numba kernels; track t of the table is `tracks[t]`."""

    def joined(arrays: list[Floats]) -> Floats:
        return np.concatenate(arrays) if arrays else np.empty(0)

    rows = np.array([len(track.station) for track in tracks])
    return TrackTable(
        points=joined([_padded(track.centre, track.closed) for track in tracks]),
        station=joined([track.station for track in tracks]),
        heading=joined([track.heading for track in tracks]),
        curvature=joined([track.curvature for track in tracks]),
        left=joined([_padded(track.left_width, track.closed) for track in tracks]),
        right=joined([_padded(track.right_width, track.closed) for track in tracks]),
        first=np.cumsum(rows) - rows,
        segments=rows - 1,
        closed=np.array([track.closed for track in tracks]),
        length=np.array([track.length for track in tracks]),
    )


@compiled
def _project_all(table: TrackTable, points: Floats, found: Floats, index: NDArray[np.int64]) -> None:
    for k in range(len(points)):
        i, station, offset, heading, curvature, left, right = locate(table, 0, points[k, 0], points[k, 1], -1)
        index[k] = i
        found[k, 0], found[k, 1], found[k, 2] = station, offset, heading
        found[k, 3], found[k, 4], found[k, 5] = curvature, left, right


@compiled
def _poses_at_all(table: TrackTable, stations: Floats, offsets: Floats, poses: Floats) -> None:
    for k in range(len(stations)):
        poses[k, 0], poses[k, 1], poses[k, 2], _ = pose_at(table, 0, stations[k], offsets[k])


@compiled
def _distances_from(line: Floats, points: Floats) -> Floats:
    """Return the distance (m) of each point from a polyline."""
    distances = np.empty(len(points))
    for k in range(len(points)):
        nearest = np.inf
        for row in range(len(line) - 1):
            _, squared = nearest_on_segment(line, row, points[k, 0], points[k, 1])
            nearest = min(nearest, squared)
        distances[k] = np.sqrt(nearest)
    return distances


def _padded(values: Floats, closed: bool) -> Floats:
    """Return the values of the waypoints, for a closed track with the first value repeated at the end."""
    return np.concatenate([values, values[:1]]) if closed else values


def _distance(a: Floats, b: Floats) -> Floats:
    distance: Floats = np.hypot(a[..., 0] - b[..., 0], a[..., 1] - b[..., 1])
    return distance


def _directions(points: Floats) -> Floats:
    steps = np.diff(points, axis=0)
    directions: Floats = np.arctan2(steps[:, 1], steps[:, 0])
    return directions


def _first_row(bad: NDArray[np.bool_]) -> int:
    return int(np.flatnonzero(bad)[0])


def _without_repeats(rows: Floats) -> Floats:
    repeats = np.flatnonzero(_distance(rows[1:], rows[:-1]) < SAME_POINT) + 1
    return np.delete(rows, repeats, axis=0)


def _sides(name: str, closed: bool, rows: Floats) -> tuple[Floats, Floats]:
    """Return the left and the right border of a route's rows; the inner border may be either of them."""
    centre, inner, outer = rows[:, :2].copy(), rows[:, 2:4].copy(), rows[:, 4:].copy()
    before, after = np.roll(centre, 1, axis=0), np.roll(centre, -1, axis=0)
    if not closed:
        before[0], after[-1] = centre[0], centre[-1]
    along = after - before

    def to_left(border: Floats) -> Floats:
        """Return a number per border point that is positive to the left of the driving direction."""
        aside = border - centre
        return along[:, 0] * aside[:, 1] - along[:, 1] * aside[:, 0]

    left, right = (inner, outer) if to_left(inner).sum() > to_left(outer).sum() else (outer, inner)
    wrong = (to_left(left) <= 0.0) | (to_left(right) >= 0.0)
    if wrong.mean() > MISPLACED:
        raise InputError(
            f"route {name}: waypoint {_first_row(wrong)} and {wrong.sum() - 1} others do not lie between their "
            "borders, expected rows of centre x, y, inner x, y, outer x, y"
        )
    return left, right
