# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""A ranking is by laps, then by time, and is the same in all its forms."""

import csv
import json

import pytest

from deepracer_ros.race.status import Status
from deepracer_ros.report.ranking import Entry, ranked, write_ranking
from deepracer_ros.simulation.attempts import Attempt, Evaluation


def entry(name, *times):
    attempts = [
        Attempt(
            "oval",
            0.0,
            Status.LAP_COMPLETE if time else Status.OFF_TRACK,
            100.0 if time else 40.0,
            (time,) if time else (),
            10,
        )
        for time in times
    ]
    return Entry(name, 7, Evaluation(tuple(attempts)))


ENTRIES = [entry("slow", 9.0, 9.0), entry("steady", 8.0, 8.0), entry("bold", 6.0, 9.5), entry("off", 5.0, None)]


@pytest.mark.parametrize(
    ("rule", "order"),
    [
        ("best", ["bold", "steady", "slow", "off"]),
        ("mean", ["bold", "steady", "slow", "off"]),
        ("total", ["bold", "steady", "slow", "off"]),
    ],
)
def test_the_order(rule, order):
    assert [one.model for one in ranked(ENTRIES, rule)] == order


def test_by_mean_a_steady_one_beats_one_good_lap():
    entries = [entry("bold", 5.0, 12.0), entry("steady", 8.0, 8.0)]
    assert [one.model for one in ranked(entries, "mean")] == ["steady", "bold"]
    assert [one.model for one in ranked(entries, "best")] == ["bold", "steady"]


def test_models_without_a_lap_are_ranked_by_progress():
    near = Entry("near", 1, Evaluation((Attempt("oval", 0.0, Status.OFF_TRACK, 90.0, (), 10),)))
    assert [one.model for one in ranked([entry("far", None), near], "mean")] == ["near", "far"]


def test_all_forms_say_the_same(tmp_path):
    (tmp_path / "bold").mkdir()
    (tmp_path / "bold" / "drive.mp4").write_bytes(b"")
    paths = write_ranking(tmp_path, ranked(ENTRIES, "mean"), "mean", "oval <b>")
    document = json.loads(paths[0].read_text())
    rows = list(csv.DictReader(paths[1].open()))
    assert [row["model"] for row in rows] == [row["model"] for row in document["ranking"]]
    assert (document["ranking"][0]["total_seconds"], rows[0]["total_seconds"]) == (15.5, "15.5")
    page = paths[2].read_text()
    assert "oval &lt;b&gt;" in page
    assert "<td>15.50</td>" in page
    assert 'src="bold/drive.mp4"' in page
    assert page.count("<video") == 1
