# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""The live view and the log."""

import io
from dataclasses import replace

import pytest
from rich.console import Console

from deepracer_ros.report.terminal import TerminalView, TrainingStatus, line, sparkline
from deepracer_ros.run.progress import EvaluationPoint, ProgressRecord


def status(seconds=0.0, phase="training", **changes):
    record = ProgressRecord(
        env_steps=round(4000 * seconds),
        seconds=seconds,
        mean_reward=12.34,
        mean_progress=63.0,
        lap_rate=0.25,
        laps_completed=5,
        episodes=1234,
        steps_per_second=4012.3,
        model_version=12,
        staleness=0.6,
        queue_fill=0.42,
        evaluation=changes.pop("evaluation", None),
    )
    base = TrainingStatus("run-1", "reinvent_base", "embedded", phase, record, jobs_alive=2, jobs=2)
    return replace(base, **changes)


def log(*statuses):
    console = Console(file=io.StringIO(), width=60, force_terminal=False)
    with TerminalView(console) as view:
        for each in statuses:
            view.update(each)
    return console.file.getvalue().splitlines()


POINT = EvaluationPoint(env_steps=8000, seconds=2.0, laps_completed=7, laps_attempted=10)


def test_log_has_a_line_every_few_seconds():
    lines = log(*(status(tenth / 10) for tenth in range(0, 121)))
    assert [each.split()[1] for each in lines] == ["0.0", "5.0", "10.0"]
    assert lines[1] == (
        "training       5.0 s     20 000 steps   4 012/s  progress 63 %  reward 12.3  "
        "5 laps in 1 234 episodes  model 12"
    )


def test_log_tells_phases_evaluations_and_trouble_at_once():
    lines = log(
        status(1.0, "filling"),
        status(1.1),
        status(1.2),
        status(1.3, evaluation=POINT),
        status(1.4, evaluation=POINT, jobs_alive=1),
        status(1.5, evaluation=POINT, jobs_alive=1, warning="redis: refuses writes"),
    )
    assert [each.split()[1] for each in lines] == ["1.0", "1.1", "1.3", "1.4", "1.5"]
    assert lines[-1].endswith("evaluation 7 of 10 laps  1 of 2 jobs alive  redis: refuses writes")


def test_nothing_is_known_before_the_first_episode():
    fresh = status()
    fresh = replace(fresh, latest=replace(fresh.latest, mean_reward=None, mean_progress=None, lap_rate=None))
    assert "progress –  reward –" in line(fresh)
    console = Console(file=io.StringIO(), width=80)
    console.print(TerminalView(console).picture(fresh))
    assert "no evaluation yet" in console.file.getvalue()


@pytest.mark.parametrize("width", [80, 120])
def test_live_picture_shows_everything_and_fits(width):
    console = Console(file=io.StringIO(), width=width, force_terminal=True, color_system=None, legacy_windows=False)
    with TerminalView(console) as view:
        view.update(status(1.0))
        view.update(status(2.0, evaluation=POINT, warning="s3: refuses writes"))
    text = console.file.getvalue()
    for words in (
        "7 of 10",
        "63 %",
        "12.3",
        "8 000",
        "4 012",
        "1 234",
        "0.6",
        "42 %",
        "2 of 2",
        "run-1",
        "s3: refuses",
    ):
        assert words in text, words
    picture = Console(file=io.StringIO(), width=width, color_system=None)
    picture.print(view.picture(status(3.0)))
    assert max(map(len, picture.file.getvalue().splitlines())) <= 84


def test_live_picture_is_not_drawn_faster_than_eyes_see():
    console = Console(file=io.StringIO(), width=80, force_terminal=True, color_system=None)
    with TerminalView(console) as view:
        view.update(status(1.0))
        size = console.file.tell()
        view.update(status(1.01))
        assert console.file.tell() == size
        view.update(status(1.2))
        assert console.file.tell() > size


def test_sparkline():
    assert sparkline([]) == ""
    assert sparkline([0, 50, 80, 100], 0, 100) == "▁▄▇█"
    assert sparkline([1, 2, 3]) == "▁▄█"
    assert sparkline([5, 5]) == "▁▁"
    assert sparkline([-10, 200], 0, 100) == "▁█"
