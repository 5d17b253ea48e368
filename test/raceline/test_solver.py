# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""Time-optimal laps against a circle's known one, within their limits, and driven in the simulator."""

import sys

import numpy as np
import pytest

from deepracer_ros.cli.main import main
from deepracer_ros.errors import InputError
from deepracer_ros.race.catalogue import find_track
from deepracer_ros.race.track import Track
from deepracer_ros.race.vehicle import read_vehicle
from deepracer_ros.raceline.driven import drive_raceline, fastest_drive
from deepracer_ros.raceline.solver import Limits, solve_raceline

pytest.importorskip("casadi", reason="casadi is not installed")


def circle(radius, half):
    angle = np.linspace(0.0, 2.0 * np.pi, 181)
    unit = np.stack([np.cos(angle), np.sin(angle)], axis=1)
    return Track.from_route("circle", np.hstack([radius * unit, (radius - half) * unit, (radius + half) * unit]))


def test_a_circle_is_driven_on_its_inside_at_the_limit_of_the_tyres():
    line = solve_raceline(circle(2.0, 0.4), Limits(margin=0.0))
    radius = 1.6
    # All grip to the side: v^2 / r = mu g. A tyre comes near its full friction only with much slip, which needs drive.
    fastest = np.sqrt(read_vehicle().friction * 9.81 * radius)
    ideal = 2.0 * np.pi * radius / fastest
    assert np.hypot(line.x, line.y) == pytest.approx(radius, abs=0.01)
    assert ideal < line.lap_seconds < 1.1 * ideal


@pytest.mark.parametrize("name", ["oval", "technical", "sprint"])
def test_a_lap_keeps_to_its_limits(name):
    track, limits = find_track(name), Limits(speed=3.0, steering=0.4, margin=0.1)
    line = solve_raceline(track, limits)
    seen = track.project(np.stack([line.x, line.y], axis=1))
    assert (seen.offset <= seen.left_width - 0.1 + 0.03).all()
    assert (seen.offset >= -seen.right_width + 0.1 - 0.03).all()
    assert line.commanded_speed.max() <= 3.0 + 1e-4
    assert np.abs(line.steering).max() <= 0.4 + 1e-4
    assert (np.diff(line.time) > 0.0).all()


def test_more_room_and_more_speed_are_faster():
    track = find_track("oval")
    times = [
        solve_raceline(track, Limits(speed, margin=m)).lap_seconds for speed, m in ((2.0, 0.1), (4.0, 0.1), (4.0, 0.0))
    ]
    assert times == sorted(times, reverse=True)


def test_a_lap_that_is_driven_in_the_simulator_takes_as_long_as_planned():
    line = solve_raceline(find_track("oval"), Limits(margin=0.05))
    lap = drive_raceline(line, "oval")
    assert lap is not None
    assert lap == pytest.approx(line.lap_seconds, rel=0.05)


def test_the_fastest_drive_is_no_faster_than_the_optimum():
    limits = Limits()
    line = solve_raceline(find_track("oval"), limits)
    lap = fastest_drive("oval", line, limits)
    assert lap is not None
    assert line.lap_seconds <= lap < 1.06 * line.lap_seconds


def test_without_a_solution_the_track_is_named():
    with pytest.raises(InputError, match=r"oval: found no time-optimal lap .*expected one within 0\.01 s"):
        solve_raceline(find_track("oval"), seconds=0.01)


def test_the_command_writes_line_picture_and_table(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("DEEPRACER_TRACKS", str(tmp_path / "tracks"))
    assert main(["tracks", "optimal", "random:1", "--output", str(tmp_path / "lines")]) == 0
    assert "random-1, optimal flying lap 2." in capsys.readouterr().out
    names = sorted(path.name for path in (tmp_path / "lines").iterdir())
    assert names == ["random-1-optimal.csv", "random-1-optimal.png", "random_1_optimal.py"]
    assert (tmp_path / "tracks" / "optimal_laps.json").is_file()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["nowhere"], "nowhere"), (["oval", "--speed", "9"], "--speed: found 9"),
        (["oval", "--margin", "-1"], "--margin: found -1"), (["oval", "--margin", "nan"], "--margin: found nan"),
        (["random:3-1"], "random:3-1"),
    ],
)  # fmt: skip
def test_bad_input_gets_one_line(tmp_path, capsys, options, message):
    assert main(["tracks", "optimal", *options, "--output", str(tmp_path / "lines")]) == 2
    error = capsys.readouterr().err
    assert message in error
    assert error.count("\n") == 1
    assert not (tmp_path / "lines").exists()


def test_without_casadi_the_command_says_how_to_install_it(tmp_path, monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "casadi", None)
    assert main(["tracks", "optimal", "oval", "--output", str(tmp_path)]) == 2
    assert "pip install" in capsys.readouterr().err
