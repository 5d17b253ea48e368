# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""A trial drive: a reward is called in the situations that a training will meet, before anything is started."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import ceil, nan, sin
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from deepracer_ros.race.config import RaceConfig, RefereeConfig, StartConfig
from deepracer_ros.race.episode import EpisodeTable
from deepracer_ros.race.referee import Referee, Reward
from deepracer_ros.race.rules import FRONT_OF_CAR
from deepracer_ros.race.status import Status
from deepracer_ros.race.track import Track
from deepracer_ros.rewards.output import Collected
from deepracer_ros.rewards.sandbox.reward import SandboxedReward

Floats = NDArray[np.float64]
STRIDE = 0.25
"""Way of a car in a step, m."""
MOST_STEPS = 600
"""Greatest number of steps on a track, for 150 m."""
SECONDS = 1.0
"""Time in the reward after which a trial drive ends, s; every situation but the finish comes within 20 steps."""
STRIDES = np.array([STRIDE, STRIDE, -STRIDE, 0.0, STRIDE])
"""Way along the track in a step, m: a lap, off the track, backwards, standing still, weaving."""


@dataclass(frozen=True)
class TrialDrive:
    """What a trial drive has shown.

    Attributes:
        calls: Number of rewards.
        least: Least reward; NaN if there was none.
        greatest: Greatest reward; NaN if there was none.
        mean: Mean reward; NaN if there was none.
        seconds: Time of one reward, s.
        endings: Names of the states in which episodes ended.
    """

    calls: int
    least: float
    greatest: float
    mean: float
    seconds: float
    endings: tuple[str, ...]


class _States(NamedTuple):
    """Motion of the five cars, a `race.referee.Motion`."""

    x: Floats
    y: Floats
    yaw: Floats
    speed: Floats
    lateral_speed: Floats
    yaw_rate: Floats
    steering: Floats


class _Noted:
    """A reward whose values and times are noted."""

    def __init__(self, reward: Reward) -> None:
        self.names, self._reward = reward.names, reward
        self.values: list[Floats] = []
        self.seconds = 0.0

    def __call__(self, episodes: EpisodeTable, tracks: Sequence[Track]) -> Floats:
        began = time.perf_counter()
        terms = self._reward(episodes, tracks)
        self.seconds += time.perf_counter() - began
        self.values.append(terms.sum(axis=0)[episodes.step > 0])
        return terms

    def close(self) -> None:
        """Leave the reward open: its owner closes it."""


def try_file(
    path: Path, tracks: Sequence[Track], config: RefereeConfig | None = None, race: RaceConfig | None = None
) -> tuple[TrialDrive, str]:
    """Try a reward file in a sandbox.

    Args:
        path: A Python file that defines `reward_function(params)`.
        tracks: The tracks.
        config: The rules of an episode; by default those of `RefereeConfig`.
        race: The race; by default one lap on an empty road.

    Returns:
        What the trial drive has shown, and the beginning of what the first car's function has printed.

    Raises:
        InputError: if the file cannot be loaded, the function fails or is stuck, or the race does not fit a track.
    """
    output = Collected()
    reward = SandboxedReward(path, output, replacements=0, wait=False)
    try:
        for track in tracks:  # loads compiled code, while the process loads the file
            track.left_width  # noqa: B018 - computed once
        reward.wait()
        return try_reward(reward, tracks, config, race), output.text
    finally:
        reward.close()


def try_reward(
    reward: Reward, tracks: Sequence[Track], config: RefereeConfig | None = None, race: RaceConfig | None = None
) -> TrialDrive:
    """Move five cars by hand over each track in both directions, and call the reward for every step.

    One car drives a lap, one leaves the track, one drives backwards, one stands still, and one weaves. Where the race
    has objects, cars hit them.

    Args:
        reward: The reward.
        tracks: The tracks.
        config: The rules of an episode; by default those of `RefereeConfig`.
        race: The race; by default one lap on an empty road.

    Raises:
        RewardError: if the reward is a user's function and fails.
        InputError: if the race does not fit a track.
    """
    start = StartConfig(spread="even", direction="forward", lateral_noise=0.0, heading_noise=0.0)
    config = replace(config or RefereeConfig(), start=start)
    race = race or RaceConfig()
    if race.cars > 1:  # each of the five has a road of its own
        race = RaceConfig(laps=race.laps)
    noted, endings = _Noted(reward), set[str]()
    for track in tracks:
        for direction in ("forward", "reverse"):
            there = replace(config, start=replace(start, direction=direction))
            endings |= _drive(Referee([track], [0] * len(STRIDES), there, noted, 0, race=race), noted)
    values = np.concatenate([np.zeros(0), *noted.values])
    some = len(values) > 0
    return TrialDrive(
        calls=len(values),
        least=float(values.min()) if some else nan,
        greatest=float(values.max()) if some else nan,
        mean=float(values.mean()) if some else nan,
        seconds=noted.seconds / max(1, len(values)),
        endings=tuple(sorted(endings)),
    )


def _drive(referee: Referee, noted: _Noted) -> set[str]:
    """Drive one lap, or until the reward has taken `SECONDS`; return the names of the states that ended episodes."""
    cars, endings = len(STRIDES), set[str]()
    along: Floats = np.zeros(cars)
    age: Floats = np.zeros(cars)
    fresh: NDArray[np.bool_] = np.ones(cars, np.bool_)
    lap = min(MOST_STEPS, ceil(referee.tracks[0].length / STRIDE) + 2)
    for step in range(lap):
        road = referee.tracks[int(referee.episodes.track[0])]
        sideways = np.array([0.0, 0.15, 0.0, 0.0, 0.0]) * age
        sideways[4] = 0.2 * sin(step)
        poses = road.pose_at(along, sideways)
        poses[fresh] = referee.start(fresh)[fresh]
        steering = 0.3 * np.sin(step + np.arange(cars))
        speed = np.where(STRIDES == 0.0, 0.0, 1.0 + 0.1 * (step % 20))
        zero = np.zeros(cars)
        verdict = referee.judge(
            _States(poses[:, 0], poses[:, 1], poses[:, 2], speed, zero, zero, steering), steering, speed
        )
        endings |= {Status(status).name.lower() for status in verdict.status[verdict.ended]}
        along = np.where(fresh, verdict.station - FRONT_OF_CAR, along) + STRIDES
        age = np.where(fresh, 1.0, age + 1.0)
        fresh = verdict.ended
        if noted.seconds > SECONDS:
            break
    return endings
