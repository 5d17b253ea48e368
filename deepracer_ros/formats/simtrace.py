# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""DeepRacer's traces of episodes: simtrace CSV, SIM_TRACE_LOG lines, and the entries of TrainingMetrics.json."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from deepracer_ros.race.status import Status

Floats = NDArray[np.float64]

HEADER = (
    "episode,steps,X,Y,yaw,steer,throttle,action,reward,done,all_wheels_on_track,progress,closest_waypoint,track_len,"
    "tstamp,episode_status,pause_duration,obstacle_crash_counter,wall_clock"
)
"""First line of a simtrace CSV."""
LABELS = {status: status.name.replace("_", " ").capitalize() for status in Status} | {Status.TIME_UP: "Time Up"}
"""Names of the states in the metrics."""
_LOG = "SIM_TRACE_LOG:%d,%d,%.4f,%.4f,%.4f,%.2f,%.2f,%s,%.4f,%s,%s,%.4f,%d,%.2f,%s,%s,%.2f,%d,%.4f"


@dataclass(frozen=True, eq=False)
class EpisodeTrace:
    """The steps of one episode, from its first observation; arrays have the shape (T,).

    Attributes:
        episode: Number of the episode, from 0.
        x: Position of the car's front along x, m.
        y: Position of the car's front along y, m.
        yaw: Heading, degrees, from -180 to 180.
        steering: Steering angle of the action, degrees, + left.
        speed: Speed of the action, m/s.
        action: Indices of the actions; None if the action space is continuous.
        reward: Reward of each step; 0 of the first one.
        status: `Status` after each step.
        all_wheels_on_track: Whether all wheels are on the road.
        progress: Progress of the lap, %.
        waypoint: Index of the nearest waypoint.
        clock: Simulation time, s.
        track_length: Length of the track, m.
        wall_clock: Time of the last step, s since 1970.
    """

    episode: int
    x: Floats
    y: Floats
    yaw: Floats
    steering: Floats
    speed: Floats
    action: NDArray[np.int64] | None
    reward: Floats
    status: NDArray[np.int64]
    all_wheels_on_track: NDArray[np.bool_]
    progress: Floats
    waypoint: NDArray[np.int64]
    clock: Floats
    track_length: float
    wall_clock: float

    def _rows(self) -> Sequence[tuple[Any, ...]]:
        """Return the values of each step in the order of `HEADER`."""
        steering, speed = self.steering.tolist(), self.speed.tolist()
        # Without a comma, at which the readers of a trace divide its lines.
        pairs = zip(steering, speed, strict=True)
        action = [f"[{angle} {fast}]" for angle, fast in pairs] if self.action is None else self.action.tolist()
        last = float(self.clock[-1])
        columns = (
            range(1, len(self.x) + 1), self.x.tolist(), self.y.tolist(), self.yaw.tolist(), steering, speed, action,
            self.reward.tolist(), (self.status > Status.IN_PROGRESS).tolist(), self.all_wheels_on_track.tolist(),
            self.progress.tolist(), self.waypoint.tolist(), self.clock.tolist(),
            [Status(status).name.lower() for status in self.status.tolist()],
            (self.wall_clock - last + self.clock).tolist(),
        )  # fmt: skip
        return list(zip(*columns, strict=True))

    def to_csv(self) -> str:
        """Return the lines of the episode in a simtrace CSV."""
        length = self.track_length
        return "".join(
            f"{self.episode},{step}.0,{x},{y},{yaw},{steer},{fast},{action},{reward},{done},{wheels},{progress},"
            f"{waypoint},{length},{clock},{status},0.0,0,{wall}\n"
            for step, x, y, yaw, steer, fast, action, reward, done, wheels, progress, waypoint, clock, status, wall
            in self._rows()
        )  # fmt: skip

    def to_log(self) -> str:
        """Return the SIM_TRACE_LOG lines of the episode."""
        length = self.track_length
        return "".join(
            _LOG % (
                self.episode, step, x, y, yaw, steer, fast, action, reward, done, wheels, progress, waypoint, length,
                clock, status, 0.0, 0, wall,
            ) + "\n"
            for step, x, y, yaw, steer, fast, action, reward, done, wheels, progress, waypoint, clock, status, wall
            in self._rows()
        )  # fmt: skip

    def metric(self, phase: str = "training") -> dict[str, Any]:
        """Return the episode's entry in TrainingMetrics.json.

        Args:
            phase: "training" or "evaluation".
        """
        start, end = (round(1000.0 * float(self.clock[index])) for index in (0, -1))
        return {
            "reward_score": round(float(self.reward.sum())),
            "metric_time": end,
            "start_time": start,
            "elapsed_time_in_milliseconds": end - start,
            "episode": self.episode + 1,
            "trial": self.episode + 1,
            "phase": phase,
            "completion_percentage": int(self.progress[-1]),
            "episode_status": LABELS[Status(int(self.status[-1]))],
        }


def evaluation_metrics(episodes: Sequence[EpisodeTrace]) -> dict[str, Any]:
    """Return the content of an EvaluationMetrics JSON; every episode is a trial that ended where it failed.

    Args:
        episodes: The episodes.
    """
    counts = {
        "crash_count": Status.CRASHED, "immobilized_count": Status.IMMOBILIZED, "off_track_count": Status.OFF_TRACK,
        "reversed_count": Status.REVERSED,
    }  # fmt: skip
    entries = []
    for trial, episode in enumerate(episodes, 1):
        metric, status = episode.metric("evaluation"), int(episode.status[-1])
        names = ("completion_percentage", "metric_time", "start_time", "elapsed_time_in_milliseconds", "episode_status")
        entries.append(
            {name: metric[name] for name in names}
            | {name: int(status == failure) for name, failure in counts.items()}
            | {"reset_count": 0, "trial": trial}
        )
    return {"metrics": entries}


def training_metrics(entries: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Return the content of TrainingMetrics.json.

    Args:
        entries: Entries of the episodes, from `EpisodeTrace.metric`.
    """
    return {"metrics": list(entries), "version": 2.0, "best_model_metric": "progress"}
