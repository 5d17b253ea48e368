# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""Traces of all episodes that were trained on, in the files and the folder layout of DeepRacer.

deepracer/model/model_metadata.json, deepracer/ip/hyperparameters.json
deepracer/training-simtrace/N-iteration.csv      update N; with several jobs deepracer/JOB/training-simtrace/...
deepracer/metrics/TrainingMetrics.json           with several jobs also TrainingMetrics_JOB.json
"""

import time
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import orjson
from numpy.typing import NDArray
from scipy.spatial import KDTree

from deepracer_ros.config import to_mapping
from deepracer_ros.files import make_folder, write_atomically
from deepracer_ros.formats.folder import model_documents
from deepracer_ros.formats.hyperparameters import to_hyperparameters
from deepracer_ros.formats.simtrace import HEADER, EpisodeTrace, to_csv, training_metrics
from deepracer_ros.race.actions import DiscreteActions, make_action_coder
from deepracer_ros.race.catalogue import find_tracks
from deepracer_ros.race.status import Status
from deepracer_ros.race.track import Track
from deepracer_ros.simulation.sensors import TRACE_NUMBERS
from deepracer_ros.training.config import RunConfig
from deepracer_ros.training.iteration import Iteration, Part

Floats = NDArray[np.float64]

PLACES = {"model_metadata.json": "model", "hyperparameters.json": "ip"}
"""Folders of the descriptions of the model."""
MOST_BYTES = 200_000_000
"""Size of all simtrace files of a job; beyond it the oldest are removed."""
MOST_EPISODES = 20_000
"""Number of episodes in the metrics; older ones are dropped."""
METRICS_SECONDS = 5.0
"""Least time between two writings of the metrics, s."""
X, Y, YAW, STATION, PROGRESS, STATUS, WHEELS, STEP, CLOCK = range(len(TRACE_NUMBERS))
PREPARE, IN_PROGRESS, PAUSE = (int(status) for status in (Status.PREPARE, Status.IN_PROGRESS, Status.PAUSE))
Steps: TypeAlias = tuple[Floats, str]
"""An episode: (T, 12) its steps, of `TRACE_NUMBERS`, steering angle, rad, speed, m/s, and reward; and its track as the
configuration names it."""


@dataclass(eq=False)
class _Running:
    """The rows of a car's episode so far, with 9 numbers and the action that led there."""

    sequence: int
    rows: list[Floats] = field(default_factory=list)


class Episodes:
    """Assembles episodes from the segments of their cars.

    Attributes:
        count: Number of episodes so far.
    """

    def __init__(self, config: RunConfig) -> None:
        """Begin without episodes.

        Args:
            config: Configuration of the run.
        """
        self.count = 0
        self._coder = make_action_coder(config.actions)
        self._roads: dict[str, Track] = dict(zip(config.tracks, find_tracks(config.tracks), strict=True))
        self._waypoints = {name: KDTree(road.centre) for name, road in self._roads.items()}
        self._running: dict[tuple[str, int], _Running] = {}

    def add(self, part: Part) -> Iterator[Steps]:
        """Add a segment, and yield the episodes that end in it; one whose beginning is missing is left out."""
        running = self._running.get(part.car)
        if running is None or part.sequence != running.sequence + 1:
            running = self._running[part.car] = _Running(part.sequence)
            if part.trace[0, STATUS] == PREPARE:
                running.rows.append(np.concatenate([part.trace[:1], [[*part.actions[0, :2], 0.0]]], axis=1))
        running.sequence = part.sequence
        rows = np.concatenate([part.trace[1:], part.actions], axis=1)
        start, status = 0, rows[:, STATUS]
        for end in np.flatnonzero((status > IN_PROGRESS) & (status != PAUSE)).tolist():
            if running.rows or status[start] == PREPARE:
                yield np.concatenate([*running.rows, rows[start : end + 1]]), part.track
            running.rows, start = [], end + 1
        if running.rows or (start < len(rows) and status[start] == PREPARE):
            running.rows.append(rows[start:])

    def traces(self, episodes: Sequence[Steps]) -> list[EpisodeTrace]:
        """Return the traces of the next episodes; many at once cost little more than one.

        Args:
            episodes: The steps of each episode.
        """
        if not episodes:
            return []
        counts = [len(rows) for rows, _ in episodes]
        rows = np.concatenate([rows for rows, _ in episodes])
        steering, speed, reward = rows[:, -3:].T.copy()
        columns: dict[str, NDArray[Any]] = {
            "x": rows[:, X], "y": rows[:, Y], "yaw": np.degrees((rows[:, YAW] + np.pi) % (2.0 * np.pi) - np.pi),
            "steering": np.degrees(steering), "speed": speed,
            "reward": np.where(rows[:, STATUS] == PREPARE, 0.0, reward), "status": rows[:, STATUS].astype(np.int64),
            "all_wheels_on_track": rows[:, WHEELS] > 0.5, "progress": rows[:, PROGRESS], "clock": rows[:, CLOCK],
            "waypoint": self._nearest(rows[:, [X, Y]], np.repeat([track for _, track in episodes], counts)),
        }  # fmt: skip
        if isinstance(self._coder, DiscreteActions):
            columns["action"] = self._coder.encode(steering, speed)[:, 0].astype(np.int64)
        found, now = [], time.time()
        for (_, track), end, count in zip(episodes, np.cumsum(counts).tolist(), counts, strict=True):
            own: dict[str, Any] = {name: column[end - count : end] for name, column in columns.items()}
            length = self._roads[track].length
            found.append(EpisodeTrace(episode=self.count, track_length=length, wall_clock=now, **own))
            self.count += 1
        return found

    def _nearest(self, points: Floats, tracks: NDArray[np.str_]) -> NDArray[np.int64]:
        """Return the index (T,) of the nearest waypoint of each point (T, 2), m, on its own track."""
        nearest = np.zeros(len(points), np.int64)
        for track in np.unique(tracks).tolist():
            of_track = tracks == track
            nearest[of_track] = self._waypoints[track].query(points[of_track])[1]
        return nearest


class TraceFiles:
    """Writes the episodes of each job; a `run.sinks.Sink` of `Iteration`.

    An iteration has a fixed number of episodes, because the tools number the episodes by it.
    """

    def __init__(self, folder: Path, config: RunConfig) -> None:
        """Write the description of the model, and go on with the files that are there.

        Args:
            folder: The folder `deepracer` of the run; created if absent.
            config: Configuration of the run.

        Raises:
            InputError: if the folder cannot be written.
        """
        values = to_mapping(config)
        for name, content in model_documents(values, config.actions).items():
            path = folder / PLACES[name] / name
            make_folder(path.parent)
            write_atomically(path, content)
        several = config.jobs > 1
        each = int(to_hyperparameters(values)["num_episodes_between_training"])
        self._jobs = [
            _JobFiles(
                folder / (str(job) if several else ".") / "training-simtrace",
                folder / "metrics" / (f"TrainingMetrics_{job}.json" if job else "TrainingMetrics.json"),
                Episodes(config),
                each,
                config.trainer.best_by,
            )
            for job in range(config.jobs)
        ]
        self._due = 0.0

    def write(self, iteration: Iteration) -> None:
        """Write the episodes that end in an update.

        Raises:
            InputError: if a file cannot be written.
        """
        for part in iteration.parts:
            self._jobs[min(part.job, len(self._jobs) - 1)].add(part)
        if time.monotonic() >= self._due:
            for job in self._jobs:
                job.write_metrics()
            self._due = time.monotonic() + METRICS_SECONDS

    def close(self) -> None:
        """Write what is left.

        Raises:
            InputError: if a file cannot be written.
        """
        for job in self._jobs:
            job.write_traces()
            job.write_metrics()


class _JobFiles:
    """The files of one job."""

    def __init__(self, folder: Path, metrics: Path, episodes: Episodes, each: int, best_by: str) -> None:
        """Go on with the files that are there.

        Args:
            folder: Folder of the traces.
            metrics: File of the metrics.
            episodes: Assembles the episodes.
            each: Number of episodes in an iteration.
            best_by: What makes the best model.
        """
        self._best_by = best_by
        self._folder, self._metrics_path, self._episodes, self._each = folder, metrics, episodes, each
        self._metrics = deque(_read_metrics(metrics), MOST_EPISODES)
        paths = sorted(folder.glob("*-iteration.csv"), key=_iteration)
        self._files = deque((path, path.stat().st_size) for path in paths)
        rows = paths[-1].read_text().splitlines(keepends=True)[1:] if paths else []
        written = int(rows[-1].partition(",")[0]) + 1 if rows else 0
        noted = int(self._metrics[-1]["episode"]) if self._metrics else 0
        self._episodes.count = max(written, noted)
        self._begun = rows if self._episodes.count % each else []
        self._pending: list[Steps] = []
        make_folder(folder)
        make_folder(metrics.parent)

    def add(self, part: Part) -> None:
        """Add a segment, and write an iteration that is complete."""
        for episode in self._episodes.add(part):
            self._pending.append(episode)
            if (self._episodes.count + len(self._pending)) % self._each == 0:
                self.write_traces()

    def write_traces(self) -> None:
        """Write the iteration so far, and remove the oldest files beyond `MOST_BYTES`."""
        if not self._pending:
            return
        traces = self._episodes.traces(self._pending)
        self._metrics.extend(trace.metric() for trace in traces)
        path = self._folder / f"{(self._episodes.count - 1) // self._each}-iteration.csv"
        content = f"{HEADER}\n{''.join(self._begun)}{to_csv(traces)}".encode()
        write_atomically(path, content)
        if self._files and self._files[-1][0] == path:
            self._files.pop()
        self._files.append((path, len(content)))
        self._begun, self._pending = [], []
        while sum(size for _, size in self._files) > MOST_BYTES and len(self._files) > 1:
            self._files.popleft()[0].unlink(missing_ok=True)

    def write_metrics(self) -> None:
        """Write the metrics of all episodes so far."""
        write_atomically(self._metrics_path, orjson.dumps(training_metrics(tuple(self._metrics), self._best_by)))


def _iteration(path: Path) -> int:
    number = path.name.partition("-")[0]
    return int(number) if number.isdigit() else -1


def _read_metrics(path: Path) -> list[dict[str, Any]]:
    """Return the entries of a metrics file; none if there is no such file or it is not one of ours."""
    try:
        entries = orjson.loads(path.read_bytes())["metrics"]
    except (OSError, ValueError, KeyError, TypeError):
        return []
    return [entry for entry in entries if isinstance(entry, dict) and "episode" in entry]
