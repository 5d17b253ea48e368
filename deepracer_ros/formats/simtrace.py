# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""DeepRacer's traces of episodes: simtrace CSV, SIM_TRACE_LOG lines, and the entries of TrainingMetrics.json."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import orjson
from numpy.typing import NDArray

from deepracer_ros.race.control import CONTROL_PERIOD
from deepracer_ros.race.status import Status

Floats = NDArray[np.float64]

HEADER = (
    "episode,steps,X,Y,yaw,steer,throttle,action,reward,done,all_wheels_on_track,progress,closest_waypoint,track_len,"
    "tstamp,episode_status,pause_duration,obstacle_crash_counter,wall_clock"
)
"""First line of a simtrace CSV."""
LABELS = {status: status.name.replace("_", " ").capitalize() for status in Status} | {Status.TIME_UP: "Time Up"}
"""Names of the states in the metrics."""
CRASHED, PAUSE = int(Status.CRASHED), int(Status.PAUSE)  # members of an enumeration are slow to read
NAMES = [status.name.lower() for status in Status]
"""Names of the states in a trace."""
BEST_BY = {"progress": "progress", "lap_time": "laptime", "reward": "reward"}
"""DeepRacer's names of what makes the best model, by ours."""
MARK = "SIM_TRACE_LOG:"
"""Beginning of a line in a log that has a step of a trace."""
_FORMS = "%d %d %.4f %.4f %.4f %.2f %.2f %s %.4f %s %s %.4f %d %.2f %s %s %.2f %d %.4f"
"""Form of each value in such a line, in the order of `HEADER`."""


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
        reward: Reward of each step; 0 of the first one.
        status: `Status` after each step.
        all_wheels_on_track: Whether all wheels are on the road.
        progress: Progress of the lap, %.
        waypoint: Index of the nearest waypoint.
        clock: Simulation time, s.
        track_length: Length of the track, m.
        wall_clock: Time of the last step, s since 1970.
        action: Indices of the actions; None if the action space is continuous.
        first_step: Number of steps before the first of these, in an episode of several laps.
        lap_complete: Whether a lap ends here, also one within an episode of several laps.
        ended: Whether the episode ends here.
    """

    episode: int
    x: Floats
    y: Floats
    yaw: Floats
    steering: Floats
    speed: Floats
    reward: Floats
    status: NDArray[np.int64]
    all_wheels_on_track: NDArray[np.bool_]
    progress: Floats
    waypoint: NDArray[np.int64]
    clock: Floats
    track_length: float
    wall_clock: float
    action: NDArray[np.int64] | None = None
    first_step: int = 0
    lap_complete: bool = False
    ended: bool = True

    @property
    def steps(self) -> Floats:
        """Number of each step (T,), from 1."""
        return np.arange(self.first_step + 1, self.first_step + len(self.x) + 1).astype(np.float64)

    @property
    def done(self) -> NDArray[np.bool_]:
        """Whether the episode ends at each step (T,)."""
        done = np.zeros(len(self.x), np.bool_)
        done[-1] = self.ended
        return done

    @property
    def pauses(self) -> Floats:
        """Time (T,) added after each step by a failure after which the car was put back, s."""
        pauses = np.zeros(len(self.x))
        placed = np.flatnonzero(self.status[1:] == PAUSE)
        if len(placed):
            pauses[placed] = np.diff(self.clock)[placed] - CONTROL_PERIOD
        return pauses

    @property
    def crashes(self) -> NDArray[np.int64]:
        """Number of crashes up to each step (T,)."""
        crashes: NDArray[np.int64] = np.cumsum(self.status == CRASHED)
        return crashes

    @property
    def wall_clocks(self) -> Floats:
        """Time of each step (T,), s since 1970."""
        return self.clock + (self.wall_clock - float(self.clock[-1]))

    def metric(self, phase: str = "training") -> dict[str, Any]:
        """Return the episode's entry in TrainingMetrics.json.

        Args:
            phase: "training" or "evaluation".
        """
        before = CONTROL_PERIOD if self.first_step else 0.0  # a lap begins where the last one ended
        start, end = round(1000.0 * (float(self.clock[0]) - before)), round(1000.0 * float(self.clock[-1]))
        return {
            "reward_score": round(float(self.reward.sum())),
            "metric_time": end,
            "start_time": start,
            "elapsed_time_in_milliseconds": end - start,
            "episode": self.episode + 1,
            "trial": self.episode + 1,
            "phase": phase,
            "completion_percentage": 100 if self.lap_complete else int(self.progress[-1]),
            "episode_status": LABELS[Status(int(self.status[-1]))],
        }


def to_csv(traces: Sequence[EpisodeTrace]) -> str:
    """Return the lines of episodes in a simtrace CSV; many at once cost little more than one.

    Args:
        traces: The episodes, all of one action space.
    """
    if not traces:
        return ""

    def joined(name: str) -> list[Any]:
        values: list[Any] = np.concatenate([getattr(trace, name) for trace in traces]).tolist()
        return values

    steering, speed = joined("steering"), joined("speed")
    if traces[0].action is None:  # without a comma, at which the readers of a trace divide its lines
        pairs = orjson.dumps(list(zip(steering, speed, strict=True)))[1:-1]
        action = pairs.replace(b"],[", b"]\n[").replace(b",", b" ").decode().split("\n")
    else:
        action = joined("action")
    counts = [len(trace.x) for trace in traces]
    columns = (
        np.repeat([trace.episode for trace in traces], counts).tolist(), joined("steps"), joined("x"), joined("y"),
        joined("yaw"), steering, speed, action, joined("reward"), map(str, joined("done")),
        map(str, joined("all_wheels_on_track")), joined("progress"), joined("waypoint"),
        np.repeat([trace.track_length for trace in traces], counts).tolist(), joined("clock"),
        [NAMES[status] for status in joined("status")], joined("pauses"), joined("crashes"), joined("wall_clocks"),
    )  # fmt: skip
    # A list of lists in JSON is a CSV but for its brackets, and orjson is thrice as fast as an f-string.
    lines = orjson.dumps(list(zip(*columns, strict=True)))[2:-2].translate(None, b'"').replace(b"],[", b"\n")
    return f"{lines.decode()}\n"


def to_log(line: str) -> str:
    """Return the SIM_TRACE_LOG line of a step.

    Args:
        line: A line of a simtrace CSV with the columns of `HEADER`.

    Raises:
        ValueError: if it is not such a line.
    """
    values = line.strip().split(",")
    pairs = zip(_FORMS.split(), values, strict=True)
    texts = [form % (value if form == "%s" else float(value)) for form, value in pairs]
    return f"{MARK}{','.join(texts)}"


def evaluation_metrics(episodes: Sequence[EpisodeTrace]) -> dict[str, Any]:
    """Return the content of an EvaluationMetrics JSON, in which every lap is a trial.

    Args:
        episodes: The episodes, or their laps.
    """
    counts = {
        "crash_count": Status.CRASHED, "immobilized_count": Status.IMMOBILIZED, "off_track_count": Status.OFF_TRACK,
        "reversed_count": Status.REVERSED,
    }  # fmt: skip
    entries = []
    for trial, episode in enumerate(episodes, 1):
        metric = episode.metric("evaluation")
        names = ("completion_percentage", "metric_time", "start_time", "elapsed_time_in_milliseconds", "episode_status")
        entries.append(
            {name: metric[name] for name in names}
            | {name: int((episode.status == failure).sum()) for name, failure in counts.items()}
            | {"reset_count": int((episode.status == Status.PAUSE).sum()), "trial": trial}
        )
    return {"metrics": entries}


def training_metrics(entries: Sequence[dict[str, Any]], best_by: str) -> dict[str, Any]:
    """Return the content of TrainingMetrics.json.

    Args:
        entries: Entries of the episodes, from `EpisodeTrace.metric`.
        best_by: What makes the best model, `trainer.best_by`.
    """
    return {"metrics": list(entries), "version": 2.0, "best_model_metric": BEST_BY[best_by]}
