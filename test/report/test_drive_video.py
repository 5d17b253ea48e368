"""The video shows the best drive, in real time, with its gauges."""

from dataclasses import replace

import av
import numpy as np
import pytest

from deepracer_ros.race.status import Status
from deepracer_ros.report import drive_video
from deepracer_ros.report.drive_video import CAMERA, OVERHEAD, choose, write_drive_video
from deepracer_ros.report.overhead import OverheadView
from deepracer_ros.report.style import rgb


def read(path):
    with av.open(str(path)) as container:
        return [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]


def panel(frame, box):
    x, y, width, height = box
    return frame[y : y + height, x : x + width].astype(int)


def test_the_fastest_lap_is_chosen_or_the_farthest_drive(filmed):
    _, evaluation, film = filmed
    assert choose(evaluation.attempts, film.takes) == 2
    failed = [
        replace(a, status=Status.OFF_TRACK, lap_seconds=None, progress=p)
        for a, p in zip(evaluation.attempts, (10.0, 50.0, 20.0), strict=True)
    ]
    assert choose(failed, film.takes) == 1
    without = [film.takes[0], replace(film.takes[1], pictures=[]), film.takes[2]]
    assert choose(failed, without) == 2


def test_video_is_real_time_and_shows_camera_track_and_end(filmed, tmp_path):
    track, evaluation, film = filmed
    path = tmp_path / "drive.mp4"
    write_drive_video(path, track, evaluation.attempts, film.takes, "model 12")
    frames = read(path)
    slowest = max(attempt.steps for attempt in evaluation.attempts)
    assert len(frames) == slowest + 1 + round(1.5 * 15)
    assert frames[0].shape == (540, 960, 3)

    fastest = evaluation.attempts[2].steps
    halfway = fastest // 2
    seen = panel(frames[halfway], CAMERA)
    assert seen.mean() == pytest.approx(2.0 * film.takes[2].moments[halfway].progress, abs=6.0)

    green = np.array(rgb("#3fb950"))
    stripe = panel(frames[-1], (CAMERA[0], CAMERA[1] + CAMERA[3] - 60, 4, 50))
    assert np.abs(stripe.mean(axis=(0, 1)) - green).max() < 25
    assert np.abs(panel(frames[fastest - 1], OVERHEAD) - panel(frames[0], OVERHEAD)).max() > 100


def test_a_creeping_drive_is_cut(filmed, tmp_path, monkeypatch):
    track, evaluation, film = filmed
    monkeypatch.setattr(drive_video, "LONGEST_SECONDS", 0.2)
    monkeypatch.setattr(drive_video, "OTHERS_SECONDS", 0.0)
    monkeypatch.setattr(drive_video, "LAST_SECONDS", 0.0)
    write_drive_video(tmp_path / "drive.mp4", track, evaluation.attempts, film.takes, "model 12")
    assert len(read(tmp_path / "drive.mp4")) == 3


def test_the_view_from_above_fits_the_track_and_has_north_up(filmed):
    track, _, film = filmed
    ground = (10, 20, 30)
    view = OverheadView(track, 200, 100, ground, top_speed=4.0)
    assert (view.picture[50, 100] == ground).all()
    # The ring's outer border has a radius of 1.3 m, and 94 % of the height less the margins is 88 pixels.
    scale = 88 / 2.6
    assert not (view.picture[round(50 - scale), 100] == ground).all()
    assert not (view.picture[50, round(100 + scale)] == ground).all()
    north = replace(film.takes[0].moments[0], x=0.0, y=0.5, yaw=0.0)
    picture = view.picture.copy()
    view.draw_car(picture, north, (255, 0, 0))
    assert picture[round(50 - 0.5 * scale), 100, 0] == 255
    assert picture[round(50 + 0.5 * scale), 100, 0] == ground[0]
    assert view.speed_colour(0.0) != view.speed_colour(4.0) == view.speed_colour(9.0)
