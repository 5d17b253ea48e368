# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""The picture of the driven lines on the road, coloured by speed."""

from collections.abc import Sequence
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from deepracer_ros.files import write_atomically
from deepracer_ros.race.obstacle import ObstacleShape
from deepracer_ros.race.track import Track
from deepracer_ros.report.overhead import rectangles, start_line
from deepracer_ros.report.style import AMBER, INK, MUTED, RED, ROAD, plot_style, speed_colours, top_speed
from deepracer_ros.simulation.attempts import Attempt, Trajectory

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.collections import LineCollection

Floats = NDArray[np.float64]


def write_drive_plot(
    path: Path, track: Track, attempts: Sequence[Attempt], title: str, shape: ObstacleShape | None = None
) -> None:
    """Draw a track from above with the driven lines as a PNG.

    The starts are marked, and so are the ends of attempts that did not complete the lap.

    Args:
        path: The PNG file.
        track: The track that was driven.
        attempts: Attempts on this track; those without a recorded trajectory are left out.
        title: Title of the picture.
        shape: Size and colour of the objects on the road; None draws no objects.

    Raises:
        InputError: if the folder cannot be written or the disk is full.
    """
    from matplotlib.figure import Figure

    driven = [(attempt, attempt.trajectory) for attempt in attempts if attempt.trajectory is not None]
    content = BytesIO()
    with plot_style():
        figure = Figure(figsize=_page(track), layout="constrained")
        figure.suptitle(title, x=0.02, ha="left", fontsize=14, fontweight="bold")
        axis = figure.add_subplot(aspect="equal", frame_on=False, xticks=[], yticks=[])
        draw_road(axis, track)
        if shape is not None:
            draw_objects(axis, attempts, shape)
        if driven:
            lines = draw_lines(axis, [trajectory for _, trajectory in driven])
            bar = figure.colorbar(lines, ax=axis, label="speed, m/s", shrink=0.6, aspect=28, pad=0.01)
            outline: Any = bar.outline  # its stubs differ between the releases of matplotlib
            outline.set_visible(False)
            _mark(axis, driven)
        _draw_scale(axis, track)
        figure.savefig(content, format="png", dpi=150)
    write_atomically(path, content.getvalue())


def draw_road(axis: "Axes", track: Track, scale: float = 1.0) -> None:
    """Draw the road on a plot: grey surface, white borders, dashed centre line and start line.

    Args:
        axis: The plot.
        track: The track.
        scale: Factor of the widths of all lines.
    """
    from matplotlib.collections import PolyCollection

    left, right, centre = (_round(track, line) for line in (track.left, track.right, track.centre))
    tiles = np.stack([left[:-1], left[1:], right[1:], right[:-1]], axis=1)
    axis.add_collection(PolyCollection(list(tiles), facecolor=ROAD, edgecolor=ROAD, linewidth=0.6, zorder=1))
    for border in (left, right):
        axis.plot(*border.T, color=INK, linewidth=3.4 * scale, solid_joinstyle="round", zorder=0.9)
        axis.plot(*border.T, color="white", linewidth=1.8 * scale, solid_joinstyle="round", zorder=1.1)
    axis.plot(*centre.T, color=AMBER, linewidth=0.9 * scale, linestyle=(0, (6, 6)), alpha=0.6, zorder=1.2)
    ends = start_line(track)
    axis.plot(*ends.T, color="white", linewidth=3.0 * scale, zorder=1.3)
    place = ends[0] + 0.2 * (ends[0] - ends[1])
    heading = track.pose_at([0.0])[0, 2]
    ahead = 0.35 * np.array([np.cos(heading), np.sin(heading)])
    axis.annotate("", place + ahead, place, arrowprops={"arrowstyle": "-|>", "color": INK, "linewidth": 1.2 * scale})
    axis.autoscale_view()


def draw_objects(axis: "Axes", attempts: Sequence[Attempt], shape: ObstacleShape) -> None:
    """Draw the objects on the road on a plot.

    If the attempts had objects at different places, the objects of all attempts are drawn, and the more different
    placements there are, the more transparent they are.

    Args:
        axis: The plot.
        attempts: Attempts with the poses of their objects.
        shape: Size and colour of the objects.
    """
    from matplotlib.collections import PolyCollection

    settings = {attempt.objects.tobytes(): attempt.objects for attempt in attempts}
    colour = tuple(value / 255.0 for value in shape.colour)
    for poses in settings.values():
        boxes = PolyCollection(list(rectangles(poses, shape.length, shape.width)), facecolor=colour, edgecolor=INK)
        boxes.set(linewidth=0.9, zorder=1.5, alpha=max(0.15, 1.0 / len(settings)))
        axis.add_collection(boxes)


def _round(track: Track, line: Floats) -> Floats:
    """Return a line along the track with its first point repeated at the end if the track is closed."""
    return np.concatenate([line, line[:1]]) if track.closed else line


def draw_lines(axis: "Axes", trajectories: Sequence[Trajectory], width: float = 1.7) -> "LineCollection":
    """Draw driven lines on a plot, coloured by speed.

    Args:
        axis: The plot.
        trajectories: The driven lines.
        width: Width of the lines, points.
    """
    from matplotlib.collections import LineCollection
    from matplotlib.colors import ListedColormap, Normalize

    pieces, speeds = [], []
    for trajectory in trajectories:
        points = np.stack([trajectory.x, trajectory.y], axis=1)
        pieces.append(np.stack([points[:-1], points[1:]], axis=1))
        speeds.append((trajectory.speed[:-1] + trajectory.speed[1:]) / 2.0)
    speed = np.concatenate(speeds)
    lines = LineCollection(
        list(np.concatenate(pieces)),
        array=speed,
        cmap=ListedColormap(list(speed_colours())),
        norm=Normalize(0.0, top_speed(float(speed.max(initial=0.0)))),
        linewidth=width,
        capstyle="round",
        zorder=2,
    )
    axis.add_collection(lines)
    return lines


def _mark(axis: "Axes", driven: Sequence[tuple[Attempt, Trajectory]]) -> None:
    """Mark the starts of the attempts, and the ends of those that did not complete the lap."""
    x, y = np.array([(line.x[0], line.y[0]) for _, line in driven]).T
    axis.scatter(x, y, s=26, color="white", edgecolor=INK, linewidth=0.9, zorder=3, label=f"start ({len(x)})")
    failed = [(attempt, line) for attempt, line in driven if not attempt.completed]
    for status in sorted({attempt.status for attempt, _ in failed}):
        x, y = np.array([(line.x[-1], line.y[-1]) for attempt, line in failed if attempt.status == status]).T
        name = status.name.lower().replace("_", " ")
        axis.scatter(
            x,
            y,
            s=90,
            marker="X",
            color=RED,
            edgecolor="white",
            linewidth=1.0,
            zorder=4,
            label=f"{name} ({len(x)})",
        )
    axis.legend(loc="upper left", bbox_to_anchor=(0.0, 0.0), ncols=5, handletextpad=0.2, borderaxespad=0.2)


def _draw_scale(axis: "Axes", track: Track) -> None:
    """Draw a bar of one metre below the track's right end."""
    borders = np.concatenate([track.left, track.right])
    right, bottom = borders[:, 0].max(), borders[:, 1].min()
    gap = 0.04 * float(np.ptp(borders, axis=0).max())
    axis.plot([right - 1.0, right], [bottom - gap] * 2, color=MUTED, linewidth=2.0, solid_capstyle="butt")
    axis.annotate(
        "1 m",
        (right - 0.5, bottom - gap),
        xytext=(0, -4),
        textcoords="offset points",
        color=MUTED,
        fontsize=9,
        ha="center",
        va="top",
    )


def _page(track: Track) -> tuple[float, float]:
    """Return the size of the picture in inches: the track's shape, and space for title and scale."""
    width, height = np.ptp(np.concatenate([track.left, track.right]), axis=0) + 0.5
    scale = min(9.5 / width, 8.0 / height)
    return max(6.0, float(width * scale) + 1.3), float(height * scale) + 1.3
