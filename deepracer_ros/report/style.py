# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""Colours and matplotlib settings of all pictures and videos."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

import numpy as np
from numpy.typing import NDArray

INK = "#1b1f24"
MUTED = "#8a929c"
GRID = "#e4e7eb"
BLUE = "#2f6fde"
GREEN = "#1f9d63"
ACCENT = "#e8590c"
RED = "#e03131"
ROAD = "#343a42"
AMBER = "#f2b705"


@cache
def speed_colours() -> NDArray[np.float64]:
    """Return the colour scale of speeds, (256, 3) RGB in [0, 1] from slow to fast.

    The scale is the turbo colour map (A. Mikhailov, 2019) without its darkest ends.
    """
    from matplotlib import colormaps

    return np.asarray(colormaps["turbo"](np.linspace(0.1, 0.92, 256)))[:, :3]


def top_speed(fastest: float) -> float:
    """Return the end of the colour scale of speeds, m/s: `fastest` rounded up to 0.5 m/s, at least 1 m/s."""
    return max(1.0, float(np.ceil(2.0 * fastest)) / 2.0)


@contextmanager
def plot_style() -> Iterator[None]:
    """Set matplotlib's defaults during the block: white page, thin lines, no frame."""
    from matplotlib import rc_context

    with rc_context(
        {
            "font.family": "DejaVu Sans",
            "font.size": 10.5,
            "text.color": INK,
            "axes.labelcolor": INK,
            "axes.edgecolor": MUTED,
            "axes.linewidth": 0.8,
            "axes.spines.top": False,
            "axes.spines.right": False,
            "axes.grid": True,
            "grid.color": GRID,
            "grid.linewidth": 0.8,
            "axes.axisbelow": True,
            "xtick.color": MUTED,
            "ytick.color": MUTED,
            "xtick.labelcolor": INK,
            "ytick.labelcolor": INK,
            "legend.frameon": False,
        }
    ):
        yield


def rgb(colour: str) -> tuple[int, int, int]:
    """Return a colour `#rrggbb` as red, green and blue, 0 to 255."""
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)
