# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""Reading of DeepRacer's traces, also of our own: simtrace CSV files, and logs with SIM_TRACE_LOG lines."""

import csv
import re
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from deepracer_ros.errors import InputError
from deepracer_ros.formats.simtrace import MARK, to_log

Floats = NDArray[np.float64]

COLUMNS = ("X", "Y", "yaw", "steer", "throttle", "reward", "progress", "closest_waypoint", "track_len", "tstamp")
"""Columns with numbers that are read of each step."""
LOG_FIELDS = (
    "episode", "steps", "X", "Y", "yaw", "steer", "throttle", "action", "reward", "done", "all_wheels_on_track",
    "progress", "closest_waypoint", "track_len", "tstamp", "episode_status",
)  # fmt: skip
"""Fields of a SIM_TRACE_LOG line that are read, in their order."""
EVALUATION = re.compile("evaluation")
"""What is in the path of a trace of an evaluation."""


@dataclass(frozen=True, eq=False)
class TracedEpisode:
    """The steps of one episode.

    Attributes:
        worker: Folder of the worker; empty for the only one.
        iteration: Number of the iteration.
        episode: Number of the episode.
        status: How it ended, for example "off_track".
        steps: (T, 10) numbers of `COLUMNS`.
        other_reward: Reward that another function gives to the episode; None: not asked for.
    """

    worker: str
    iteration: int
    episode: int
    status: str
    steps: Floats
    other_reward: float | None = None

    def column(self, name: str) -> Floats:
        """Return the values (T,) of a column of `COLUMNS`."""
        values: Floats = self.steps[:, COLUMNS.index(name)]
        return values

    @property
    def reward(self) -> float:
        """Sum of the rewards."""
        return float(self.column("reward").sum())

    @property
    def progress(self) -> float:
        """Progress at the end, %."""
        return float(self.column("progress")[-1])

    @property
    def seconds(self) -> float:
        """Time from the first to the last step, s of simulation."""
        clock = self.column("tstamp")
        return float(clock[-1] - clock[0])

    @property
    def is_lap(self) -> bool:
        """Whether the lap is complete."""
        return self.progress >= 100.0 or self.status == "lap_complete"


def read_traces(folder: Path) -> list[TracedEpisode]:
    """Return all episodes of a training, in their order.

    Args:
        folder: A folder with `training-simtrace` anywhere in it, or with logs (`.log`) that have SIM_TRACE_LOG lines.

    Raises:
        InputError: if there is no trace, or a file is not one.
    """
    paths = [path for path in folder.rglob("*-iteration.csv") if not EVALUATION.search(str(path.relative_to(folder)))]
    episodes: list[TracedEpisode] = []
    for path in sorted(paths, key=_place):
        worker = path.parent.parent.name if path.parent.parent != folder else ""
        episodes += _episodes(_read_csv(path), worker if worker.isdigit() else "", _number(path))
    if not paths:
        for path in sorted(folder.rglob("*.log")):
            episodes += _episodes(_read_log(path), "", 0)
    if not episodes:
        raise InputError(
            f"{folder}: found no training-simtrace/N-iteration.csv and no log with {MARK} lines, expected one; "
            "deepracer train --simtrace writes the former"
        )
    return sorted(episodes, key=lambda episode: (episode.iteration, episode.worker, episode.episode))


def sim_trace_log(folder: Path, lines: int) -> list[str]:
    """Return the last steps of a training as the SIM_TRACE_LOG lines that DeepRacer's log has.

    Args:
        folder: The folder `deepracer` of a run.
        lines: Greatest number of lines.

    Raises:
        InputError: if there is no trace, or a file is not one.
    """
    paths = folder.rglob("training-simtrace/*-iteration.csv")
    found: deque[str] = deque(maxlen=max(0, lines))
    for path in sorted(paths, key=_place):
        found.extend(_log_lines(path))
    if not found and lines > 0:
        raise InputError(f"{folder}: found no training-simtrace/N-iteration.csv; deepracer train --simtrace writes it")
    return list(found)


def _log_lines(path: Path) -> Iterator[str]:
    number = 1
    try:
        for line in path.read_text().splitlines()[1:]:
            number += 1
            yield to_log(line)
    except ValueError as error:
        raise InputError(f"{path}:{number}: found {error}, expected a step of a trace") from error


def _place(path: Path) -> tuple[str, int]:
    """Return the place of a file among those of all workers."""
    return str(path.parent), _number(path)


def _number(path: Path) -> int:
    number = path.name.partition("-")[0]
    return int(number) if number.isdigit() else 0


Row = tuple[int, str, list[float]]
"""Episode, status, and the numbers of `COLUMNS` of a step."""


def _read_csv(path: Path) -> Iterator[Row]:
    with path.open(newline="") as file:
        reader = csv.reader(file)
        header = next(reader, [])
        missing = [name for name in ("episode", "episode_status", *COLUMNS) if name not in header]
        if missing:
            raise InputError(f"{path}: found no column {missing[0]}, expected a simtrace of DeepRacer")
        yield from _rows(path, header, reader)


def _read_log(path: Path) -> Iterator[Row]:
    with path.open(errors="replace") as file:
        lines = (line.partition(MARK)[2].partition("\t")[0].strip().split(",") for line in file if MARK in line)
        yield from _rows(path, list(LOG_FIELDS), (line for line in lines if len(line) >= len(LOG_FIELDS)))


def _rows(path: Path, header: list[str], lines: Iterable[list[str]]) -> Iterator[Row]:
    episode, status = header.index("episode"), header.index("episode_status")
    places = [header.index(name) for name in COLUMNS]
    number = 1
    try:
        for line in lines:
            number += 1
            yield int(float(line[episode])), line[status], [float(line[place]) for place in places]
    except (ValueError, IndexError) as error:
        raise InputError(f"{path}:{number}: found {error}, expected a step of a trace") from error


def _episodes(rows: Iterable[Row], worker: str, iteration: int) -> Iterator[TracedEpisode]:
    found: dict[int, list[tuple[str, list[float]]]] = {}
    for episode, status, numbers in rows:
        found.setdefault(episode, []).append((status, numbers))
    for episode, steps in found.items():
        status = steps[-1][0]
        yield TracedEpisode(worker, iteration, episode, status, np.array([numbers for _, numbers in steps]))
