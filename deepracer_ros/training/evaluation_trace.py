# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""The trace and the metrics of an evaluation, in the files and the folder layout of DeepRacer.

deepracer/evaluation-YYYYMMDDhhmmss/evaluation-simtrace/0-iteration.csv
deepracer/metrics/EvaluationMetrics-YYYYMMDDhhmmss.json
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from deepracer_ros.files import make_folder, write_atomically, write_json
from deepracer_ros.formats.simtrace import HEADER, EpisodeTrace, evaluation_metrics, to_csv
from deepracer_ros.race.status import Status
from deepracer_ros.simulation.course import Course, WatchedCourse
from deepracer_ros.simulation.environment import Outcome
from deepracer_ros.simulation.sensors import TRACE
from deepracer_ros.training.config import RunConfig
from deepracer_ros.training.episodes import STATUS, Episodes

Floats = NDArray[np.float64]


class TracedCourse(WatchedCourse):
    """A wrapper around a course that keeps what a trace needs; the course must observe the sensor `trace`."""

    def __init__(self, course: Course) -> None:
        """Wrap a course.

        Args:
            course: The course to drive on, for example an `Environment`.
        """
        super().__init__(course)
        self._trace: list[Floats] = []
        self._actions: list[Floats] = []
        self._laps: list[NDArray[np.int64]] = []
        self._ended: list[NDArray[np.bool_]] = []

    def reset(self) -> Outcome:
        """Start a new episode of every car and a new trace, and return the first outcome."""
        outcome = super().reset()
        self._trace, self._actions, self._laps, self._ended = [], [], [], []
        cars = len(outcome.verdict.reward)
        self._keep(outcome, np.zeros(cars), np.zeros(cars))
        return outcome

    def step(self, steering: Floats, speed: Floats) -> Outcome:
        """Drive for one control period and return the outcome.

        Args:
            steering: (N,) steering angle, rad, positive to the left.
            speed: (N,) speed, m/s.
        """
        outcome = super().step(steering, speed)
        self._keep(outcome, steering, speed)
        return outcome

    def _keep(self, outcome: Outcome, steering: Floats, speed: Floats) -> None:
        self._trace.append(outcome.observations[TRACE].copy())
        self._actions.append(np.stack([steering, speed, outcome.verdict.reward], axis=1))
        self._laps.append(outcome.verdict.lap)
        self._ended.append(outcome.verdict.ended)

    def write(self, folder: Path, config: RunConfig, tracks: Sequence[str]) -> list[Path]:
        """Write the first episode of every car, of several laps as one episode for each lap, as DeepRacer does.

        Args:
            folder: The folder `deepracer`; created if absent.
            config: Configuration of the model's run.
            tracks: The tracks of the course as a configuration names them.

        Returns:
            The files written.

        Raises:
            InputError: if the folder cannot be written or the disk is full.
        """
        episodes = Episodes(replace(config, tracks=tuple(tracks)))
        found: list[EpisodeTrace] = []
        rows = np.concatenate([np.stack(self._trace), np.stack(self._actions)], axis=2)
        rows[0, :, -3:-1] = rows[min(1, len(rows) - 1), :, -3:-1]  # the first frame shows its action
        laps, ended = np.stack(self._laps), np.stack(self._ended)
        for car, track in enumerate(self.car_track.tolist()):
            steps = int(ended[:, car].argmax()) + 1 if ended[:, car].any() else len(ended)
            found += _laps(episodes, tracks[track], rows[:steps, car], laps[:steps, car], bool(ended[steps - 1, car]))
        stamp = datetime.now().strftime("%Y%m%d%H%M%S")
        path = folder / f"evaluation-{stamp}" / "evaluation-simtrace" / "0-iteration.csv"
        metrics = folder / "metrics" / f"EvaluationMetrics-{stamp}.json"
        for one in (path, metrics):
            make_folder(one.parent)
        write_atomically(path, f"{HEADER}\n{to_csv(found)}".encode())
        write_json(metrics, evaluation_metrics(found))
        return [path, metrics]


def _laps(episodes: Episodes, track: str, rows: Floats, laps: NDArray[np.int64], ended: bool) -> Iterable[EpisodeTrace]:
    """Yield the trace of each lap of an episode; a new one begins with the first step behind the line.

    Args:
        episodes: Makes the traces.
        track: Track of the episode as a configuration names it.
        rows: (T, 12) steps of the episode, see `episodes.Steps`.
        laps: (T,) completed laps after each step.
        ended: Whether the last step ends the episode.
    """
    finished = rows[-1, STATUS] == Status.LAP_COMPLETE
    lines = [int(line) for line in np.flatnonzero(np.diff(laps)) + 1 if line < len(rows) - 1 or not finished]
    for start, end in pairwise((0, *lines, len(rows))):
        (trace,) = episodes.traces([(rows[start:end], track)])
        last = end == len(rows)
        yield replace(trace, first_step=start, lap_complete=not last or finished, ended=last and ended)
