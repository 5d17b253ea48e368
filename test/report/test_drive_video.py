# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""The video shows the best drive, in real time, with its gauges."""

from dataclasses import replace

import av
import numpy as np
import pytest

from deepracer_ros.race.control import CONTROL_RATE
from deepracer_ros.race.obstacle import BOX, shape_of
from deepracer_ros.race.status import Status
from deepracer_ros.race.vehicle import read_vehicle
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
        replace(a, status=Status.OFF_TRACK, lap_times=(), progress=p)
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
    assert len(frames) == slowest + 1 + round(1.5 * CONTROL_RATE)
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


def test_the_view_from_above_shows_objects_in_their_size(filmed):
    track, _, _ = filmed
    view = OverheadView(track, 2000, 1000, (10, 20, 30), top_speed=4.0)
    scale, before = 880 / 2.6, view.picture.copy()
    view.draw_objects(np.array([[1.0, 0.0, 0.0]]), BOX)
    rows, columns = np.nonzero((view.picture != before).any(axis=2))
    assert (columns.mean(), rows.mean()) == pytest.approx((1000 + scale, 500), abs=2.0)
    assert (np.ptp(columns), np.ptp(rows)) == pytest.approx((0.4 * scale, 0.5 * scale), abs=3.0)
    assert tuple(view.picture[500, round(1000 + scale)]) == BOX.colour


def test_a_car_from_above_is_as_large_as_the_urdf_says(filmed):
    track, _, film = filmed
    view = OverheadView(track, 2000, 1000, (10, 20, 30), top_speed=4.0)
    picture = np.zeros_like(view.picture)
    view.draw_car(picture, replace(film.takes[0].moments[0], x=0.0, y=0.0, yaw=0.0), (255, 0, 0))
    rows, columns = np.nonzero(picture[:, :, 0] > 128)
    scale, vehicle = 880 / 2.6, read_vehicle()
    # The nose stands out by a tenth of half the length.
    assert np.ptp(columns) == pytest.approx(1.05 * vehicle.body_length * scale, abs=3.0)
    assert np.ptp(rows) == pytest.approx(vehicle.body_width * scale, abs=4.0)  # less its outline
    assert shape_of("car").length == vehicle.body_length


def test_the_video_shows_the_objects(filmed_among_objects, tmp_path):
    track, evaluation, film = filmed_among_objects
    write_drive_video(tmp_path / "drive.mp4", track, evaluation.attempts, film.takes, "model 12", BOX)
    seen = panel(read(tmp_path / "drive.mp4")[0], OVERHEAD)
    assert (np.abs(seen - BOX.colour).max(axis=2) <= 30).sum() > 500
    write_drive_video(tmp_path / "bare.mp4", track, evaluation.attempts, film.takes, "model 12")
    assert (np.abs(panel(read(tmp_path / "bare.mp4")[0], OVERHEAD) - BOX.colour).max(axis=2) <= 30).sum() < 100
