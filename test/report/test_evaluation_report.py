# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""What an evaluation leaves behind."""

import json
import subprocess
import sys
from dataclasses import replace

import cv2

from deepracer_ros.race.catalogue import find_tracks
from deepracer_ros.race.route import write_route
from deepracer_ros.report import evaluation_report
from deepracer_ros.report.evaluation_report import summarise, track_labels, write_evaluation_report
from deepracer_ros.run.summary import ModelSummary
from deepracer_ros.simulation.attempts import Evaluation

MODEL = ModelSummary(version=12, sha256="ab" * 32)


def test_numbers_lines_and_video_of_one_track(filmed, tmp_path):
    track, evaluation, film = filmed
    written = write_evaluation_report(tmp_path, evaluation, [track], MODEL, film.takes)
    assert [path.name for path in written] == ["evaluation.json", "drive.png", "drive.mp4"]
    assert sorted(tmp_path.iterdir()) == sorted(written)
    document = json.loads(written[0].read_text())
    assert (document["laps_completed"], document["laps_attempted"]) == (2, 3)
    assert document["model"] == {"version": 12, "sha256": "ab" * 32}
    assert document["attempts"][1]["status"] == "off_track"
    assert document["attempts"][1]["lap_seconds"] is None
    assert document["attempts"][2]["lap_seconds"] == document["best_lap_seconds"]


def test_each_of_several_tracks_has_its_own(filmed_on_two, tmp_path):
    tracks, evaluation, film = filmed_on_two
    written = write_evaluation_report(tmp_path, evaluation, tracks, MODEL, film.takes)
    assert [path.name for path in written] == [
        "evaluation.json",
        "drive-inner-ring.png",
        "drive-inner-ring.mp4",
        "drive-outer.png",
        "drive-outer.mp4",
    ]


def test_no_two_tracks_have_one_label(make_ring):
    names = ["home", "home-reversed", "a/b", "a b", "a-b-2", "-", "-"]
    assert track_labels([make_ring(name) for name in names]) == [
        "home",
        "home-reversed",
        "a-b",
        "a-b-2",
        "a-b-2-2",
        "track",
        "track-2",
    ]


def test_a_route_its_reverse_and_another_of_the_same_name_have_reports_of_their_own(make_ring, drive_round, tmp_path):
    """`route.npy-reversed` once overwrote the report of `route.npy`, and two routes of one name were one track."""
    for folder, radius in (("here", 1.0), ("there", 1.5)):
        (tmp_path / folder).mkdir()
        write_route(make_ring("route", radius), tmp_path / folder / "route.npy")
    routes = [f"{tmp_path}/here/route.npy", f"{tmp_path}/here/route.npy-reversed", f"{tmp_path}/there/route.npy"]
    tracks = find_tracks(routes)
    written = write_evaluation_report(tmp_path, drive_round(tracks), tracks, MODEL)
    names = ["evaluation.json", "drive-route.png", "drive-route-reversed.png", "drive-route-2.png"]
    assert [path.name for path in written] == names
    document = json.loads(written[0].read_text())
    assert [attempt["track"] for attempt in document["attempts"]] == ["route", "route-reversed", "route-2"]


def test_what_was_not_recorded_is_left_out(filmed, tmp_path):
    track, evaluation, _ = filmed
    bare = Evaluation(tuple(replace(attempt, trajectory=None) for attempt in evaluation.attempts))
    assert write_evaluation_report(tmp_path, bare, [track], MODEL) == [tmp_path / "evaluation.json"]


def test_no_lap_has_no_mean(filmed):
    _, evaluation, _ = filmed
    summary = summarise(Evaluation((evaluation.attempts[1],)))
    assert (summary.laps_attempted, summary.laps_completed, summary.mean_lap_seconds) == (1, 0, None)


def test_importing_the_report_is_light():
    """A trainer that starts pays for no plots, and nothing here needs ROS, Redis, S3 or torch."""
    modules = "curves drive_plot drive_video evaluation_report film overhead style terminal video"
    heavy = {"rclpy", "redis", "boto3", "torch", "matplotlib", "av", "tensorboardX"}
    program = (
        f"import sys, importlib\nfor m in {modules.split()!r}: importlib.import_module('deepracer_ros.report.' + m)\n"
        f"print(sorted({heavy!r} & set(sys.modules)))"
    )
    found = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=True)
    assert found.stdout.strip() == "[]"


def test_many_tracks_have_one_picture_and_no_videos(filmed_on_two, tmp_path, monkeypatch):
    tracks, evaluation, film = filmed_on_two
    monkeypatch.setattr(evaluation_report, "MOST_PAGES", 1)
    written = write_evaluation_report(tmp_path, evaluation, tracks, MODEL, film.takes)
    assert [path.name for path in written] == ["evaluation.json", "drive.png"]
    picture = cv2.imread(str(tmp_path / "drive.png"))
    assert picture.shape[1] > picture.shape[0] > 200  # two tracks side by side
    assert picture.std() > 10.0
