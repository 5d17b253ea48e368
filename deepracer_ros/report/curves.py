# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""The picture of a training's curves: reward, progress and laps."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from deepracer_ros.files import write_atomically
from deepracer_ros.report.style import ACCENT, BLUE, GREEN, INK, MUTED, plot_style
from deepracer_ros.run.progress import EvaluationPoint, ProgressRecord

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Floats = NDArray[np.float64]

WINDOW = 0.05
"""Fraction of the records over which the thick line is a running mean."""


def write_curves(path: Path, records: Sequence[ProgressRecord], title: str) -> None:
    """Draw reward, progress and laps against environment steps (left) and seconds (right) as a PNG.

    Args:
        path: The PNG file.
        records: Progress records in order of `env_steps`; without records the picture has no curves.
        title: Title of the picture, for example the name of the run.

    Raises:
        InputError: if the folder cannot be written or the disk is full.
    """
    from matplotlib.figure import Figure
    from matplotlib.ticker import FuncFormatter

    content = BytesIO()
    with plot_style():
        figure = Figure(figsize=(11.0, 7.6), layout="constrained")
        figure.suptitle(title, x=0.012, ha="left", fontsize=15, fontweight="bold")
        axes = figure.subplots(3, 2, sharex="col", sharey="row")
        for column, abscissa in enumerate(_ABSCISSAE):
            for row, draw in enumerate((_draw_reward, _draw_progress, _draw_laps)):
                draw(axes[row, column], records, abscissa)
            axes[2, column].set_xlabel(abscissa.label)
            axes[2, column].set_xlim(left=0.0)
        axes[2, 0].xaxis.set_major_formatter(FuncFormatter(lambda steps, _: _thousands(steps)))
        for axis, label in zip(
            axes[:, 0], ("episode reward", "progress, % of a lap", "laps completed, %"), strict=True
        ):
            axis.set_ylabel(label)
        for axis in axes[1:].flat:
            axis.set_ylim(-3.0, 103.0)
        figure.savefig(content, format="png", dpi=140)
    write_atomically(path, content.getvalue())


@dataclass(frozen=True)
class _Abscissa:
    """The horizontal axis of a column."""

    label: str
    position: Callable[[ProgressRecord | EvaluationPoint], float]
    words: Callable[[float], str]


_ABSCISSAE = (
    _Abscissa("environment steps", lambda record: record.env_steps, lambda steps: f"{_thousands(steps)} steps"),
    _Abscissa("training time, s", lambda record: record.seconds, lambda seconds: f"{seconds:.1f} s"),
)


def _draw_reward(axis: "Axes", records: Sequence[ProgressRecord], abscissa: _Abscissa) -> None:
    _draw_curve(axis, [(abscissa.position(r), r.mean_reward) for r in records], BLUE)


def _draw_progress(axis: "Axes", records: Sequence[ProgressRecord], abscissa: _Abscissa) -> None:
    _draw_curve(axis, [(abscissa.position(r), r.mean_progress) for r in records], GREEN)


def _draw_laps(axis: "Axes", records: Sequence[ProgressRecord], abscissa: _Abscissa) -> None:
    """Draw the percentage of training episodes and of evaluation laps that were completed."""
    rates = [(abscissa.position(r), None if r.lap_rate is None else 100.0 * r.lap_rate) for r in records]
    _draw_curve(axis, rates, MUTED, label="in training")
    points = sorted({r.evaluation for r in records if r.evaluation is not None}, key=lambda point: point.env_steps)
    if points:
        shares = [100.0 * point.laps_completed / point.laps_attempted for point in points]
        places = [abscissa.position(point) for point in points]
        axis.plot(places, shares, "o-", color=ACCENT, markersize=5, linewidth=1.2, label="in evaluation", clip_on=False)
    perfect = next((point for point in points if point.is_perfect), None)
    if perfect is not None:
        place = abscissa.position(perfect)
        axis.axvline(place, color=INK, linewidth=0.9, linestyle=(0, (2, 2)))
        text = f"every lap complete after {abscissa.words(place)}"
        side, gap = ("left", 5) if place < abscissa.position(records[-1]) / 3.0 else ("right", -5)
        axis.annotate(
            text,
            (place, 6.0),
            xytext=(gap, 0),
            textcoords="offset points",
            ha=side,
            fontsize=9,
            bbox={"facecolor": "white", "edgecolor": "none", "pad": 1.5},
        )
    if records:
        axis.legend(loc="upper left")


def _draw_curve(
    axis: "Axes", points: Sequence[tuple[float, float | None]], colour: str, label: str | None = None
) -> None:
    """Draw values as a thin line and their running mean as a thick one."""
    known = np.array([(x, y) for x, y in points if y is not None]).reshape(-1, 2)
    if not len(known):
        return
    x, y = known.T
    axis.plot(x, y, color=colour, alpha=0.3, linewidth=1.0)
    mean = _running_mean(y, max(1, round(WINDOW * len(y))))
    axis.plot(x, mean, color=colour, linewidth=2.0, label=label, marker="o" if len(x) == 1 else None)


def _running_mean(values: Floats, window: int) -> Floats:
    """Return (K,) means over up to `window` values that end at each one."""
    sums = np.concatenate([[0.0], np.cumsum(values)])
    last = np.arange(1, len(values) + 1)
    first = np.maximum(last - window, 0)
    mean: Floats = (sums[last] - sums[first]) / (last - first)
    return mean


def _thousands(value: float) -> str:
    """Return a rounded number with thin spaces between groups of three digits."""
    return f"{value:,.0f}".replace(",", "\u2009")
