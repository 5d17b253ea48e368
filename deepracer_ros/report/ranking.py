# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""The ranking of models that drove under one set of rules: JSON, CSV, and a page for a browser."""

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any, Literal

from deepracer_ros.files import write_atomically, write_json
from deepracer_ros.simulation.attempts import Evaluation

Rule = Literal["best", "mean", "total"]
"""By which lap time models are ranked that completed as many laps: DeepRacer's best, average and total lap time."""
COLUMNS = (
    "rank", "model", "version", "laps_completed", "laps_attempted", "mean_progress", "best_lap_seconds",
    "mean_lap_seconds", "total_seconds",
)  # fmt: skip
STYLE = (
    "body{font:16px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:60rem;padding:0 1rem}table{border-collapse:"
    "collapse;width:100%}th,td{padding:.4rem .6rem;text-align:right;border-bottom:1px solid #ccc}th:nth-child(2),"
    "td:nth-child(2){text-align:left}video{width:100%;max-width:30rem}figure{margin:1.5rem 0}"
)


@dataclass(frozen=True, eq=False)
class Entry:
    """A model in a ranking.

    Attributes:
        model: Unique name of the model, also that of the folder with its report.
        version: Version of the model in its run.
        evaluation: What it drove.
    """

    model: str
    version: int
    evaluation: Evaluation

    @property
    def total_seconds(self) -> float | None:
        """Sum of the times of the completed laps, s; None if no lap was completed."""
        times = self.evaluation.lap_times
        return sum(times) if times else None

    def seconds(self, rule: Rule) -> float | None:
        """Return the lap time by a rule, s; None if no lap was completed."""
        evaluation = self.evaluation
        return {
            "best": evaluation.best_lap_seconds, "mean": evaluation.mean_lap_seconds, "total": self.total_seconds,
        }[rule]  # fmt: skip


def ranked(entries: Sequence[Entry], rule: Rule) -> list[Entry]:
    """Return the entries in their order: by completed laps, then by lap time, then by mean progress.

    Args:
        entries: The models.
        rule: By which lap time.
    """

    def key(entry: Entry) -> tuple[float, float, float]:
        evaluation = entry.evaluation
        return (-evaluation.laps_completed, entry.seconds(rule) or 0.0, -evaluation.mean_progress)

    return sorted(entries, key=key)


def write_ranking(folder: Path, entries: Sequence[Entry], rule: Rule, title: str) -> list[Path]:
    """Write `ranking.json`, `ranking.csv` and `ranking.html`.

    Args:
        folder: An existing folder.
        entries: The models in their order, from `ranked`.
        rule: By which lap time they are ranked.
        title: Title of the page, for example the track.

    Returns:
        The files written.

    Raises:
        InputError: if the folder cannot be written or the disk is full.
    """
    rows = [_row(rank, entry) for rank, entry in enumerate(entries, 1)]
    paths = [folder / f"ranking.{kind}" for kind in ("json", "csv", "html")]
    write_json(paths[0], {"title": title, "rule": rule, "ranking": rows})
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS)
    writer.writeheader()
    writer.writerows(rows)
    write_atomically(paths[1], text.getvalue().encode())
    write_atomically(paths[2], _page(folder, rows, rule, title).encode())
    return paths


def _row(rank: int, entry: Entry) -> dict[str, Any]:
    evaluation = entry.evaluation
    return {
        "rank": rank,
        "model": entry.model,
        "version": entry.version,
        "laps_completed": evaluation.laps_completed,
        "laps_attempted": evaluation.laps_attempted,
        "mean_progress": evaluation.mean_progress,
        "best_lap_seconds": evaluation.best_lap_seconds,
        "mean_lap_seconds": evaluation.mean_lap_seconds,
        "total_seconds": entry.total_seconds,
    }


def _page(folder: Path, rows: Sequence[dict[str, Any]], rule: Rule, title: str) -> str:
    head = "".join(f"<th>{escape(name.replace('_', ' '))}</th>" for name in COLUMNS)
    body = "".join("<tr>" + "".join(f"<td>{_cell(row[name])}</td>" for name in COLUMNS) + "</tr>" for row in rows)
    videos = "".join(
        f'<figure><video controls src="{escape(path.relative_to(folder).as_posix())}"></video>'
        f"<figcaption>{escape(str(row['model']))}, {escape(path.stem)}</figcaption></figure>"
        for row in rows
        for path in sorted((folder / str(row["model"])).glob("*.mp4"))
    )
    return (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{escape(title)}</title><style>{STYLE}</style>'
        f"<h1>{escape(title)}</h1><p>Ranked by completed laps, then by the {rule} lap time.</p>"
        f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>{videos}</html>\n"
    )


def _cell(value: Any) -> str:  # noqa: ANN401
    if value is None:
        return "-"
    return f"{value:.2f}" if isinstance(value, float) else escape(str(value))
