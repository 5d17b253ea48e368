# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""A racing line: places, speeds, commands and times of a lap, and its files."""

import csv
import io
from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from deepracer_ros.files import write_atomically

Floats = NDArray[np.float64]
DECIMALS = 5
"""Number of decimals in the files: 10 um."""


@dataclass(frozen=True, eq=False)
class Raceline:
    """A lap in K rows; the first row is not repeated at the end of a closed one.

    Attributes:
        track: Name of the track.
        lap_seconds: Time of the lap, s: of a closed track a flying lap, of an open one from standing start to the end.
        station: (K,) arc length of the track's centre line, m.
        x: (K,) world position of base_link along x, m.
        y: (K,) world position of base_link along y, m.
        yaw: (K,) heading, rad, not wrapped.
        speed: (K,) speed forward, m/s.
        steering: (K,) commanded steering angle, rad, + left.
        commanded_speed: (K,) commanded speed, m/s.
        time: (K,) time since the first row, s.
    """

    track: str
    lap_seconds: float
    station: Floats
    x: Floats
    y: Floats
    yaw: Floats
    speed: Floats
    steering: Floats
    commanded_speed: Floats
    time: Floats


COLUMNS = tuple(field.name for field in fields(Raceline) if field.name not in ("track", "lap_seconds"))
"""Names of the columns of a racing line's table."""


def write_csv(line: Raceline, path: Path) -> None:
    """Write a racing line as CSV, with a header row.

    Raises:
        InputError: if the file cannot be written.
    """
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerow(COLUMNS)
    table.writerows(_rows(line))
    write_atomically(path, text.getvalue().encode())


def write_module(line: Raceline, path: Path) -> None:
    """Write a racing line as a Python module that a reward function can import.

    It has `LAP_SECONDS`, and `LINE` with a tuple (x, y, speed, time) per row, in m, m/s and s.

    Raises:
        InputError: if the file cannot be written.
    """
    rows = zip(*(_rounded(getattr(line, name)) for name in ("x", "y", "speed", "time")), strict=True)
    lines = [
        f'"""The time-optimal lap on {line.track}: rows of x, m, y, m, speed, m/s, and time, s."""',
        "",
        f"LAP_SECONDS = {round(line.lap_seconds, DECIMALS)}",
        "LINE = [",
        *(f"    {row}," for row in rows),
        "]",
        "",
    ]
    write_atomically(path, "\n".join(lines).encode())


def _rows(line: Raceline) -> list[list[float]]:
    return [list(row) for row in zip(*(_rounded(getattr(line, name)) for name in COLUMNS), strict=True)]


def _rounded(values: Floats) -> list[float]:
    return [float(value) for value in values.round(DECIMALS)]
