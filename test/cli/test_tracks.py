# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""`deepracer tracks`, as a person types it."""

import argparse
import os
from pathlib import Path

import cv2
import numpy as np
import pytest

from deepracer_ros.cli import tracks
from deepracer_ros.errors import InputError
from deepracer_ros.race.catalogue import find_track
from deepracer_ros.worlds.plan import draw_plan


@pytest.fixture(autouse=True)
def own_folders(tmp_path, monkeypatch):
    monkeypatch.setenv("DEEPRACER_TRACKS", str(tmp_path / "kept"))
    monkeypatch.chdir(tmp_path)


def run(*arguments):
    parser = argparse.ArgumentParser(prog="deepracer")
    tracks.add_parser(parser.add_subparsers(required=True))
    options = parser.parse_args(["tracks", *arguments])
    return options.run(options)


@pytest.fixture
def ring(tmp_path):
    angle = np.linspace(0.0, -2.0 * np.pi, 101)
    unit = np.column_stack([np.cos(angle), np.sin(angle)])
    unit[-1] = unit[0]
    path = tmp_path / "ring.npy"
    np.save(path, np.hstack([2.0 * unit, 1.7 * unit, 2.3 * unit]))
    return path


def test_list(capsys):
    assert run("list") == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split() == ["name", "length", "width", "tightest", "shape", "direction"]
    rows = {line.split()[0]: line.split()[1:] for line in lines[1:]}
    assert rows["technical"] == ["17.59", "m", "0.76", "m", "0.70", "m", "closed", "clockwise"]
    assert rows["oval"][-1] == "anticlockwise"
    assert rows["sprint"][-1] == "open"


def test_a_broken_import_is_named_and_the_others_listed(ring, tmp_path, capsys):
    run("import", str(ring))
    (tmp_path / "kept" / "ring.npy").write_bytes(b"broken")
    capsys.readouterr()
    assert run("list") == 1
    lines = capsys.readouterr().out.splitlines()
    assert any(line.startswith("ring ") and "not a numpy array" in line for line in lines)
    assert any(line.startswith("oval ") for line in lines)


def test_show_writes_a_plan_and_says_where(tmp_path, capsys):
    assert run("show", "technical") == 0
    assert "Plan: technical.png" in capsys.readouterr().out
    plan = cv2.imread(str(tmp_path / "technical.png"))
    assert 1500 < max(plan.shape) < 1700


def test_show_into_a_folder_that_is_not_there_yet(tmp_path):
    assert run("show", "sprint", "--output", "new/plan.png") == 0
    assert (tmp_path / "new/plan.png").stat().st_size > 10_000


def test_the_start_line_lies_across_the_road_where_a_lap_begins():
    """Black squares are nowhere else on the picture; at 0.1 m along the oval's first straight they are."""
    plan = draw_plan(find_track("oval"))
    rows, columns = np.nonzero((plan == 0).all(axis=2))
    assert len(rows) > 1000
    track = find_track("oval")
    low, high = (f(np.concatenate([track.left, track.right]), axis=0) for f in (np.min, np.max))
    resolution = (high - low + 1.2).max() / 1600
    x = low[0] - 0.6 + columns.mean() * resolution
    y = high[1] + 0.6 - rows.mean() * resolution
    assert (x, y) == pytest.approx((track.centre[0, 0] + 0.09, track.centre[0, 1]), abs=0.03)
    assert np.ptp(rows) * resolution == pytest.approx(0.9, abs=0.1)


def test_import_then_show_by_name(ring, tmp_path, capsys):
    assert run("import", str(ring), "--name", "home") == 0
    out = capsys.readouterr().out
    assert f"Route: {tmp_path}/kept/home.npy" in out
    assert f"World: {tmp_path}/kept/worlds/home.world" in out
    assert "closed clockwise" in out
    assert run("show", "home-reversed") == 0
    assert "closed anticlockwise" in capsys.readouterr().out


def test_build_writes_the_worlds_asked_for(ring, tmp_path, capsys):
    assert run("build", "oval", str(ring), "--output", "out", "--barriers", "--obstacles", "3", "--lamps", "1") == 0
    assert capsys.readouterr().out.split() == ["out/oval.world", "out/ring.world"]
    world = (tmp_path / "out/ring.world").read_text()
    assert world.count('<model name="obstacle_') == 3
    assert 'name="lamp_0"' in world
    assert (tmp_path / "out/models/ring/barrier.obj").is_file()


def test_built_objects_may_be_parked_cars(tmp_path):
    run("build", "oval", "--output", "out", "--obstacles", "2", "--obstacle-kind", "car")
    assert (tmp_path / "out/oval.world").read_text().count("<size>0.32 0.1921 0.11</size>") == 4


def test_two_routes_of_one_name_have_worlds_of_their_own(ring, tmp_path, capsys):
    (tmp_path / "other").mkdir()
    np.save(tmp_path / "other/ring.npy", 1.5 * np.load(ring))
    assert run("build", str(ring), "other/ring.npy", f"{ring}-reversed", "--output", "out") == 0
    assert capsys.readouterr().out.split() == ["out/ring.world", "out/ring-2.world", "out/ring-reversed.world"]
    pictures = {(tmp_path / f"out/models/{name}/{name}.png").read_bytes() for name in ("ring", "ring-2")}
    assert len(pictures) == 2


@pytest.mark.parametrize("failing", ["plan.png", "home.world", "home.npy"])
def test_a_full_disk_leaves_no_half_of_a_plan_or_an_import(ring, tmp_path, monkeypatch, failing):
    """The disk is full when a file comes into its place: plan and route stay, the world is whole or absent."""
    run("show", "oval", "--output", "plan.png")
    run("import", str(ring), "--name", "home")
    np.save(ring, 1.5 * np.load(ring))
    rename = os.replace

    def full(source, target):
        if Path(target).name == failing and ".aside" not in str(source):
            raise OSError(28, "No space left on device")
        rename(source, target)

    before = {path: path.read_bytes() for path in tmp_path.rglob("*.*") if path.is_file()}
    command = ("show", "technical", "--output", "plan.png")
    if failing != "plan.png":
        command = ("import", str(ring), "--name", "home")
    with monkeypatch.context() as patch:
        patch.setattr(os, "replace", full)
        with pytest.raises(InputError, match=rf"{failing}: cannot be written \(No space left on device\)"):
            run(*command)
    after = {path: path.read_bytes() for path in tmp_path.rglob("*.*") if path.is_file()}
    if failing == "plan.png":
        assert after == before
    else:
        assert find_track("home").length == pytest.approx(2.0 * np.pi * 2.0, rel=1e-2)
        assert set(before) - set(after) <= {tmp_path / "kept/worlds/home.world"}  # whole or absent
        assert set(after) <= set(before)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["show", "nowhere"], "track nowhere: unknown"),
        (["show", "none.npy"], "none.npy: cannot be read"),
        (["import", "route.txt"], "expected a route"),
        (["build", "oval", "--obstacles", "101"], "--obstacles: count: found 101, expected 0 to 100"),
        (["build", "oval", "--obstacles", "50"], "race.obstacles.count: found 50 on track oval"),
        (["build", "oval", "--lamps", "-1"], "lamps: found -1, expected 0 to 100"),
        (["build", "oval", "nowhere", "--output", "out"], "track nowhere: unknown"),
        (["show", "oval", "--output", "/proc/plan.png"], "/proc/plan.png: cannot be written"),
        (["show", "oval", "--output", "."], ".: is a folder; expected a PNG file to write"),
    ],
)
def test_bad_input_is_one_line_and_leaves_nothing(arguments, words, tmp_path):
    with pytest.raises(InputError) as error:
        run(*arguments)
    assert list(tmp_path.rglob("*.*")) == []
    assert words in str(error.value)
    assert "\n" not in str(error.value)
