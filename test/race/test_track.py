# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""Tracks from routes: arc length, sides, direction, projection, and refusals."""

from math import pi
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from deepracer_ros.errors import InputError
from deepracer_ros.race.track import Track

DATA = Path(__file__).parents[3] / "shared" / "data" / "tracks"


def ring(radius: float = 2.0, rows: int = 201, width: float = 0.6) -> NDArray[np.float64]:
    """Route of an anticlockwise circle; the first row is also the last."""
    angle = np.linspace(0.0, 2.0 * pi, rows)
    unit = np.column_stack([np.cos(angle), np.sin(angle)])
    unit[-1] = unit[0]
    return np.hstack([radius * unit, (radius - width / 2) * unit, (radius + width / 2) * unit])


def test_a_ring_by_hand() -> None:
    track = Track.from_route("ring", ring())
    assert track.closed
    assert track.centre.shape == (200, 2)
    assert track.station.shape == (201,)
    assert track.length == pytest.approx(200 * 2 * 2.0 * np.sin(pi / 200))
    assert track.width == pytest.approx(0.6, abs=1e-3)
    assert track.turning == pytest.approx(2 * pi)
    np.testing.assert_allclose(track.curvature, 0.5, rtol=1e-3)
    projection = track.project([[0.0, 2.1], [-1.9, 0.0]])
    np.testing.assert_allclose(projection.station, [track.length / 4, track.length / 2], atol=2e-3)
    np.testing.assert_allclose(projection.offset, [-0.1, 0.1], atol=3e-4)
    np.testing.assert_allclose(np.abs(projection.heading), [pi, pi / 2], atol=2e-3)
    np.testing.assert_allclose(projection.left_width, 0.3, atol=1e-3)


def test_inner_is_right_on_a_clockwise_ring() -> None:
    track = Track.from_route("ring", ring()[::-1])
    assert track.turning == pytest.approx(-2 * pi)
    np.testing.assert_allclose(np.hypot(*track.right.T), 1.7)
    np.testing.assert_allclose(track.curvature, -0.5, rtol=1e-3)


def test_repeated_waypoints_are_dropped() -> None:
    route = ring()
    doubled = np.repeat(route, 2, axis=0)
    plain, track = Track.from_route("plain", route), Track.from_route("doubled", doubled)
    np.testing.assert_array_equal(track.centre, plain.centre)
    assert np.isfinite(track.heading).all()


def test_open_track() -> None:
    rows = [[x, 0.0, x, -0.3, x, 0.4] for x in np.arange(5.0)]
    track = Track.from_route("straight", rows)
    assert not track.closed
    assert track.station.tolist() == [0, 1, 2, 3, 4]
    np.testing.assert_allclose(track.left[:, 1], 0.4)
    np.testing.assert_allclose(track.pose_at([-1.0, 1.5, 9.0], 0.1), [[0, 0.1, 0], [1.5, 0.1, 0], [4, 0.1, 0]])
    back = track.reversed()
    np.testing.assert_allclose(back.centre, track.centre[::-1])
    np.testing.assert_allclose(back.left[:, 1], -0.3)


def test_reversed_starts_at_the_same_line_and_mirrors_the_rest() -> None:
    track = Track.from_route("ring", ring())
    back = track.reversed()
    assert back.name == "ring-reversed"
    assert back.reversed().name == "ring"
    np.testing.assert_array_equal(back.centre[0], track.centre[0])
    assert back.length == pytest.approx(track.length)
    point = [[0.3, 1.9]]
    there, again = track.project(point), back.project(point)
    assert there.station + again.station == pytest.approx(track.length)
    np.testing.assert_allclose(there.offset, -again.offset)
    np.testing.assert_allclose(np.cos(there.heading - again.heading), -1.0)


def test_projection_undoes_pose_at() -> None:
    track = Track.from_route("ring", ring(rows=101))
    stations = np.linspace(0.01, track.length - 0.01, 333)
    poses = track.pose_at(stations, -0.2)
    found = track.project(poses[:, :2])
    on_segment = np.abs(found.offset + 0.2) < 1e-9
    assert on_segment.mean() > 0.8, "only outside the corners of the polyline is the corner nearer"
    np.testing.assert_allclose(found.station[on_segment], stations[on_segment], atol=1e-9)
    np.testing.assert_allclose(found.station, stations, atol=0.02)
    np.testing.assert_allclose(found.heading, poses[:, 2], atol=0.02)


def test_arrays_are_read_only() -> None:
    with pytest.raises(ValueError, match="read-only"):
        Track.from_route("ring", ring()).centre[0, 0] = 1.0


def _askew(column: int, value: float) -> NDArray[np.float64]:
    route = ring()
    route[7, column] = value
    return route


@pytest.mark.parametrize(
    ("route", "words"),
    [
        (np.zeros((5, 4)), "shape (5, 4)"),
        (np.zeros(6), "shape (6,)"),
        (np.array([["a"] * 6] * 3), "expected numbers"),
        (np.zeros((9, 6)), "1 different waypoints"),
        (ring()[:0], "0 different waypoints"),
        (_askew(0, np.nan), "row 7: expected finite numbers within 1000 m"),
        (_askew(3, np.inf), "row 7: expected finite numbers within 1000 m"),
        (ring()[:, [2, 3, 0, 1, 4, 5]], "do not lie between their borders"),
        (ring(rows=20_002), "at most 20000"),
    ],
)
def test_bad_routes_are_refused_in_one_line(route: NDArray[np.float64], words: str) -> None:
    with pytest.raises(InputError) as error:
        Track.from_route("bad", route)
    assert words in str(error.value)
    assert str(error.value).startswith("route bad: ")
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("name", "length", "width"), [("reinvent_base", 17.709, 0.761), ("reInvent2019_track", 23.118, 1.066)]
)
def test_official_routes(name: str, length: float, width: float) -> None:
    path = DATA / f"{name}.npy"
    if not path.is_file():
        pytest.skip(f"no {path}")
    track = Track.from_route(name, np.load(path, allow_pickle=False))
    assert track.closed
    assert track.length == pytest.approx(length, abs=1e-3)
    assert track.width == pytest.approx(width, abs=1e-3)
    assert track.turning == pytest.approx(2 * pi)
