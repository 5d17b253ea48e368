# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""`deepracer reward check` shows what a reward function gives, and what to know about its file."""

import json

from deepracer_ros.cli.main import main

TEXT = "import time\ndef reward_function(params):\n    return params['speed']\n"


def test_it_shows_the_range_and_the_findings(tmp_path, capsys):
    path = tmp_path / "my.py"
    path.write_text(TEXT)
    assert main(["reward", "check", str(path), "--track", "oval"]) == 0
    calls, rewards, finding = capsys.readouterr().out.splitlines()
    assert calls.endswith("calls on oval; episodes ended by immobilized, lap_complete, off_track, reversed")
    assert rewards.startswith("rewards 0 to 2.9, mean ")
    assert finding == f"{path}:1: import of time: DeepRacer allows math, random, numpy, scipy, shapely"


def test_it_shows_the_same_as_json(tmp_path, capsys):
    path = tmp_path / "my.py"
    path.write_text(TEXT)
    assert main(["reward", "check", str(path), "--track", "oval", "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert (document["least"], document["findings"][0]["line"]) == (0.0, 1)


def test_a_function_that_fails_is_its_line(tmp_path, capsys):
    path = tmp_path / "my.py"
    path.write_text("def reward_function(params):\n    return None\n")
    assert main(["reward", "check", str(path), "--track", "oval"]) == 2
    assert f"{path}:1: reward_function returned None at steps 2, expected a number" in capsys.readouterr().err
