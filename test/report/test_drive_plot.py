# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""The picture of the driven lines."""

from dataclasses import replace

import cv2
import numpy as np
import pytest

from deepracer_ros.errors import InputError
from deepracer_ros.race.obstacle import BOX
from deepracer_ros.race.track import Track
from deepracer_ros.report.drive_plot import write_drive_plot
from deepracer_ros.report.style import RED, ROAD, rgb, top_speed


def pixels_of(picture, colour):
    """How many pixels have nearly a colour; OpenCV's pictures are BGR."""
    return int((np.abs(picture.astype(int) - rgb(colour)[::-1]).max(axis=2) <= 2).sum())


def test_road_lines_and_failures_are_drawn(filmed, tmp_path):
    track, evaluation, _ = filmed
    write_drive_plot(tmp_path / "all.png", track, evaluation.attempts, "ring")
    write_drive_plot(tmp_path / "laps.png", track, [a for a in evaluation.attempts if a.completed], "ring")
    drawn, laps = (cv2.imread(str(tmp_path / name)) for name in ("all.png", "laps.png"))
    assert min(drawn.shape[:2]) > 600
    assert pixels_of(drawn, ROAD) > 50_000
    assert pixels_of(drawn, RED) > pixels_of(laps, RED) + 50


def test_the_objects_on_the_road_are_drawn(filmed_among_objects, tmp_path):
    """Two boxes of 0.4 x 0.5 m: as many pixels of cardboard as the scale of the picture says."""
    track, evaluation, _ = filmed_among_objects
    attempts = [replace(attempt, trajectory=None) for attempt in evaluation.attempts]
    write_drive_plot(tmp_path / "with.png", track, attempts, "ring", BOX)
    write_drive_plot(tmp_path / "without.png", track, attempts, "ring")
    drawn, bare = (cv2.imread(str(tmp_path / name)) for name in ("with.png", "without.png"))
    cardboard = "#b08454"
    assert pixels_of(bare, cardboard) == 0
    # Across the ring's outer border it is 2.6 m.
    columns = np.flatnonzero((np.abs(bare.astype(int) - rgb(ROAD)[::-1]).max(axis=2) <= 2).any(axis=0))
    scale = np.ptp(columns) / 2.6
    assert pixels_of(drawn, cardboard) == pytest.approx(2 * 0.4 * 0.5 * scale**2, rel=0.06)


def test_objects_that_differ_between_attempts_are_drawn_faintly(filmed_among_objects, tmp_path):
    track, evaluation, _ = filmed_among_objects
    attempt = replace(evaluation.attempts[0], trajectory=None)
    other = replace(attempt, objects=attempt.objects * [-1.0, -1.0, 1.0])
    write_drive_plot(tmp_path / "both.png", track, [attempt, other], "ring", BOX)
    picture = cv2.imread(str(tmp_path / "both.png"))
    assert pixels_of(picture, "#b08454") == 0
    mixed = [round((a + b) / 2) for a, b in zip(rgb("#b08454"), rgb(ROAD), strict=True)]
    assert pixels_of(picture, "#{:02x}{:02x}{:02x}".format(*mixed)) > 1000


def test_an_open_track_without_a_drive_is_a_picture_too(tmp_path):
    x = np.linspace(0.0, 10.0, 21)
    route = np.stack([x, 0 * x, x, 0 * x + 0.4, x, 0 * x - 0.4], axis=1)
    write_drive_plot(tmp_path / "road.png", Track.from_route("road", route), [], "road")
    picture = cv2.imread(str(tmp_path / "road.png"))
    assert picture.shape[1] > picture.shape[0]
    assert pixels_of(picture, ROAD) > 10_000


def test_a_folder_that_is_not_there_is_one_line(filmed, tmp_path):
    track, evaluation, _ = filmed
    with pytest.raises(InputError, match=r"drive\.png: cannot be written"):
        write_drive_plot(tmp_path / "absent" / "drive.png", track, evaluation.attempts, "ring")


@pytest.mark.parametrize(("fastest", "top"), [(0.0, 1.0), (2.1, 2.5), (2.5, 2.5), (3.9, 4.0)])
def test_scales_of_speed_end_at_half_metres(fastest, top):
    assert top_speed(fastest) == top
