# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""The live view of a training in a terminal, or its log lines if the output is not a terminal."""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from types import TracebackType

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.panel import Panel
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from deepracer_ros.run.progress import EvaluationPoint, ProgressRecord
from deepracer_ros.run.state import Phase

LINE_SECONDS = 5.0
"""Training time between two log lines, s."""
REFRESH_SECONDS = 0.1
"""Training time between two updates of the live view, s; more frequent updates would only flicker."""
WIDTH = 84
"""Greatest width of the live view, characters; it keeps values near their names."""
HISTORY = 32
"""Number of characters in a sparkline."""

_COLOURS: dict[Phase, str] = {
    "starting": "yellow",
    "filling": "yellow",
    "training": "green",
    "waiting": "red",
    "evaluating": "cyan",
    "done": "green",
    "stopped": "red",
}


@dataclass(frozen=True)
class TrainingStatus:
    """The status of a training that the view shows."""

    run: str
    """Name of the run."""
    track: str
    """Track names, separated by commas."""
    simulator: str
    """Name of the simulator: embedded or gazebo."""
    phase: Phase
    """Phase of the run; see `run.state.Phase`."""
    latest: ProgressRecord
    """Figures after the last update of the trainer."""
    jobs_alive: int
    """Number of simulation jobs that are running."""
    jobs: int
    """Number of simulation jobs in the run."""
    warning: str | None = None
    """Latest problem in one line; None if there is none."""


class TerminalView:
    """Shows the status of a training.

    In a terminal it shows a live picture. Elsewhere it prints one line every few seconds of training time, and at every
    new phase, evaluation, warning or change in the number of running jobs.
    """

    def __init__(self, console: Console | None = None) -> None:
        """Create the view; the live picture starts with the `with` block.

        Args:
            console: Console to write to; by default standard output.
        """
        self._console = console or Console()
        self._progress: deque[float] = deque(maxlen=HISTORY)
        self._reward: deque[float] = deque(maxlen=HISTORY)
        self._shown: TrainingStatus | None = None
        self._steps_seen = -1
        self._live: Live | None = None
        if self._console.is_terminal and not self._console.is_dumb_terminal:
            self._live = Live(console=self._console, auto_refresh=False)

    def __enter__(self) -> "TerminalView":
        """Start the live picture."""
        if self._live:
            self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop the live picture; its last state stays on the screen."""
        if self._live:
            self._live.stop()

    def update(self, status: TrainingStatus) -> None:
        """Show a status, unless the last one was shown less than the update period ago and no event happened since."""
        self._remember(status.latest)
        if not self._is_due(status):
            return
        self._shown = status
        if self._live:
            self._live.update(self.picture(status), refresh=True)
        else:
            self._console.print(line(status), markup=False, highlight=False, soft_wrap=True)

    def _remember(self, record: ProgressRecord) -> None:
        """Add a new record to the sparklines."""
        if record.env_steps == self._steps_seen:
            return
        self._steps_seen = record.env_steps
        if record.mean_progress is not None:
            self._progress.append(record.mean_progress)
        if record.mean_reward is not None:
            self._reward.append(record.mean_reward)

    def _is_due(self, status: TrainingStatus) -> bool:
        if self._shown is None or _event(status) != _event(self._shown):
            return True
        period = REFRESH_SECONDS if self._live else LINE_SECONDS
        return status.latest.seconds - self._shown.latest.seconds >= period

    def picture(self, status: TrainingStatus) -> RenderableType:
        """Return the live picture of a status, with the history of the earlier ones."""
        latest = status.latest
        rows = Table.grid(padding=(0, 2))
        rows.add_column(style="dim", width=10)
        rows.add_column(width=HISTORY)
        rows.add_column(no_wrap=True)
        rows.add_row("laps", *_lap_cells(latest.evaluation))
        rate = latest.lap_rate or 0.0
        rows.add_row("finishing", _bar(rate), _value(f"{100 * rate:.0f} %", "of episodes"))
        rows.add_row(
            "progress",
            Text(sparkline(self._progress, 0.0, 100.0), "green"),
            _value(_number(latest.mean_progress, ".0f", " %"), "of a lap"),
        )
        rows.add_row(
            "reward",
            Text(sparkline(self._reward), "blue"),
            _value(_number(latest.mean_reward, ".1f"), "per episode"),
        )
        rows.add_row("buffer", _bar(latest.queue_fill, "yellow"), _value(f"{100 * latest.queue_fill:.0f} %", "full"))
        parts: list[RenderableType] = [rows, Text(), _figures(status)]
        if status.warning:
            parts += [Text(), Text(status.warning, "red", no_wrap=True, overflow="ellipsis")]
        return Panel(
            Group(*parts),
            title=Text.assemble(("deepracer", "bold default"), f" · {status.track} · {status.simulator}"),
            title_align="left",
            subtitle=Text.assemble((f"● {status.phase}", _COLOURS[status.phase]), f" · {status.run}"),
            subtitle_align="left",
            border_style="bright_black",
            padding=(1, 2),
            width=min(WIDTH, self._console.width),
        )


def _event(status: TrainingStatus) -> tuple[object, ...]:
    """Return the values whose change is shown without delay."""
    return status.phase, status.warning, status.latest.evaluation, status.jobs_alive


def _figures(status: TrainingStatus) -> Table:
    """Return the figures without a bar, in columns."""
    latest = status.latest
    alive = "" if status.jobs_alive == status.jobs else "bold red"
    cells = [
        ("time", Text(_clock(latest.seconds))),
        ("steps", Text(_thousands(latest.env_steps))),
        ("steps/s", Text(_thousands(latest.steps_per_second))),
        ("episodes", Text(_thousands(latest.episodes))),
        ("laps", Text(_thousands(latest.laps_completed))),
        ("model", Text(str(latest.model_version))),
        ("staleness", Text(f"{latest.staleness:.1f}")),
        ("jobs", Text(f"{status.jobs_alive} of {status.jobs}", alive)),
    ]
    table = Table.grid(padding=(0, 2), expand=True)
    for _ in cells:
        table.add_column(justify="left", no_wrap=True)
    table.add_row(*(Text(name, "dim") for name, _ in cells))
    table.add_row(*(value for _, value in cells))
    return table


def _lap_cells(evaluation: EvaluationPoint | None) -> tuple[RenderableType, RenderableType]:
    """Return the bar and the text for the latest evaluation."""
    if evaluation is None:
        return _bar(0.0), Text("no evaluation yet", "dim")
    share = evaluation.laps_completed / evaluation.laps_attempted
    laps = f"{evaluation.laps_completed} of {evaluation.laps_attempted}"
    return _bar(share), _value(laps, f"evaluated at {_clock(evaluation.seconds)}")


def _bar(share: float, colour: str = "green") -> ProgressBar:
    return ProgressBar(1.0, share, width=HISTORY, complete_style=colour, finished_style=colour)


def _value(value: str, words: str) -> Text:
    return Text.assemble((value, "bold"), " ", (words, "dim"))


def line(status: TrainingStatus) -> str:
    """Return the status of a training as one log line."""
    latest = status.latest
    parts = [
        f"{status.phase:<10} {latest.seconds:7.1f} s",
        f"{_thousands(latest.env_steps):>9} steps",
        f"{_thousands(latest.steps_per_second):>6}/s",
        f"progress {_number(latest.mean_progress, '.0f', ' %')}",
        f"reward {_number(latest.mean_reward, '.1f')}",
        f"{_thousands(latest.laps_completed)} laps in {_thousands(latest.episodes)} episodes",
        f"model {latest.model_version}",
    ]
    if latest.evaluation:
        parts.append(f"evaluation {latest.evaluation.laps_completed} of {latest.evaluation.laps_attempted} laps")
    if status.jobs_alive != status.jobs:
        parts.append(f"{status.jobs_alive} of {status.jobs} jobs alive")
    if status.warning:
        parts.append(status.warning)
    return "  ".join(parts)


def sparkline(values: Sequence[float], low: float | None = None, high: float | None = None) -> str:
    """Return values as a row of block characters of eight heights.

    Args:
        values: Values, oldest first; each gives one character.
        low: Value of the lowest block; by default the least value.
        high: Value of the full block; by default the greatest value.
    """
    if not values:
        return ""
    low = min(values) if low is None else low
    high = max(values) if high is None else high
    scale = 7.999 / (high - low) if high > low else 0.0
    return "".join("▁▂▃▄▅▆▇█"[int(min(max((value - low) * scale, 0.0), 7.0))] for value in values)


def _number(value: float | None, form: str, unit: str = "") -> str:
    return "–" if value is None else f"{value:{form}}{unit}"


def _thousands(value: float) -> str:
    """Return a rounded number with spaces between groups of three digits, for example 41 000."""
    return f"{value:,.0f}".replace(",", " ")


def _clock(seconds: float) -> str:
    """Return seconds as m:ss, or h:mm:ss."""
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"
