# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""Every example runs as its docstring says, with small settings."""

import ast
import importlib.util
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from deepracer_ros.models.folder import read_model_path
from deepracer_ros.race.catalogue import find_track

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
NAMES = sorted(path.stem for path in EXAMPLES.glob("*.py"))

# Seconds on a quiet machine. The first test of a fresh clone compiles the simulator.
pytestmark = pytest.mark.timeout(170)


def run(name, folder, *arguments, **environment):
    """Run an example in a folder; return what it printed."""
    command = [sys.executable, str(EXAMPLES / f"{name}.py"), *map(str, arguments)]
    done = subprocess.run(
        command, cwd=folder, capture_output=True, text=True, timeout=150, env={**os.environ, **environment}
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="session")
def trained(tmp_path_factory):
    """The folder of a run that the first example made, and what that printed."""
    folder = tmp_path_factory.mktemp("examples")
    printed = run("train_from_python", folder, 1, "short")
    return folder / "runs" / "short", printed


@pytest.mark.parametrize("name", NAMES)
def test_an_example_says_how_to_run_it_and_the_readme_lists_it(name):
    text = ast.get_docstring(ast.parse((EXAMPLES / f"{name}.py").read_text()))
    assert f".venv/bin/python examples/{name}.py" in text
    assert f"(examples/{name}.py)" in (EXAMPLES.parent / "README.md").read_text()


def test_train_from_python(trained):
    folder, printed = trained
    assert re.search(r"runs/short: \d of 3 laps completed\n$", printed)
    assert read_model_path(folder).manifest.run == "short"


def test_read_a_run(trained, tmp_path):
    folder, _ = trained
    first, *updates, last = run("read_a_run", tmp_path, folder).splitlines()
    assert first == "tracks oval; 32 cars; learner ppo"
    assert len(updates) == len((folder / "progress.jsonl").read_text().splitlines())
    assert re.fullmatch(r"model \d+: \d of 3 laps completed", last)


def test_drive_in_a_notebook(trained, tmp_path):
    folder, _ = trained
    printed = run("drive_in_a_notebook", tmp_path, MODEL=str(folder))
    assert re.search(r"of run short\n\w+: \d+ % of the lap in \d+ steps\nlap.png\n$", printed)
    assert (tmp_path / "lap.png").read_bytes().startswith(b"\x89PNG")


def test_publish_to_s3(trained, tmp_path):
    folder, _ = trained
    published, versions, loaded = run("publish_to_s3", tmp_path, folder).splitlines()
    sha256 = read_model_path(folder).manifest.sha256
    assert published.startswith("published version 1, ")
    assert published.endswith(f"sha256 {sha256[:12]}...")
    assert versions.startswith("versions [1], last Pointer(version=1, ")
    assert loaded.startswith("loaded version 1 with ")


def test_own_reward(tmp_path):
    lines = [line.split(": ") for line in run("own_reward", tmp_path).splitlines()]
    assert [name for name, _ in lines] == ["reward_function", "progress", "straight", "failure"]
    assert 0.1 <= float(lines[0][1]) <= 1.0
    assert 0.0 < float(lines[2][1]) <= 0.1  # a weight of 0.1 on numbers up to 1


def test_own_track(tmp_path):
    printed = run("own_track", tmp_path, tmp_path)
    assert printed.startswith("ellipse: 20.69 m long, 0.79 m wide\nlap_complete after ")
    assert find_track(str(tmp_path / "ellipse.npy")).closed
    assert (tmp_path / "ellipse.png").read_bytes().startswith(b"\x89PNG")


def test_own_sensor(tmp_path):
    shapes, numbers = run("own_sensor", tmp_path).splitlines()
    assert shapes == "{'FRONT_FACING_CAMERA': (120, 160, 1), 'IMU': (2,)}"
    acceleration, rate = map(float, re.findall(r"(-?\d+\.\d+) ", numbers))
    assert acceleration > 0.0
    assert rate > 0.0  # the car turns left


def rewards(printed):
    return [float(number) for number in re.findall(r"mean reward (-?\d+\.\d+)", printed)]


def test_own_learner(tmp_path):
    found = rewards(run("own_learner", tmp_path, 20))
    assert len(found) == 20
    assert sum(found[-5:]) > sum(found[:5])


def test_cleanrl_style(tmp_path):
    found = rewards(run("cleanrl_style", tmp_path, 12))
    assert len(found) == 12
    assert sum(found[-3:]) > sum(found[:3])


@pytest.mark.skipif(
    importlib.util.find_spec("stable_baselines3") is None, reason="no stable_baselines3: pip install '.[bench]'"
)
def test_sb3_on_the_environment(tmp_path):
    last = run("sb3_on_the_environment", tmp_path, 256).splitlines()[-1]
    assert re.fullmatch(r"progress, %:( \d+){4}", last)
