# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""What an evaluation of a policy says: its description, and the score by which policies are compared."""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

from deepracer_ros.config import to_mapping
from deepracer_ros.names import REVERSED
from deepracer_ros.training.config import RunConfig


class Score(Protocol):
    """Protocol of the result of an evaluation, which `simulation.evaluation.Evaluation` implements."""

    @property
    def laps_attempted(self) -> int:
        """Number of laps started."""
        ...

    @property
    def laps_completed(self) -> int:
        """Number of laps completed."""
        ...

    @property
    def mean_progress(self) -> float:
        """Mean progress of all started laps, %."""
        ...

    @property
    def mean_lap_seconds(self) -> float | None:
        """Mean time of the completed laps, s; None if no lap was completed."""
        ...

    @property
    def mean_reward(self) -> float:
        """Mean of the laps' sums of rewards."""
        ...

    @property
    def best_lap_seconds(self) -> float | None:
        """Time of the fastest completed lap, s; None if no lap was completed."""
        ...


def describe_evaluation(result: Score) -> Mapping[str, Any]:
    """Return the result of an evaluation as stored with a model: laps, mean progress (%), lap times (s)."""
    return {
        "laps_completed": result.laps_completed,
        "laps_attempted": result.laps_attempted,
        "mean_progress": result.mean_progress,
        "mean_lap_seconds": result.mean_lap_seconds,
        "best_lap_seconds": result.best_lap_seconds,
    }


def score(result: Score, best_by: str = "progress") -> tuple[float, ...]:
    """Return the score by which models are compared, as tuples; the best model has the greatest.

    Args:
        result: Result of an evaluation.
        best_by: `trainer.best_by`. progress: completed laps, mean progress (%), negative mean lap time (s). lap_time:
            whether there is a lap, negative mean lap time, mean progress. reward: mean reward, mean progress.
    """
    seconds = result.mean_lap_seconds
    if best_by == "reward":
        return (result.mean_reward, result.mean_progress)
    if best_by == "lap_time":
        return (float(seconds is not None), -(seconds or 0.0), result.mean_progress)
    return (float(result.laps_completed), result.mean_progress, -(seconds or 0.0))


def score_basis(config: RunConfig) -> str:
    """Return what a score belongs to: a hash of tracks, race, reward and rule, with the contents of the files.

    Scores of different bases say nothing about which model is better.

    Args:
        config: Configuration of the run.
    """
    reward = config.reward
    parts = {
        "tracks": [_content(name.removesuffix(REVERSED)) + name.partition(REVERSED)[1] for name in config.tracks],
        "race": to_mapping(config.race),
        "best_by": config.trainer.best_by,
        "reward": _content(reward) if isinstance(reward, str) else dict(reward),
    }
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


def _content(name: str) -> str:
    """Return the hash of a file, or the name if there is no such file."""
    path = Path(name)
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else name
