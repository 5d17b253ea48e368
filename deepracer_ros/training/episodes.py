# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""Episodes from the segments of their cars, as DeepRacer's traces have them."""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from deepracer_ros.formats.simtrace import EpisodeTrace
from deepracer_ros.race.actions import DiscreteActions, make_action_coder
from deepracer_ros.race.catalogue import find_tracks
from deepracer_ros.race.status import Status
from deepracer_ros.race.track import Track
from deepracer_ros.simulation.sensors import TRACE_NUMBERS
from deepracer_ros.training.config import RunConfig
from deepracer_ros.training.iteration import Part

Floats = NDArray[np.float64]

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
        from scipy.spatial import KDTree  # takes half a second, which an evaluation without a trace does not spend

        self._waypoints = {name: KDTree(road.centre) for name, road in self._roads.items()}
        self._running: dict[tuple[str, int], _Running] = {}

    def add(self, part: Part) -> Iterator[Steps]:
        """Add a segment, and yield the episodes that end in it; one whose beginning is missing is left out."""
        running = self._running.get(part.car)
        if running is None or part.sequence != running.sequence + 1:
            running = self._running[part.car] = _Running(part.sequence)
            if part.rows[0, STATUS] == PREPARE:
                running.rows.append(part.rows[:1])
        running.sequence = part.sequence
        rows = part.rows[1:]
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
