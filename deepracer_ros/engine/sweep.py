# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""Sweeps: one training for each point of a grid, or each random draw, of configuration values."""

import itertools
import math
import random
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson
import yaml

from deepracer_ros.engine.processes import Process
from deepracer_ros.errors import InputError
from deepracer_ros.files import make_folder
from deepracer_ros.names import check_run_name
from deepracer_ros.parameters import parse_value
from deepracer_ros.run.folder import RunFolder
from deepracer_ros.run.summary import Summary, read_summary

LOOK_SECONDS = 0.2
STOP_SECONDS = 30.0
MOST_RUNS = 10_000
RANGES = ("uniform", "log", "choice")
"""How a random value is drawn: uniform between two numbers, uniform in the logarithm, or one of a list."""


@dataclass(frozen=True)
class Point:
    """One training of a sweep.

    Attributes:
        name: Name of the run.
        values: Configuration values by dotted keys.
    """

    name: str
    values: Mapping[str, Any]


@dataclass(frozen=True)
class Sweep:
    """The content of a sweep file.

    Attributes:
        name: Name of the sweep, with which the names of its runs begin.
        grid: Values of each key; every combination is trained.
        random: For each key how it is drawn: `uniform: [a, b]`, `log: [a, b]` or `choice: [...]`.
        samples: Number of random draws, each with every combination of the grid.
        seed: Seed of the random draws.
        base: Options of `deepracer train` for all runs.
    """

    name: str
    grid: Mapping[str, list[Any]] = field(default_factory=dict)
    random: Mapping[str, Mapping[str, list[Any]]] = field(default_factory=dict)
    samples: int = 1
    seed: int = 0
    base: tuple[str, ...] = ()

    def points(self) -> list[Point]:
        """Return all trainings of the sweep, always the same ones in the same order."""
        source, found = random.Random(self.seed), []
        combinations = [dict(zip(self.grid, values, strict=True)) for values in itertools.product(*self.grid.values())]
        for _ in range(self.samples if self.random else 1):
            drawn = {key: _draw(source, how) for key, how in self.random.items()}
            found += [{**drawn, **combination} for combination in combinations]
        width = len(str(len(found) - 1))
        return [Point(f"{self.name}-{number:0{width}d}", values) for number, values in enumerate(found)]


def read_sweep(path: Path) -> Sweep:
    """Read a sweep file, YAML with the keys of `Sweep`; its name is that of the file.

    Raises:
        InputError: if the file cannot be read, or a key or value is wrong.
    """
    try:
        document = parse_value(path.read_text())
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise InputError(f"{path}: cannot be read as YAML ({' '.join(str(error).split())})") from error
    if not isinstance(document, dict) or not set(document) <= {"grid", "random", "samples", "seed", "base"}:
        raise InputError(f"{path}: expected the keys grid, random, samples, seed and base")
    grid, drawn = document.get("grid") or {}, document.get("random") or {}
    samples, seed, base = document.get("samples", 1), document.get("seed", 0), document.get("base") or []
    if not isinstance(grid, dict) or not all(isinstance(values, list) and values for values in grid.values()):
        raise InputError(f"{path}: grid: found {grid!r}, expected a list of values for each key")
    if not isinstance(drawn, dict) or not all(_is_range(how) for how in drawn.values()):
        raise InputError(f"{path}: random: found {drawn!r}, expected uniform: [a, b], log: [a, b] or choice: [...]")
    if not grid and not drawn:
        raise InputError(f"{path}: found neither grid nor random, expected one with keys of the configuration")
    for name, value in (("samples", samples), ("seed", seed)):
        if type(value) is not int or value < (name == "samples"):
            raise InputError(f"{path}: {name}: found {value!r}, expected a whole number")
    if not isinstance(base, list) or not all(isinstance(option, str) for option in base):
        raise InputError(f"{path}: base: found {base!r}, expected a list of options of deepracer train")
    runs = math.prod(map(len, grid.values())) * (samples if drawn else 1)
    if runs > MOST_RUNS:
        raise InputError(f"{path}: found {runs} runs, expected at most {MOST_RUNS}")
    return Sweep(check_run_name(path.stem), grid, drawn, samples, seed, tuple(base))


def _is_range(how: object) -> bool:
    if not isinstance(how, dict) or len(how) != 1:
        return False
    ((kind, values),) = how.items()
    if kind not in RANGES or not isinstance(values, list) or not values:
        return False
    if kind == "choice":
        return True
    numbers = [value for value in values if isinstance(value, int | float) and not isinstance(value, bool)]
    return len(numbers) == len(values) == 2 and values[0] <= values[1] and (kind == "uniform" or values[0] > 0)


def _draw(source: random.Random, how: Mapping[str, list[Any]]) -> Any:  # noqa: ANN401
    ((kind, values),) = how.items()
    if kind == "choice":
        return source.choice(values)
    low, high = values
    if kind == "log":
        return float(f"{math.exp(source.uniform(math.log(low), math.log(high))):.4g}")
    is_whole = isinstance(low, int) and isinstance(high, int)
    return source.randint(low, high) if is_whole else float(f"{source.uniform(low, high):.4g}")


class Trainings:
    """The trainings of a sweep, some at a time; those that are done are left out, those that were begun go on."""

    def __init__(self, sweep: Sweep, runs: Path, at_once: int) -> None:
        """Prepare the trainings; none is started.

        Args:
            sweep: The sweep.
            runs: Folder of all runs.
            at_once: Number of trainings at a time.

        Raises:
            InputError: if the folder cannot be made.
        """
        make_folder(runs)
        self._sweep, self._runs, self._at_once = sweep, runs, at_once
        self.points = sweep.points()
        self._running: dict[str, Process] = {}
        self.failed: dict[str, str] = {}

    def summary(self, point: Point) -> Summary | None:
        """Return the results of a training; None if it has none yet."""
        path = RunFolder(self._runs / point.name).summary
        return read_summary(path) if path.is_file() else None

    def run(self) -> Iterator[Point]:
        """Run all trainings; yield each when it has ended.

        Raises:
            InputError: if a training cannot be started.
        """
        waiting = [point for point in self.points if self.summary(point) is None]
        try:
            while waiting or self._running:
                while waiting and len(self._running) < self._at_once:
                    self._start(waiting.pop(0))
                for point in self.points:
                    if point.name in self._running and self._running[point.name].exit_code is not None:
                        self._end(point)
                        yield point
                time.sleep(LOOK_SECONDS)
        finally:
            self._stop()

    def _start(self, point: Point) -> None:
        command = ["train", "--runs", str(self._runs), "--name", point.name, *self._sweep.base]
        command += [part for key, value in point.values.items() for part in ("--set", f"{key}={_text(value)}")]
        log = self._runs / f"{point.name}.log"
        self._running[point.name] = Process(point.name, "deepracer_ros.cli.main", command, log)

    def _end(self, point: Point) -> None:
        process = self._running.pop(point.name)
        if process.exit_code:
            self.failed[point.name] = process.last_words() or f"exit code {process.exit_code}"

    def _stop(self) -> None:
        """Stop the trainings that run; they resume with the next start of the sweep."""
        for process in self._running.values():
            process.ask_to_stop()
        for process in self._running.values():
            process.wait(STOP_SECONDS)
        self._running = {}


def _text(value: Any) -> str:  # noqa: ANN401
    """Return a value as YAML on one line, as `--set` takes it; JSON is YAML."""
    return orjson.dumps(value).decode()


def table(points: Sequence[Point], trainings: Trainings) -> list[dict[str, Any]]:
    """Return the results of a sweep, one row for each training: its values, and what came of them."""
    rows: list[dict[str, Any]] = []
    for point in points:
        summary, row = trainings.summary(point), {"run": point.name, **point.values}
        if summary is not None:
            row |= {
                "laps_completed": summary.evaluation.laps_completed,
                "laps_attempted": summary.evaluation.laps_attempted,
                "mean_lap_seconds": summary.evaluation.mean_lap_seconds,
                "seconds_to_all_laps": summary.seconds_to_all_laps,
                "training_seconds": summary.training_seconds,
                "env_steps": summary.env_steps,
            }
        rows.append({**row, "error": trainings.failed.get(point.name, "")})
    return rows
