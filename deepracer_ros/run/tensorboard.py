# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""TensorBoard events of a training, with tags that follow CleanRL."""

import os
import time
from pathlib import Path
from types import TracebackType

from deepracer_ros.files import write_error
from deepracer_ros.run.progress import EvaluationPoint, ProgressRecord


class TensorBoardLog:
    """A sink (see `run.sinks`) that writes the scalars of progress records to a TensorBoard event file.

    The SummaryWriter of tensorboardX hands events to a thread that dies on a full disk, after which its bounded queue
    blocks the caller for ever. Therefore this class uses the synchronous event writer of tensorboardX.
    """

    def __init__(self, folder: Path, resumed_at: int) -> None:
        """Start a new event file; TensorBoard shows it as a continuation of the older files in the folder.

        Args:
            folder: Folder of the event files; created if absent.
            resumed_at: Environment steps of the checkpoint from which the training resumes; 0 for a new training.
                TensorBoard drops the events of older files at later steps.

        Raises:
            InputError: if the folder cannot be written or the disk is full.
        """
        from tensorboardX.event_file_writer import EventsWriter  # takes a second, and imports torch if installed
        from tensorboardX.proto.event_pb2 import Event, SessionLog

        self._folder = folder
        self._evaluation: EvaluationPoint | None = None
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self._writer = EventsWriter(str(folder / "events"), f".{os.getpid()}.{time.monotonic_ns()}")
            start = SessionLog(status=SessionLog.START)
            self._writer.write_event(Event(wall_time=time.time(), step=resumed_at, session_log=start))
            self._writer.flush()
        except OSError as error:
            raise write_error(folder, error) from error

    def write(self, record: ProgressRecord) -> None:
        """Write the scalars of one record.

        Raises:
            InputError: if the disk is full.
        """
        scalars = {
            "charts/episodic_return": record.mean_reward,
            "charts/SPS": record.steps_per_second,
            "charts/episodes": record.episodes,
            "charts/staleness": record.staleness,
            "charts/queue_fill": record.queue_fill,
            "charts/model_version": record.model_version,
            "race/progress": record.mean_progress,
            "race/lap_rate": record.lap_rate,
            "race/laps": record.laps_completed,
            **{f"losses/{name}": value for name, value in record.losses.items()},
            **{f"reward/{name}": value for name, value in record.reward_terms.items()},
        }
        try:
            self._write(record.env_steps, scalars)
            point = record.evaluation
            if point is not None and point != self._evaluation:
                self._write(point.env_steps, {"race/evaluation_lap_rate": point.laps_completed / point.laps_attempted})
                self._evaluation = point
            self._writer.flush()
        except OSError as error:
            raise write_error(self._folder, error) from error

    def _write(self, step: int, scalars: dict[str, float | None]) -> None:
        """Write all scalars that are not None as one event."""
        from tensorboardX.proto.event_pb2 import Event
        from tensorboardX.proto.summary_pb2 import Summary

        values = [Summary.Value(tag=tag, simple_value=value) for tag, value in scalars.items() if value is not None]
        self._writer.write_event(Event(wall_time=time.time(), step=step, summary=Summary(value=values)))

    def close(self) -> None:
        """Write buffered events and close the event file.

        Raises:
            InputError: if the disk is full.
        """
        try:
            self._writer.close()
        except OSError as error:
            raise write_error(self._folder, error) from error

    def __enter__(self) -> "TensorBoardLog":
        """Return the log itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the event file."""
        self.close()
