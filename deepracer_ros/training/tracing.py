# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""Traces of all episodes that were trained on, in the files and the folder layout of DeepRacer.

deepracer/model/model_metadata.json, deepracer/ip/hyperparameters.json
deepracer/training-simtrace/N-iteration.csv      with several jobs deepracer/JOB/training-simtrace/...
deepracer/metrics/TrainingMetrics.json           with several jobs also TrainingMetrics_JOB.json
"""

import time
from collections import deque
from pathlib import Path
from typing import Any

import orjson

from deepracer_ros.config import to_mapping
from deepracer_ros.files import make_folder, write_atomically
from deepracer_ros.formats.folder import model_documents
from deepracer_ros.formats.hyperparameters import to_hyperparameters
from deepracer_ros.formats.simtrace import HEADER, to_csv, training_metrics
from deepracer_ros.training.config import RunConfig
from deepracer_ros.training.episodes import Episodes, Steps
from deepracer_ros.training.iteration import Iteration, Part

PLACES = {"model_metadata.json": "model", "hyperparameters.json": "ip"}
"""Folders of the descriptions of the model."""
MOST_BYTES = 200_000_000
"""Size of all simtrace files of a job; beyond it the oldest are removed."""
MOST_EPISODES = 20_000
"""Number of episodes in the metrics; older ones are dropped."""
METRICS_SECONDS = 5.0
"""Least time between two writings of the metrics, s."""


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
