# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""The analysis of trainings: what people draw of DeepRacer's logs, in one page that needs no network."""

import base64
from collections.abc import Callable, Mapping, Sequence
from html import escape
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from deepracer_ros.files import write_atomically
from deepracer_ros.formats.traces import TracedEpisode
from deepracer_ros.report.style import ACCENT, BLUE, GREEN, MUTED, plot_style

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Floats = NDArray[np.float64]
Episodes = Sequence[TracedEpisode]
Figures: TypeAlias = "dict[str, tuple[str, Callable[[Axes, Episodes], Any]]]"

POINTS = 20_000
"""Most points of a scatter plot."""
LAST = 0.25
"""Part of the episodes, from the end, whose lines, actions and exits are drawn."""
SECTORS = 8
"""Sectors of a lap."""
QUARTERS = 4
STYLE = (
    "body{font:16px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:75rem;padding:0 1rem}img{width:100%}"
    "table{border-collapse:collapse}th,td{padding:.3rem .7rem;text-align:right;border-bottom:1px solid #ccc}"
    "th:first-child,td:first-child{text-align:left}"
)


def write_analysis(folder: Path, runs: Mapping[str, Episodes]) -> list[Path]:
    """Write `analysis.html` with all figures in it, and each figure as a PNG; runs are side by side.

    Args:
        folder: An existing folder.
        runs: Episodes of each run by its name.

    Returns:
        The files written.

    Raises:
        InputError: if the folder cannot be written or the disk is full.
    """
    written, pictures = [], ""
    compared = any(episode.other_reward is not None for episodes in runs.values() for episode in episodes)
    for name, (title, draw) in (FIGURES | (COMPARISON if compared else {})).items():
        content = _draw(runs, draw)
        path = folder / f"{name}.png"
        write_atomically(path, content)
        written.append(path)
        image = base64.b64encode(content).decode()
        pictures += f'<h2>{escape(title)}</h2><img alt="{escape(title)}" src="data:image/png;base64,{image}">'
    page = folder / "analysis.html"
    title = escape(", ".join(runs))
    write_atomically(
        page,
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{title}</title><style>{STYLE}</style>'
        f"<h1>{title}</h1>{_quarters(runs)}{pictures}</html>\n".encode(),
    )
    return [page, *written]


def agreement(episodes: Episodes) -> str:
    """Return in words how the logged and the other rewards go with the progress of the episodes.

    Args:
        episodes: The episodes, all with another function's reward.
    """
    progress = np.array([episode.progress for episode in episodes])
    parts = []
    for name, values in _both_rewards(episodes).items():
        varies = len(values) > 1 and np.std(values) > 0.0 and np.std(progress) > 0.0
        correlation = f"{np.corrcoef(progress, values)[0, 1]:.2f}" if varies else "none"
        parts.append(f"{name} reward {np.mean(values):.4g} an episode, correlation with progress {correlation}")
    return "; ".join(parts)


def _both_rewards(episodes: Episodes) -> dict[str, Floats]:
    """Return the logged and the other reward (N,) of each episode that has both."""
    both = [(episode.reward, episode.other_reward) for episode in episodes if episode.other_reward is not None]
    logged, other = np.array(both, float).reshape(-1, 2).T
    return {"logged": logged, "other": other}


def _draw(runs: Mapping[str, Episodes], draw: "Callable[[Axes, Episodes], Any]") -> bytes:
    from matplotlib.figure import Figure

    content = BytesIO()
    with plot_style():
        figure: Figure = Figure(figsize=(6.5 * len(runs), 4.6), layout="constrained")
        for axis, (name, episodes) in zip(figure.subplots(1, len(runs), squeeze=False)[0], runs.items(), strict=True):
            coloured = draw(axis, episodes)
            axis.set_title(name, loc="left", fontsize=11)
            if coloured is not None:
                figure.colorbar(coloured[0], ax=axis, label=coloured[1], shrink=0.8)
        figure.savefig(content, format="png", dpi=110)
    return content.getvalue()


def quarters(episodes: Episodes) -> list[dict[str, float | None]]:
    """Return episodes, laps, their share, mean reward, mean progress and best lap time of each quarter of a training.

    Args:
        episodes: The episodes in their order.
    """
    rows: list[dict[str, float | None]] = []
    for part in np.array_split(np.arange(len(episodes)), QUARTERS):
        own = [episodes[int(index)] for index in part]
        laps = [episode.seconds for episode in own if episode.is_lap]
        rows.append(
            {
                "episodes": len(own),
                "laps": len(laps),
                "laps, %": 100.0 * len(laps) / len(own) if own else None,
                "mean reward": float(np.mean([episode.reward for episode in own])) if own else None,
                "mean progress, %": float(np.mean([episode.progress for episode in own])) if own else None,
                "best lap, s": min(laps, default=None),
            }
        )
    return rows


def _quarters(runs: Mapping[str, Episodes]) -> str:
    rows = [(name, number, row) for name, episodes in runs.items() for number, row in enumerate(quarters(episodes), 1)]
    head = "".join(f"<th>{escape(name)}</th>" for name in ("run", "quarter", *rows[0][2]))
    body = "".join(
        f"<tr><td>{escape(name)}</td><td>{number}</td>"
        + "".join(f"<td>{'-' if value is None else f'{value:.4g}'}</td>" for value in row.values())
        + "</tr>"
        for name, number, row in rows
    )
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def _by_iteration(episodes: Episodes, value: Callable[[TracedEpisode], float]) -> tuple[Floats, Floats]:
    groups: dict[int, list[float]] = {}
    for episode in episodes:
        groups.setdefault(episode.iteration, []).append(value(episode))
    numbers = sorted(groups)
    return np.array(numbers, float), np.array([np.mean(groups[number]) for number in numbers])


def _reward(axis: "Axes", episodes: Episodes) -> None:
    axis.plot(*_by_iteration(episodes, lambda episode: episode.reward), color=BLUE, marker=".")
    axis.set(xlabel="iteration", ylabel="mean reward of an episode")


def _progress(axis: "Axes", episodes: Episodes) -> None:
    axis.plot(
        *_by_iteration(episodes, lambda episode: episode.progress), color=GREEN, marker=".", label="mean progress"
    )
    laps = _by_iteration(episodes, lambda episode: 100.0 * episode.is_lap)
    axis.plot(*laps, color=ACCENT, marker=".", label="complete laps")
    axis.set(xlabel="iteration", ylabel="%", ylim=(-3, 103))
    axis.legend(loc="upper left")


def _completion(axis: "Axes", episodes: Episodes) -> None:
    axis.hist([min(episode.progress, 100.0) for episode in episodes], bins=20, range=(0, 100), color=GREEN)
    axis.set(xlabel="progress at the end, %", ylabel="episodes")


def _lap_times(axis: "Axes", episodes: Episodes) -> None:
    laps = [episode.seconds for episode in episodes if episode.is_lap]
    if laps:
        axis.hist(laps, bins=25, color=BLUE)
    axis.set(xlabel="lap time, s", ylabel="laps")


def _last(episodes: Episodes) -> Episodes:
    return episodes[-max(1, round(LAST * len(episodes))) :]


def _steps(episodes: Episodes, *names: str) -> list[Floats]:
    """Return columns of `formats.traces.COLUMNS` over the driven steps of the last quarter of the episodes."""
    return [np.concatenate([episode.column(name)[1:] for episode in _last(episodes)]) for name in names]


def _lines(axis: "Axes", episodes: Episodes, name: str, label: str) -> tuple[Any, str]:
    columns = _steps(episodes, "X", "Y", name)
    x, y, values = (column[:: max(1, len(column) // POINTS)] for column in columns)
    low, high = np.percentile(values, (2, 98)) if len(values) else (0.0, 1.0)
    points = axis.scatter(x, y, c=values, s=3, cmap="turbo", vmin=low, vmax=max(high, low + 1e-9), linewidths=0)
    axis.set_aspect("equal")
    axis.set(xlabel="x, m", ylabel="y, m")
    return points, label


def _by_speed(axis: "Axes", episodes: Episodes) -> tuple[Any, str]:
    return _lines(axis, episodes, "throttle", "commanded speed, m/s")


def _by_reward(axis: "Axes", episodes: Episodes) -> tuple[Any, str]:
    return _lines(axis, episodes, "reward", "reward of the step")


def _actions(axis: "Axes", episodes: Episodes) -> tuple[Any, str]:
    steering, speed = _steps(episodes, "steer", "throttle")
    axis.hist2d(steering, speed, bins=(25, 20), cmap="Blues")
    axis.set(xlabel="steering angle, degrees, + left", ylabel="speed, m/s")
    return axis.collections[0], "steps"


def _turns(axis: "Axes", episodes: Episodes) -> tuple[Any, str]:
    waypoint, steering = _steps(episodes, "closest_waypoint", "steer")
    axis.hist2d(waypoint, steering, bins=(40, 25), cmap="Blues")
    axis.set(xlabel="closest waypoint", ylabel="steering angle, degrees, + left")
    return axis.collections[0], "steps"


def _starts(axis: "Axes", episodes: Episodes) -> None:
    starts = [float(episode.column("closest_waypoint")[0]) for episode in episodes]
    axis.scatter(starts, [episode.progress for episode in episodes], s=6, color=BLUE, alpha=0.4, linewidths=0)
    axis.set(xlabel="waypoint at the start", ylabel="progress at the end, %", ylim=(-3, 103))


def _exits(axis: "Axes", episodes: Episodes) -> None:
    for episode in _last(episodes)[:200]:
        axis.plot(episode.column("X"), episode.column("Y"), color=MUTED, linewidth=0.3)
    ended = [episode for episode in _last(episodes) if not episode.is_lap]
    x, y = ([episode.column(name)[-1] for episode in ended] for name in ("X", "Y"))
    axis.scatter(x, y, s=14, color=ACCENT, linewidths=0, zorder=3)
    axis.set_aspect("equal")
    axis.set(xlabel="x, m", ylabel="y, m")


def sector_seconds(episode: TracedEpisode) -> Floats:
    """Return the times (8,) of a lap in its sectors, s: eighths of the lap from its start.

    Args:
        episode: A complete lap.
    """
    progress, clock = np.maximum.accumulate(episode.column("progress")), episode.column("tstamp")
    borders = np.interp(np.linspace(0.0, progress[-1], SECTORS + 1), progress, clock)
    return np.diff(borders)


def _sectors(axis: "Axes", episodes: Episodes) -> None:
    laps = np.array([sector_seconds(episode) for episode in episodes if episode.is_lap])
    if len(laps):
        axis.boxplot(laps, flierprops={"markersize": 2})
    axis.set(xlabel="sector, from the start of the lap", ylabel="s")


def _rewards(axis: "Axes", episodes: Episodes) -> None:
    progress = [episode.progress for episode in episodes]
    for (name, values), colour in zip(_both_rewards(episodes).items(), (MUTED, ACCENT), strict=True):
        scale = max(float(np.abs(values).max()), 1e-9)
        axis.scatter(progress, values / scale, s=8, color=colour, linewidths=0, label=name)
    axis.set(xlabel="progress at the end, %", ylabel="reward of the episode over the greatest")
    axis.legend(loc="upper left")


FIGURES: Figures = {
    "reward": ("Reward per iteration", _reward),
    "progress": ("Progress and complete laps per iteration", _progress),
    "completion": ("How far episodes came", _completion),
    "lap_times": ("Lap times", _lap_times),
    "lines_by_speed": ("Driven lines by speed, last quarter", _by_speed),
    "lines_by_reward": ("Driven lines by reward, last quarter", _by_reward),
    "actions": ("Actions, last quarter", _actions),
    "turns": ("Steering along the lap, last quarter", _turns),
    "starts": ("Progress by start position", _starts),
    "exits": ("Where episodes ended, last quarter", _exits),
    "sectors": ("Sector times of complete laps", _sectors),
}
"""Title and drawing of each figure by the name of its file; a new figure needs one more entry."""
COMPARISON: Figures = {"other_reward": ("The reward of another function for the same steps", _rewards)}
"""The figure that is drawn where episodes have the reward of another function, too."""
