"""The picture of the driven lines."""

import cv2
import numpy as np
import pytest

from deepracer_ros.errors import InputError
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
