# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""Laps along racing lines in the embedded simulator: what a car reaches that decides every 1/15 s."""

from dataclasses import replace
from itertools import product

import numpy as np

from deepracer_ros.race.catalogue import find_track
from deepracer_ros.race.config import RaceConfig
from deepracer_ros.raceline.driver import LineDriver
from deepracer_ros.raceline.line import Raceline
from deepracer_ros.raceline.solver import Limits, solve_raceline
from deepracer_ros.simulation.config import CameraConfig, DynamicsConfig, EnvironmentConfig
from deepracer_ros.simulation.evaluation import Tally
from deepracer_ros.simulation.factory import make_evaluation
from deepracer_ros.simulation.sensors import CAMERA

PACES = (0.8, 0.86, 0.9, 0.93, 0.96, 0.98, 1.0)
"""Parts of the planned speed at which cars try to follow the line."""
PREVIEWS = (0.02, 0.05, 0.08)
"""Times by which cars read the plan ahead, s: half a step, and the delays of servo and motors."""
RETURNS = (3.0, 4.0, 5.0, 6.0)
"""Natural frequencies with which cars return to the line, critically damped, rad/s; steps of 1/15 s allow no more."""
PLACES = 4
"""Number of starts on a closed track: a line at the limit cannot be joined from rest everywhere."""
LAPS = 3
"""Laps on a closed track: the first one begins at rest, the later ones are flying."""
RESERVES = ((0.0, 0.0), (0.05, 3.0), (0.1, 6.0), (0.2, 10.0))
"""What planned lines keep from the border, m, and from the largest steering angle, degrees, for the driver's errors."""


def drive_raceline(line: Raceline, track: str, dynamics: DynamicsConfig | None = None) -> float | None:
    """Let one car for each pace, preview and return follow a line; return the time of the fastest flying lap, s.

    On an open track it is the fastest way from the start, at rest, to the end.

    Args:
        line: The racing line.
        track: Name or file of its track.
        dynamics: Parameters of the car's motion; by default those of `DynamicsConfig`.

    Returns:
        The time; None if no car has completed a lap.

    Raises:
        InputError: if there is no such track.
    """
    closed = find_track(track).closed
    settings = np.array(list(product(PACES, PREVIEWS, RETURNS)) * (PLACES if closed else 1))
    config = EnvironmentConfig(
        race=RaceConfig(laps=LAPS if closed else 1), sensors=(CAMERA,), camera=CameraConfig(width=8, height=8),
        dynamics=dynamics or DynamicsConfig(),
    )  # fmt: skip
    environment = make_evaluation(config, [track], len(settings))
    try:
        outcome = environment.reset()
        tally = Tally(environment, outcome)
        driver = LineDriver(line, closed, *settings.T)
        while not tally.ended.all():
            outcome = environment.step(*driver(outcome.states))
            tally.update(outcome)
    finally:
        environment.close()
    first = 1 if closed else 0
    times = [time for attempt in tally.evaluation().attempts for time in attempt.lap_times[first:]]
    return min(times, default=None)


def fastest_drive(track: str, line: Raceline, limits: Limits, dynamics: DynamicsConfig | None = None) -> float | None:
    """Return the time, s, of the fastest lap along the optimal line and along lines that leave a reserve to the limits.

    Args:
        track: Name or file of the track.
        line: Its optimal line within the limits.
        limits: What the driver keeps to.
        dynamics: Parameters of the car's motion; by default those of `DynamicsConfig`.

    Returns:
        The time; None if no car has completed a lap.

    Raises:
        InputError: if there is no such track.
    """
    found, road = list[float](), find_track(track)
    for margin, angle in RESERVES:
        careful = replace(limits, margin=limits.margin + margin, steering=limits.steering - np.radians(angle))
        seconds = drive_raceline(solve_raceline(road, careful, dynamics) if margin else line, track, dynamics)
        found += [seconds] if seconds is not None else []
    return min(found, default=None)
