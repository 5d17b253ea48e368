# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""The linters of a ROS index, where they are installed; setup.cfg says where ruff's rules differ from theirs."""

import importlib.util
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
SOURCES = ("setup.py", "benchmarks", "deepracer_ros", "examples", "launch", "test", "urdf")


def lint(name, *arguments):
    """Run `ament_NAME` with this Python, whose libraries it needs."""
    if importlib.util.find_spec(f"ament_{name}") is None:
        pytest.skip(f"ament_{name} is not installed")
    command = [sys.executable, "-m", f"ament_{name}.main", *arguments]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=55)
    assert run.returncode == 0, run.stdout + run.stderr


@pytest.mark.parametrize("source", SOURCES)
def test_flake8(source):
    lint("flake8", "--config", "setup.cfg", source)


def test_pep257():
    """Google's convention, as in pyproject.toml. ruff says what needs a docstring; setup.cfg explains D402."""
    ignored = [*(f"D10{number}" for number in range(8)), "D402", "D403"]
    lint("pep257", *SOURCES, "--convention", "google", "--add-ignore", *ignored)


def test_xmllint():
    """All but package.xml, whose schema xmllint would fetch from the network; test_manifest.py checks it."""
    if not shutil.which("xmllint"):
        pytest.skip("xmllint is not installed")
    lint("xmllint", "config", "urdf", "worlds", "--extensions", "config", "world", "xacro", "xml")
