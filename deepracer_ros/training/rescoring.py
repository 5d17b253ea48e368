# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""The reward that another function gives to the steps of logged episodes."""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from deepracer_ros.errors import InputError
from deepracer_ros.formats.traces import TracedEpisode
from deepracer_ros.race.config import RefereeConfig
from deepracer_ros.race.referee import Referee, Reward
from deepracer_ros.race.rules import FRONT_OF_CAR
from deepracer_ros.race.track import Track
from deepracer_ros.simulation.simulator import CarStates

Floats = NDArray[np.float64]

TOGETHER = 64
"""Episodes that are judged in lock-step."""
TOLERANCE = 0.02
"""Relative difference between the length of a track and that in a log."""
NUMBERS = ("X", "Y", "yaw", "steer", "throttle")


def rescore(
    episodes: Sequence[TracedEpisode], tracks: Sequence[Track], make_reward: Callable[[], Reward]
) -> list[Floats]:
    """Return the rewards (T,) of the steps of each episode by another reward; that of the first step is 0.

    The positions, headings and commands are those of the log; the commanded speed stands for the measured one, which a
    log does not have. Obstacles are not in a log either.

    Args:
        episodes: The episodes.
        tracks: The tracks on which they may have been driven.
        make_reward: Makes the reward; called for every 64 episodes.

    Raises:
        InputError: if none of the tracks has the length that a log names.
        RewardError: if the reward is a user's function and fails.
    """
    found: list[Floats] = []
    for start in range(0, len(episodes), TOGETHER):
        reward = make_reward()
        try:
            found += _rescore_together(episodes[start : start + TOGETHER], tracks, reward)
        finally:
            reward.close()
    return found


def _rescore_together(episodes: Sequence[TracedEpisode], tracks: Sequence[Track], reward: Reward) -> list[Floats]:
    cars = [_track_of(episode, tracks) for episode in episodes]
    referee = Referee(tracks, cars, RefereeConfig(), reward, seed=0)
    longest = max(len(episode.steps) for episode in episodes)
    # An episode that is over stays at its last step; those rewards are not read.
    rows = np.stack(
        [np.pad(_numbers(episode), ((0, longest - len(episode.steps)), (0, 0)), mode="edge") for episode in episodes]
    )
    referee.start(np.ones(len(cars), np.bool_))
    referee.episodes.waypoint[:] = -1  # the logged starts are not those that the referee has drawn
    first = rows[:, 0]
    for car, track in enumerate(cars):
        road = tracks[track]
        ahead = road.pose_at(road.project(first[car : car + 1, :2]).station)[0, 2]
        if np.cos(first[car, 2] - ahead) < 0.0:
            referee.episodes.track[car] += len(tracks)
    rewards = np.stack([_judge(referee, row) for row in rows.transpose(1, 0, 2)], axis=1)
    return [rewards[car, : len(episode.steps)] for car, episode in enumerate(episodes)]


def _judge(referee: Referee, row: Floats) -> Floats:
    """Return the rewards (N,) of a step; `row` (N, 5) has x, y, yaw, steering angle and speed of the log."""
    front_x, front_y, yaw, steering, speed = row.T
    x, y = front_x - FRONT_OF_CAR * np.cos(yaw), front_y - FRONT_OF_CAR * np.sin(yaw)
    zero = np.zeros(len(row))
    return referee.judge(CarStates(x, y, yaw, speed, zero, zero, steering), steering, speed).reward


def _numbers(episode: TracedEpisode) -> Floats:
    """Return (T, 5) x and y of the car's front, m, heading and steering angle, rad, and speed, m/s."""
    x, y, yaw, steering, speed = (episode.column(name) for name in NUMBERS)
    return np.stack([x, y, np.radians(yaw), np.radians(steering), speed], axis=1)


def _track_of(episode: TracedEpisode, tracks: Sequence[Track]) -> int:
    """Return the index of the track that has the length of the log.

    Raises:
        InputError: if none has it.
    """
    length = float(episode.column("track_len")[0])
    apart = [abs(track.length - length) for track in tracks]
    nearest = int(np.argmin(apart))
    if apart[nearest] > TOLERANCE * length:
        names = ", ".join(f"{track.name} ({track.length:.2f} m)" for track in tracks)
        raise InputError(f"--track: found {names}, expected the track of the log, which is {length:.2f} m long")
    return nearest
