# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""The ground picture: what lies where, how sharp, how large."""

import numpy as np
import pytest

from deepracer_ros.errors import InputError
from deepracer_ros.race.catalogue import find_track
from deepracer_ros.race.definition import TrackDefinition, build_track
from deepracer_ros.race.track import Track
from deepracer_ros.worlds.texture import TrackLook, draw_track, road_edges

SQUARE = ((0.0, 0.0, 1.0), (4.0, 0.0, 1.0), (4.0, 4.0, 1.0), (0.0, 4.0, 1.0))
LOOK = TrackLook()


@pytest.fixture(scope="module")
def square():
    return build_track("square", TrackDefinition(width=0.8, corners=SQUARE))


@pytest.fixture(scope="module")
def image(square):
    return draw_track(square)


def colour_at(image, x, y):
    column, row = ((np.array([x, y]) - image.origin) / image.resolution).astype(int)
    return tuple(image.rgb[row, column].tolist())


def test_the_picture_covers_road_and_margin(image):
    assert image.resolution == 0.01
    np.testing.assert_allclose(image.origin, [-3.4, -3.4])
    assert image.rgb.dtype == np.uint8
    assert image.rgb.shape == (1080, 1080, 3)
    assert image.size == pytest.approx((10.8, 10.8))
    assert image.grey.shape == (1080, 1080)


def test_colours_lie_where_they_belong(image):
    # On the first straight, y is the offset to the left.
    assert colour_at(image, 2.0, -1.0) == LOOK.ground
    assert colour_at(image, 2.0, 2.0) == LOOK.ground
    assert colour_at(image, 2.0, 0.2) == LOOK.road
    assert colour_at(image, 2.0, -0.3) == LOOK.road
    assert colour_at(image, 2.0, 0.4) == LOOK.border
    assert colour_at(image, 2.0, -0.4) == LOOK.border


def test_lines_are_as_wide_as_asked(image):
    """Across the first straight at x = 2, from y = -0.5 to -0.3: ground, line, road."""
    profile = image.rgb[290:310, 540].astype(float).sum(axis=0) * 0.01
    shares = np.linalg.lstsq(np.array([LOOK.ground, LOOK.border, LOOK.road], float).T, profile, rcond=None)[0]
    np.testing.assert_allclose(shares, [0.075, LOOK.border_width, 0.075], atol=0.005)


def test_the_centre_line_is_dashed_half_and_half(image, square):
    stations = np.arange(0.0, square.length, 0.005)
    x, y, _ = square.pose_at(stations).T
    columns, rows = ((np.column_stack([x, y]) - image.origin) / image.resolution).astype(int).T
    yellow = (image.rgb[rows, columns].astype(int) - LOOK.road)[:, 0] > 0.5 * (LOOK.centre[0] - LOOK.road[0])
    assert yellow.mean() == pytest.approx(0.5, abs=0.12)
    changes = np.count_nonzero(yellow != np.roll(yellow, 1))
    assert changes == 2 * round(square.length / (2 * LOOK.dash))


def test_edges_are_antialiased(image):
    shades = np.unique(image.grey[200:600, 200:600])
    assert len(shades) > 12, "more than the four colours of the paint"


def test_an_open_track_ends_in_a_line():
    track = build_track("straight", TrackDefinition(width=0.8, closed=False, corners=((0.0, 0.0), (3.0, 0.0))))
    picture = draw_track(track)
    assert colour_at(picture, 0.0, 0.2) == LOOK.border
    assert colour_at(picture, -0.2, 0.2) == LOOK.ground
    assert colour_at(picture, 0.2, 0.2) == LOOK.road


def test_a_folded_border_leaves_no_hole_in_the_road():
    """Inside a corner tighter than half the road the border folds back over itself."""
    angle = np.linspace(0.0, 2 * np.pi, 61)
    unit = np.column_stack([np.cos(angle), np.sin(angle)])
    unit[-1] = unit[0]
    track = Track.from_route("folded", np.hstack([0.5 * unit, -0.1 * unit, 1.1 * unit]))
    picture = draw_track(track)
    assert colour_at(picture, 0.25, 0.0) == LOOK.road
    assert colour_at(picture, 0.0, 0.8) == LOOK.road


def test_a_picture_of_a_huge_track_is_refused(square):
    with pytest.raises(InputError, match="track square: found a picture of"):
        draw_track(square, metres_per_pixel=0.001)


def test_edges_keep_their_distance():
    edges = road_edges(find_track("hairpin"), 0.3)
    assert len(edges) == 2
    track = find_track("hairpin")
    for edge in edges:
        projection = track.project(edge)
        assert np.abs(projection.offset).min() > 0.4 + 0.3 - 0.04
    outer = max(edges, key=lambda edge: np.ptp(edge[:, 0]))
    np.testing.assert_allclose(np.abs(track.project(outer).offset), 0.7, atol=0.04)
