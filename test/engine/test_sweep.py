# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""Sweeps: which trainings a file means, and that they are resumed."""

import json
import math

import pytest
import yaml

from deepracer_ros.cli.main import main
from deepracer_ros.engine import sweep as module
from deepracer_ros.engine.sweep import Sweep, Trainings, read_sweep
from deepracer_ros.errors import InputError


def test_a_grid_is_every_combination():
    points = Sweep("s", grid={"seed": [1, 2], "learning.epochs": [3, 4]}).points()
    assert [(point.name, dict(point.values)) for point in points] == [
        ("s-0", {"seed": 1, "learning.epochs": 3}), ("s-1", {"seed": 1, "learning.epochs": 4}),
        ("s-2", {"seed": 2, "learning.epochs": 3}), ("s-3", {"seed": 2, "learning.epochs": 4}),
    ]  # fmt: skip


def test_draws_are_in_their_ranges_and_repeat():
    ranges = {"a": {"uniform": [1, 6]}, "b": {"log": [1e-4, 1e-1]}, "c": {"choice": ["x", "y"]}}
    sweep = Sweep("s", random=ranges, samples=200)
    values = [point.values for point in sweep.points()]
    assert values == [point.values for point in sweep.points()]
    assert {value["a"] for value in values} == set(range(1, 7))
    assert {value["c"] for value in values} == {"x", "y"}
    logs = [math.log10(value["b"]) for value in values]
    assert -4.0 <= min(logs) < -3.7
    assert -1.3 < max(logs) <= -1.0
    assert sum(logs) / len(logs) == pytest.approx(-2.5, abs=0.25)
    other = Sweep("s", random=ranges, samples=200, seed=1)
    assert values != [point.values for point in other.points()]


def test_a_draw_is_trained_with_the_whole_grid():
    points = Sweep("s", grid={"seed": [1, 2]}, random={"a": {"uniform": [0.0, 1.0]}}, samples=2).points()
    drawn = [point.values["a"] for point in points]
    assert drawn[0] == drawn[1] != drawn[2] == drawn[3]


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("a: [", "cannot be read as YAML"),
        ("[1]", "expected the keys grid, random"),
        ("grid: {seed: 3}", "grid: found"),
        ("grid: {seed: []}", "grid: found"),
        ("random: {a: {log: [0, 1]}}", "random: found"),
        ("random: {a: {log: [2, 1]}}", "random: found"),
        ("random: {a: {uniform: [1]}}", "random: found"),
        ("random: {a: {normal: [1, 2]}}", "random: found"),
        ("{}", "found neither grid nor random"),
        ("{grid: {seed: [1]}, samples: 0}", "samples: found 0"),
        ("{grid: {seed: [1]}, base: train}", "base: found 'train'"),
        ("grid: {seed: [1], other: [2]}\nodd: 1", "expected the keys grid, random"),
    ],
)
def test_a_wrong_file_is_one_line(tmp_path, content, expected):
    path = tmp_path / "sweep.yaml"
    path.write_text(content)
    with pytest.raises(InputError, match=expected) as caught:
        read_sweep(path)
    assert str(caught.value).startswith(str(path))
    assert "\n" not in str(caught.value)


def test_too_many_runs_are_refused(tmp_path):
    path = tmp_path / "sweep.yaml"
    path.write_text(yaml.safe_dump({"grid": {"seed": list(range(101)), "jobs": list(range(100))}}))
    with pytest.raises(InputError, match="found 10100 runs, expected at most 10000"):
        read_sweep(path)


class Done:
    """A process that has trained: it has a summary, or refuses."""

    started = []

    def __init__(self, name, program, arguments, log):
        self.started.append(name)
        self.exit_code = 2 if "seed=3" in arguments else 0
        runs = log.parent
        if self.exit_code == 0:
            (runs / name).mkdir()
            (runs / name / "summary.json").write_text(json.dumps(SUMMARY))

    def last_words(self):
        return "seed: found 3"

    def ask_to_stop(self):
        pass

    def wait(self, seconds):
        pass


SUMMARY = {
    "track": "oval", "simulator": "embedded", "seed": 1, "env_steps": 100, "training_seconds": 2.0,
    "seconds_to_all_laps": 1.5, "env_steps_per_second": 50.0,
    "evaluation": {"laps_attempted": 10, "laps_completed": 10, "mean_lap_seconds": 7.5},
    "model": {"version": 3, "sha256": "0" * 64},
}  # fmt: skip


def test_what_is_done_is_left_out_and_the_results_are_a_table(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(module, "Process", Done)
    monkeypatch.setattr(Done, "started", [])
    path, runs = tmp_path / "sweep.yaml", tmp_path / "runs"
    path.write_text("grid: {seed: [1, 2, 3], actions.type: [discrete, continuous]}\n")
    command = ["sweep", str(path), "--runs", str(runs), "--at-once", "2"]
    assert main(command) == 1
    assert Done.started == [f"sweep-{number}" for number in range(6)]
    out = capsys.readouterr().out
    assert "sweep-0: 10 of 10 laps, 7.50 s a lap, every lap complete after 1.5 s" in out
    assert "sweep-5: seed: found 3" in out
    rows = json.loads((runs / "sweep.json").read_text())["runs"]
    assert [row.get("laps_completed") for row in rows] == [10, 10, 10, 10, None, None]
    assert (runs / "sweep.csv").read_text().splitlines()[0].startswith("run,seed,actions.type,laps_completed")
    assert (runs / "sweep.png").read_bytes().startswith(b"\x89PNG")
    assert main(command) == 1
    assert Done.started[6:] == ["sweep-4", "sweep-5"]


def test_a_training_is_the_command_with_its_values(tmp_path):
    sweep = Sweep("one", grid={"tracks": [["nowhere"]]}, base=("--seed", "3"))
    trainings = Trainings(sweep, tmp_path / "runs", 1)
    assert [point.name for point in trainings.run()] == ["one-0"]
    assert "nowhere" in trainings.failed["one-0"]
