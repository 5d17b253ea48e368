# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""Tracks by their corners, and what is promised of those that come with the package."""

from math import pi

import numpy as np
import pytest

from deepracer_ros.config import from_mapping
from deepracer_ros.errors import InputError
from deepracer_ros.race.catalogue import find_track, shipped_names
from deepracer_ros.race.definition import SPACING, TrackDefinition, build_track, read_definition

SQUARE = ((0.0, 0.0, 1.0), (4.0, 0.0, 1.0), (4.0, 4.0, 1.0), (0.0, 4.0, 1.0))


def test_a_rounded_square_by_hand():
    track = build_track("square", TrackDefinition(width=0.8, corners=SQUARE))
    arcs, straights = 2 * pi * 1.0, 4 * 2.0
    assert track.length == pytest.approx(arcs + straights, rel=1e-3)
    assert track.turning == pytest.approx(2 * pi)
    np.testing.assert_allclose(track.centre[0], [2.0, 0.0], atol=1e-12)
    np.testing.assert_allclose(track.left[0], [2.0, 0.4], atol=1e-12)
    np.testing.assert_allclose(track.right[0], [2.0, -0.4], atol=1e-12)
    assert np.abs(track.curvature).max() == pytest.approx(1.0, rel=1e-2)
    assert np.diff(track.station).max() <= SPACING + 1e-12
    middle_of_arc = track.project([[3.0 + np.sin(pi / 4), 1.0 - np.cos(pi / 4)]])
    assert middle_of_arc.offset[0] == pytest.approx(0.0, abs=SPACING**2 / 8)
    assert middle_of_arc.station[0] == pytest.approx(1.0 + pi / 4, rel=1e-3)


def test_the_other_way_round_turns_right():
    track = build_track("square", TrackDefinition(width=0.8, corners=SQUARE[::-1]))
    assert track.turning == pytest.approx(-2 * pi)
    np.testing.assert_allclose(track.centre[0], [2.0, 4.0], atol=1e-12)


def test_arcs_may_meet_without_a_straight():
    corners = tuple((x, y, 2.0) for x, y, _ in SQUARE)
    track = build_track("ring", TrackDefinition(width=0.8, corners=corners))
    np.testing.assert_allclose(np.hypot(*(track.centre - 2.0).T), 2.0)
    assert np.diff(track.station).min() > 0.05


def test_an_open_track_runs_from_end_to_end():
    definition = TrackDefinition(width=0.8, closed=False, corners=((0.0, 0.0), (3.0, 0.0, 1.0), (3.0, 2.0)))
    track = build_track("bend", definition)
    assert not track.closed
    np.testing.assert_allclose(track.centre[[0, -1]], [[0, 0], [3, 2]], atol=1e-12)
    assert track.length == pytest.approx(2.0 + pi / 2 + 1.0, rel=1e-3)


def test_arcs_that_do_not_fit_are_named():
    corners = ((0.0, 0.0, 1.0), (1.5, 0.0, 1.0), (1.5, 4.0, 1.0), (0.0, 4.0, 1.0))
    with pytest.raises(InputError, match=r"track tight: the arcs of corners 0 and 1 overlap by 0.500 m"):
        build_track("tight", TrackDefinition(width=0.8, corners=corners))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"width": 0.0}, "width: found 0.0"),
        ({"width": "wide"}, "width"),
        ({"corners": [[0, 0, 1], [1, 1, 1]]}, "corners: found 2"),
        ({"corners": [[0, 0], [4, 0, 1], [4, 4, 1]]}, "corner 0"),
        ({"corners": [[0, 0, 0.4], [4, 0, 1], [4, 4, 1]]}, "radius 0.4"),
        ({"corners": [[0, 0, 1], [1e9, 0, 1], [4, 4, 1]]}, "corner 1"),
        ({"corners": [[0, 0, 1], [float("nan"), 0, 1], [4, 4, 1]]}, "corner 1"),
        ({"corner": []}, "'corner'"),
    ],
)
def test_bad_definitions_are_refused_in_one_line(change, words):
    good = {"width": 0.8, "corners": [list(corner) for corner in SQUARE]}
    with pytest.raises(InputError) as error:
        from_mapping(TrackDefinition, {**good, **change}, "mine.yaml")
    assert str(error.value).startswith("mine.yaml: ")
    assert words in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("content", "words"), [("width: [", "is not YAML"), ("3", "expected keys"), ("", "expected keys")]
)
def test_bad_files_are_named(tmp_path, content, words):
    path = tmp_path / "mine.yaml"
    path.write_text(content)
    with pytest.raises(InputError, match=words) as error:
        read_definition(path)
    assert str(path) in str(error.value)
    assert "\n" not in str(error.value)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(InputError, match=r"none\.yaml: cannot be read"):
        read_definition(tmp_path / "none.yaml")


def test_the_package_has_what_it_promises():
    tracks = {name: find_track(name) for name in shipped_names()}
    assert {"oval", "technical", "hairpin", "esses", "fast", "long"} <= set(tracks)
    assert 17.0 < tracks["technical"].length < 18.0
    assert tracks["technical"].width == pytest.approx(0.76, abs=1e-3)
    assert tracks["long"].length == pytest.approx(60.0, abs=0.5)
    assert tracks["fast"].width == pytest.approx(1.2, abs=1e-2)
    assert {np.sign(track.turning) for track in tracks.values() if track.closed} == {-1.0, 1.0}


@pytest.mark.parametrize("name", shipped_names())
def test_a_car_can_drive_it_and_no_road_meets_another(name):
    track = find_track(name)
    width = 2.0 * float(np.median(track.left_width))
    assert 0.7 < width < 1.5
    tightest = 1.0 / np.abs(track.curvature).max()
    assert tightest >= 0.65, "the car's own turning circle"
    assert tightest - width / 2.0 >= 0.3, "of the inner border"
    if track.closed:
        assert abs(track.turning) == pytest.approx(2 * pi)
    # The nearest piece of either border is the road's own.
    np.testing.assert_allclose(track.left_width, width / 2.0, atol=0.005)
    np.testing.assert_allclose(track.right_width, width / 2.0, atol=0.005)
    apart = np.abs(np.subtract.outer(track.station[: len(track.centre)], track.station[: len(track.centre)]))
    apart = np.minimum(apart, track.length - apart) if track.closed else apart
    distances = np.linalg.norm(track.centre[:, None] - track.centre[None], axis=2)
    assert distances[apart > pi * width].min(initial=np.inf) > width + 0.3
