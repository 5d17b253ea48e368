# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""The picture of a sweep: what came of each value of each key."""

from collections.abc import Mapping, Sequence
from io import BytesIO
from pathlib import Path
from typing import Any

from deepracer_ros.files import write_atomically
from deepracer_ros.report.style import ACCENT, BLUE, plot_style

RESULTS = (("seconds_to_all_laps", "s until every lap"), ("mean_lap_seconds", "lap time, s"))
"""Results that are drawn, and their names."""


def write_sweep_plot(path: Path, keys: Sequence[str], rows: Sequence[Mapping[str, Any]]) -> None:
    """Draw the results of a sweep against the values of each key, as a PNG; a training without laps is a cross.

    Args:
        path: The PNG file.
        keys: The keys of the sweep.
        rows: One row for each training, values and results by name.

    Raises:
        InputError: if the folder cannot be written or the disk is full.
    """
    from matplotlib.figure import Figure

    content = BytesIO()
    with plot_style():
        size = (1.0 + 3.6 * len(keys), 1.0 + 2.8 * len(RESULTS))
        figure = Figure(figsize=size, layout="constrained")
        axes = figure.subplots(len(RESULTS), len(keys), squeeze=False, sharey="row", sharex="col")
        for column, key in enumerate(keys):
            texts = {str(row.get(key)): row.get(key) for row in rows}
            numeric = all(isinstance(value, int | float) and not isinstance(value, bool) for value in texts.values())
            places = {text: float(texts[text] or 0) if numeric else number for number, text in enumerate(texts)}
            for line, (result, label) in enumerate(RESULTS):
                axis = axes[line, column]
                for row in rows:
                    place, value = places[str(row.get(key))], row.get(result)
                    if value is None:
                        axis.plot(place, 0.0, "x", color=ACCENT)
                    else:
                        axis.plot(place, value, "o", color=BLUE, alpha=0.7)
                axis.set_ylim(bottom=0.0)
                if not numeric:
                    axis.set_xticks(list(places.values()), list(places))
                elif len(places) > 1 and min(places.values()) > 0 and max(places.values()) > 20 * min(places.values()):
                    axis.set_xscale("log")
                if column == 0:
                    axis.set_ylabel(label)
            axes[-1, column].set_xlabel(key)
        figure.savefig(content, format="png", dpi=140)
    write_atomically(path, content.getvalue())
