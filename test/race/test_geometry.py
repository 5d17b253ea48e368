# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""Projection of one point on a track, checked by hand on a square and on two legs of a hairpin."""

from math import pi, sqrt

import numpy as np
import pytest

from deepracer_ros.race import geometry
from deepracer_ros.race.track import Track, flatten


def square(name: str, side: float, at: float = 0.0) -> Track:
    """An anticlockwise square of four waypoints from (at, at), road 0.4 m wide."""
    corners = np.array([[0, 0], [1, 0], [1, 1], [0, 1], [0, 0]], dtype=float)
    outward = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1], [-1, -1]], dtype=float)
    centre = at + side * corners
    return Track.from_route(name, np.hstack([centre, centre - 0.2 * outward, centre + 0.2 * outward]))


@pytest.fixture(scope="module")
def table() -> geometry.TrackTable:
    return flatten([square("small", 2.0), square("large", 4.0, at=10.0)])


def test_table_lays_tracks_one_after_another(table: geometry.TrackTable) -> None:
    assert table.first.tolist() == [0, 5]
    assert table.segments.tolist() == [4, 4]
    assert table.length.tolist() == [8.0, 16.0]
    assert table.station.tolist() == [0, 2, 4, 6, 8, 0, 4, 8, 12, 16]
    assert table.points[4].tolist() == table.points[0].tolist()
    np.testing.assert_allclose(table.left, 0.2 * sqrt(2), err_msg="from the corners to the inner corners")
    np.testing.assert_allclose(table.right, 0.2)


@pytest.mark.parametrize("hint", [-1, 0, 1, 2, 3])
def test_a_point_beside_a_side(table: geometry.TrackTable, hint: int) -> None:
    index, station, offset, _, _, left, right = geometry.locate(table, 1, 14.1, 13.0, hint)
    assert index == 1
    assert (station, offset) == pytest.approx((7.0, -0.1))
    assert (left, right) == pytest.approx((0.2 * sqrt(2), 0.2))


def test_outside_a_corner_the_distance_is_that_of_the_corner(table: geometry.TrackTable) -> None:
    index, fraction, offset = geometry.project_point(table, 0, 2.3, -0.4, -1)
    assert index + fraction == 1.0
    assert offset == pytest.approx(-0.5)


def test_inside_a_corner_the_offset_is_to_the_left(table: geometry.TrackTable) -> None:
    assert geometry.project_point(table, 0, 1.9, 0.3, -1)[2] == pytest.approx(0.1)


def test_the_start_line_is_station_zero_from_either_side(table: geometry.TrackTable) -> None:
    for hint in (-1, 0, 3):
        assert geometry.locate(table, 0, 0.0, 0.0, hint)[1] == 0.0


def test_a_hint_keeps_to_the_own_leg_of_a_hairpin() -> None:
    """Two parallel legs 0.5 m apart: a car far off its leg is still on that leg."""
    out = np.column_stack([np.linspace(0, 5, 51), np.zeros(51)])
    back = np.column_stack([np.linspace(5, 0, 51), np.full(51, 0.5)])
    centre = np.vstack([out, [[5.1, 0.25]], back])
    aside = np.vstack([np.tile([0, 0.2], (51, 1)), [[-0.2, 0]], np.tile([0, -0.2], (51, 1))])
    track = Track.from_route("legs", np.hstack([centre, centre + aside, centre - aside]))
    table = flatten([track])
    assert geometry.locate(table, 0, 2.0, 0.3, -1)[1] > 5.0
    index, station, offset, *_ = geometry.locate(table, 0, 2.0, 0.3, 17)
    assert index in (19, 20)
    assert (station, offset) == pytest.approx((2.0, 0.3))


def test_the_window_follows_a_car_that_went_far() -> None:
    angle = np.linspace(0, 2 * pi, 401)
    ring = np.column_stack([np.cos(angle), np.sin(angle)])
    ring[-1] = ring[0]
    table = flatten([Track.from_route("ring", np.hstack([5 * ring, 4.7 * ring, 5.3 * ring]))])
    for start in (0, 100, 399):
        near = geometry.project_point(table, 0, 5 * np.cos(1.0), 5 * np.sin(1.0), start)
        assert near == pytest.approx(geometry.project_point(table, 0, 5 * np.cos(1.0), 5 * np.sin(1.0), -1))


@pytest.mark.parametrize(
    ("before", "after", "closed", "way"),
    [
        (1.0, 1.5, True, 0.5),
        (7.9, 0.1, True, 0.2),
        (0.1, 7.9, True, -0.2),
        (7.9, 0.1, False, -7.8),
        (3.0, 2.0, True, -1),
    ],
)
def test_advance_takes_the_shorter_way_round(before: float, after: float, closed: bool, way: float) -> None:
    assert geometry.advance(before, after, 8.0, closed) == pytest.approx(way)


def test_wrap_angle_is_half_open() -> None:
    assert geometry.wrap_angle(pi) == -pi
    assert geometry.wrap_angle(-pi) == -pi
    assert geometry.wrap_angle(5.0) == pytest.approx(5.0 - 2 * pi)
    assert geometry.wrap_angle(0.25) == pytest.approx(0.25)


def test_pose_at_offset_is_perpendicular_to_the_side(table: geometry.TrackTable) -> None:
    x, y, _, index = geometry.pose_at(table, 0, 3.0, 0.1)
    assert (x, y, index) == (pytest.approx(1.9), pytest.approx(1.0), 1)
    x, y, _, index = geometry.pose_at(table, 0, -1.0, 0.0)
    assert (x, y, index) == (pytest.approx(0.0), pytest.approx(1.0), 3)


def test_heading_at_a_corner_halves_it(table: geometry.TrackTable) -> None:
    assert geometry.pose_at(table, 0, 2.0, 0.0)[2] == pytest.approx(pi / 4)
    assert geometry.locate(table, 0, 2.0, 0.0, -1)[4] == pytest.approx((pi / 2) / 2.0)


def test_distance_beyond_an_open_end() -> None:
    rows = [[x, 0, x, 0.3, x, -0.3] for x in (0.0, 1.0, 2.0)]
    table = flatten([Track.from_route("straight", rows)])
    index, station, offset, heading, *_ = geometry.locate(table, 0, 2.3, -0.4, 0)
    assert (index, station, heading) == (1, 2.0, 0.0)
    assert offset == pytest.approx(-sqrt(0.3**2 + 0.4**2))
