# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""The trace and the metrics of an evaluation, in the files and the folder layout of DeepRacer.

deepracer/evaluation-YYYYMMDDhhmmss/evaluation-simtrace/0-iteration.csv
deepracer/metrics/EvaluationMetrics-YYYYMMDDhhmmss.json
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from deepracer_ros.files import make_folder, write_atomically, write_json
from deepracer_ros.formats.simtrace import HEADER, evaluation_metrics
from deepracer_ros.simulation.course import Course, WatchedCourse
from deepracer_ros.simulation.environment import Outcome
from deepracer_ros.simulation.sensors import TRACE
from deepracer_ros.training.config import RunConfig
from deepracer_ros.training.iteration import Part
from deepracer_ros.training.tracing import Episodes

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

    def reset(self) -> Outcome:
        """Start a new episode of every car and a new trace, and return the first outcome."""
        outcome = super().reset()
        self._trace, self._actions = [outcome.observations[TRACE].copy()], []
        return outcome

    def step(self, steering: Floats, speed: Floats) -> Outcome:
        """Drive for one control period and return the outcome.

        Args:
            steering: (N,) steering angle, rad, positive to the left.
            speed: (N,) speed, m/s.
        """
        outcome = super().step(steering, speed)
        self._trace.append(outcome.observations[TRACE].copy())
        self._actions.append(np.stack([steering, speed, outcome.verdict.reward], axis=1))
        return outcome

    def write(self, folder: Path, config: RunConfig, tracks: Sequence[str]) -> list[Path]:
        """Write the first episode of every car.

        Args:
            folder: The folder `deepracer`; created if absent.
            config: Configuration of the model's run.
            tracks: The tracks of the course as a configuration names them.

        Returns:
            The files written.

        Raises:
            InputError: if the folder cannot be written or the disk is full.
        """
        episodes, found = Episodes(replace(config, tracks=tuple(tracks))), []
        trace, actions = np.stack(self._trace, axis=1), np.stack(self._actions, axis=1)
        for car, track in enumerate(self.car_track.tolist()):
            part = Part(0, ("evaluation", car), 0, tracks[track], trace[car], actions[car])
            found += [episode for episode, _ in zip(episodes.add(part), range(1), strict=False)]
        stamp = datetime.now().strftime("%Y%m%d%H%M%S")
        path = folder / f"evaluation-{stamp}" / "evaluation-simtrace" / "0-iteration.csv"
        metrics = folder / "metrics" / f"EvaluationMetrics-{stamp}.json"
        for one in (path, metrics):
            make_folder(one.parent)
        write_atomically(path, f"{HEADER}\n{''.join(episode.to_csv() for episode in found)}".encode())
        write_json(metrics, evaluation_metrics(found))
        return [path, metrics]
