"""What an evaluation leaves behind."""

import json
import subprocess
import sys
from dataclasses import replace

from deepracer_ros.report.evaluation_report import summarise, write_evaluation_report
from deepracer_ros.run.summary import ModelSummary
from deepracer_ros.simulation.evaluation import Evaluation

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
    modules = (
        "curves drive_plot drive_video evaluation_report film progress run_folder summary tensorboard terminal video"
    )
    heavy = {"rclpy", "redis", "boto3", "torch", "matplotlib", "av", "tensorboardX"}
    program = (
        f"import sys, importlib\nfor m in {modules.split()!r}: importlib.import_module('deepracer_ros.report.' + m)\n"
        f"print(sorted({heavy!r} & set(sys.modules)))"
    )
    found = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=True)
    assert found.stdout.strip() == "[]"
