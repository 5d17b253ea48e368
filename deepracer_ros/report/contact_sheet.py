# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""One picture of many tracks, each small, with the driven lines coloured by speed."""

import math
from collections.abc import Sequence
from io import BytesIO
from pathlib import Path

from deepracer_ros.files import write_atomically
from deepracer_ros.race.track import Track
from deepracer_ros.report.drive_plot import draw_lines, draw_road
from deepracer_ros.report.style import INK, RED, plot_style
from deepracer_ros.simulation.attempts import Attempt

CELL = 2.6
"""Width and height of the picture of one track, inches."""


def write_contact_sheet(path: Path, drives: Sequence[tuple[Track, Sequence[Attempt]]], title: str) -> None:
    """Draw many tracks from above with their driven lines as one PNG.

    Above each track are its name and its completed laps, in red if laps are missing; a cross marks where one ended.

    Args:
        path: The PNG file.
        drives: Each track with the attempts on it; attempts without a recorded trajectory are left out.
        title: Title of the picture.

    Raises:
        InputError: if the folder cannot be written or the disk is full.
    """
    from matplotlib.figure import Figure

    columns = math.ceil(math.sqrt(len(drives)))
    rows = math.ceil(len(drives) / columns)
    content = BytesIO()
    with plot_style():
        figure = Figure(figsize=(CELL * columns, CELL * rows + 0.5), layout="constrained")
        figure.suptitle(title, x=0.02, ha="left", fontsize=14, fontweight="bold")
        for number, (track, attempts) in enumerate(drives, start=1):
            axis = figure.add_subplot(rows, columns, number, aspect="equal", frame_on=False, xticks=[], yticks=[])
            draw_road(axis, track, scale=0.4)
            driven = [(attempt, attempt.trajectory) for attempt in attempts if attempt.trajectory is not None]
            if driven:
                draw_lines(axis, [trajectory for _, trajectory in driven], width=0.9)
            for _, trajectory in (drive for drive in driven if not drive[0].completed):
                axis.plot([trajectory.x[-1]], [trajectory.y[-1]], "x", color=RED, zorder=4)
            completed = sum(attempt.completed for attempt in attempts)
            words = f"{track.name}  {completed} of {len(attempts)}"
            axis.set_title(words, fontsize=7, color=INK if completed == len(attempts) else RED)
        figure.savefig(content, format="png", dpi=110)
    write_atomically(path, content.getvalue())
