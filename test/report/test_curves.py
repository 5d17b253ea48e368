# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""The curves of a training."""

import cv2
import numpy as np

from deepracer_ros.report.curves import _running_mean, write_curves
from deepracer_ros.report.style import ACCENT, BLUE, rgb
from deepracer_ros.run.progress import EvaluationPoint, ProgressRecord


def records(count):
    first = ProgressRecord(0, 0.0, None, None, None, 0, 0, 4000.0, 0)
    point = EvaluationPoint(env_steps=20_000, seconds=5.0, laps_completed=10, laps_attempted=10)
    return [first] + [
        ProgressRecord(
            i * 1000, i / 4, float(i), float(i), i / 100, i, i, 4000.0, i, evaluation=point if i > 20 else None
        )
        for i in range(1, count)
    ]


def has(path, colour):
    picture = cv2.imread(str(path)).astype(int)
    return bool((np.abs(picture - rgb(colour)[::-1]).max(axis=2) <= 2).any())


def test_curves_and_evaluations_are_drawn(tmp_path):
    write_curves(tmp_path / "all.png", records(60), "ring")
    assert has(tmp_path / "all.png", BLUE)
    assert has(tmp_path / "all.png", ACCENT)


def test_a_training_that_ended_at_once_has_a_picture(tmp_path):
    write_curves(tmp_path / "none.png", [], "ring")
    assert not has(tmp_path / "none.png", BLUE)


def test_one_update_is_a_point(tmp_path):
    write_curves(tmp_path / "one.png", records(2)[1:], "ring")
    assert has(tmp_path / "one.png", BLUE)
    assert not has(tmp_path / "one.png", ACCENT)


def test_running_mean_is_over_the_last_values():
    assert _running_mean(np.array([1.0, 3.0, 5.0, 10.0]), 2).tolist() == [1.0, 2.0, 4.0, 7.5]
