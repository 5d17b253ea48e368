# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""The picture of a racing line: the line on the road, and its speed over the lap."""

from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np

from deepracer_ros.files import write_atomically
from deepracer_ros.race.track import Track
from deepracer_ros.raceline.line import Raceline
from deepracer_ros.report.drive_plot import draw_lines, draw_road
from deepracer_ros.report.style import ACCENT, plot_style
from deepracer_ros.simulation.attempts import Trajectory


def write_raceline_plot(path: Path, track: Track, line: Raceline, title: str) -> None:
    """Draw a racing line, coloured by speed, and its speed along the centre line, as a PNG.

    Args:
        path: The PNG file.
        track: The track.
        line: Its racing line.
        title: Title of the picture.

    Raises:
        InputError: if the file cannot be written or the disk is full.
    """
    from matplotlib.figure import Figure

    content = BytesIO()
    ring = np.arange(len(line.x) + 1) % len(line.x) if track.closed else np.arange(len(line.x))
    driven = Trajectory(line.x[ring], line.y[ring], line.speed[ring], line.steering[ring])
    with plot_style():
        figure = Figure(figsize=(9.0, 9.0), layout="constrained")
        figure.suptitle(title, x=0.02, ha="left", fontsize=14, fontweight="bold")
        road, speeds = figure.subplots(2, 1, height_ratios=(4, 1))
        road.set(aspect="equal", frame_on=False, xticks=[], yticks=[])
        draw_road(road, track)
        bar = figure.colorbar(draw_lines(road, [driven], width=2.4), ax=road, label="speed, m/s", shrink=0.6, pad=0.01)
        outline: Any = bar.outline  # its stubs differ between the releases of matplotlib
        outline.set_visible(False)
        speeds.plot(line.station, line.speed, color=ACCENT, linewidth=1.8)
        speeds.set(xlabel="distance along the centre line, m", ylabel="speed, m/s", xlim=(0.0, track.length))
        speeds.set_ylim(bottom=0.0)
        figure.savefig(content, format="png", dpi=140)
    write_atomically(path, content.getvalue())
