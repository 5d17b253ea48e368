# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""`deepracer drive` drives at once with the package's model, tells of laps, and ends in every way."""

import argparse
import re
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from deepracer_ros.cli.drive import add_parser, drive_config
from deepracer_ros.cli.main import main
from deepracer_ros.models.folder import read_model_path
from deepracer_ros.simulation.config import DEFAULT_REWARD

COMMAND = [sys.executable, "-m", "deepracer_ros.cli.main", "drive"]


def test_the_package_s_model_drives_laps_on_a_track_that_it_has_never_seen(tmp_path):
    done = subprocess.run(
        [*COMMAND, "--track", "oval", "--laps", "2", "--speed", "3"],
        cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    first, *laps, last = done.stdout.splitlines()
    assert done.returncode == 0, done.stderr
    assert "generalist drives on oval" in first
    assert all(re.fullmatch(rf"lap {number}: \d\.\d\d s", lap) for number, lap in enumerate(laps, 1)), laps
    assert last == "2 of 2 laps completed"
    assert not list(tmp_path.iterdir())  # nothing is left


def test_ctrl_c_ends_it_with_what_was_driven(tmp_path):
    with subprocess.Popen([*COMMAND, "--track", "oval", "--speed", "3"], stdout=subprocess.PIPE, text=True) as process:
        lines = [process.stdout.readline(), process.stdout.readline()]
        process.send_signal(signal.SIGINT)
        rest = process.communicate(timeout=20)[0]
    assert lines[1].startswith("lap 1: ")
    assert re.search(r"(\d+) of \1 laps completed", rest)
    assert process.returncode == 0


def test_a_model_drives_without_the_reward_file_of_its_training(tmp_path):
    options = main_options(["--track", "sprint", "--cars", "2"])
    model = read_model_path(Path("generalist"))
    manifest = replace(model.manifest, config={**model.manifest.config, "reward": str(tmp_path / "gone.py")})
    config = drive_config(replace(model, manifest=manifest), options)
    assert config.reward == DEFAULT_REWARD
    assert (config.race.laps, config.race.cars, config.simulation.cars) == (1, 2, 2)
    assert config.simulation.real_time


def main_options(options):
    parser = argparse.ArgumentParser()
    add_parser(parser.add_subparsers())
    return parser.parse_args(["drive", *options])


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--track", "nowhere"], "track nowhere: unknown"), (["--model", "nothing"], "nothing: found no"),
        (["--laps", "-1"], "--laps: found -1"), (["--cars", "0"], "simulation.cars: found 0"),
        (["--speed", "0"], "simulation.real_time_factor: found 0"), (["--track", "random:0-3"], "--track: found 4"),
    ],
)  # fmt: skip
def test_bad_input_gets_one_line(capsys, options, message):
    assert main(["drive", *options]) == 2
    error = capsys.readouterr().err
    assert message in error
    assert error.count("\n") == 1


def test_without_ros_the_view_is_refused(monkeypatch, capsys):
    monkeypatch.setattr("shutil.which", lambda name: None)
    assert main(["drive", "--view"]) == 2
    assert "--view: found no command ros2" in capsys.readouterr().err
