# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""The film of an evaluation holds each car's first episode, and no more."""

import cv2
import numpy as np
import pytest

from deepracer_ros.report import film as film_module
from deepracer_ros.report.film import Film
from deepracer_ros.simulation.course import Course
from deepracer_ros.simulation.evaluation import evaluate


def test_takes_end_with_their_attempt(filmed):
    _, evaluation, film = filmed
    assert [attempt.completed for attempt in evaluation.attempts] == [True, False, True]
    for attempt, take in zip(evaluation.attempts, film.takes, strict=True):
        assert len(take.moments) == len(take.pictures) == attempt.steps + 1
        assert take.moments[-1].progress == attempt.progress
        assert take.moments[3].x == attempt.trajectory.x[3]
    assert film.takes[2].moments[0].speed == 6.0


def test_pictures_are_what_the_camera_saw(filmed):
    _, _, film = filmed
    take = film.takes[1]
    seen = take.frame(len(take.pictures) - 1)
    assert seen.shape == (30, 40, 3)
    assert seen.mean() == pytest.approx(2.0 * take.moments[-1].progress, abs=2.0)


def test_colours_survive():
    frame = np.zeros((16, 16, 3), np.uint8)
    frame[:] = (200, 100, 20)
    take = film_module.Take(pictures=[film_module._jpeg(frame)])
    assert np.abs(take.frame(0).astype(int) - frame).max() <= 4
    assert cv2.imdecode(take.pictures[0], cv2.IMREAD_COLOR)[0, 0, 0] < 30


def test_of_stacked_frames_the_newest_one_is_filmed(filmed):
    _, _, film = filmed
    again = Film(film._course, stack_size=3)
    evaluate(again, lambda observations: (np.zeros(3), np.zeros(3)))
    taken, whole = again.takes[0].frame(-1), film.takes[0].frame(-1)
    assert len(taken) == len(whole) // 3
    assert np.abs(taken.astype(int) - whole[-len(taken) :]).max() <= 8


def test_the_last_cars_of_many_have_no_pictures(filmed, monkeypatch):
    track, _, film = filmed
    monkeypatch.setattr(film_module, "CAMERAS", 1)
    again = Film(film._course)
    evaluate(again, lambda observations: (np.zeros(3), np.zeros(3)))
    assert [len(take.pictures) > 0 for take in again.takes] == [True, False, False]
    assert [len(take.moments) for take in again.takes] == [len(take.moments) for take in film.takes]
    course: Course = again
    assert course.tracks == [track]


def test_the_film_changes_nothing_of_the_course(filmed_among_objects):
    _, evaluation, film = filmed_among_objects
    assert evaluation.attempts[0].objects.tolist() == [[1.0, 0.0, np.pi / 2], [0.0, 1.0, 0.0]]
    assert film.objects.shape == (1, 2, 3)


def test_each_track_is_filmed(filmed_on_two, monkeypatch):
    _, _, film = filmed_on_two
    monkeypatch.setattr(film_module, "CAMERAS", 1)
    again = Film(film._course)
    evaluate(again, lambda observations: (np.zeros(2), np.zeros(2)))
    assert all(take.pictures for take in again.takes)
