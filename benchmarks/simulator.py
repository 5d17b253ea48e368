# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""Environment steps per second of the embedded simulator and the referee.

    python -m benchmarks.simulator [--json | --figure]

Cars start spread over the track and drive with random commands, with a new episode after each end. A figure is the
median over many timed stretches of steps. The best stretch is printed too, since a busy machine disturbs it least.
"""

import argparse
import json
import statistics
import time
from dataclasses import asdict, dataclass
from typing import Literal

import numpy as np

from deepracer_ros.race.catalogue import find_track
from deepracer_ros.run.summary import this_machine
from deepracer_ros.simulation.config import CameraConfig, EnvironmentConfig
from deepracer_ros.simulation.factory import make_environment

STRETCH = 20
"""Number of steps of all cars in one timed stretch."""


@dataclass(frozen=True)
class Case:
    """Camera, threads and number of cars of one measurement."""

    width: int
    height: int
    threads: int
    colour: Literal["grey", "rgb"] = "grey"
    cars: int = 64


HEADLINE = Case(160, 120, 2)
CASES = (
    HEADLINE,
    Case(160, 120, 1),
    Case(80, 60, 2),
    Case(80, 60, 1),
    Case(160, 120, 2, "rgb"),
    Case(160, 120, 1, cars=1),
)


@dataclass(frozen=True)
class Figure:
    """Environment steps per second of the median stretch and of the best stretch."""

    median: float
    best: float


def measure(case: Case, track: str, seconds: float) -> Figure:
    """Measure one case.

    Args:
        case: Camera, threads and number of cars.
        track: Name of the track or path of a route file.
        seconds: Approximate duration, s.
    """
    config = EnvironmentConfig(camera=CameraConfig(case.width, case.height, case.colour))
    environment = make_environment(config, [track], case.cars, 0, threads=case.threads)
    random = np.random.default_rng(0)
    steering, speed = random.uniform(-0.5, 0.5, (64, case.cars)), random.uniform(0.5, 3.0, (64, case.cars))
    environment.reset()
    environment.step(steering[0], speed[0])
    rates: list[float] = []
    end = time.perf_counter() + seconds
    while time.perf_counter() < end or not rates:
        began = time.perf_counter()
        for step in range(STRETCH):
            environment.step(steering[(len(rates) + step) % 64], speed[(len(rates) + step) % 64])
        rates.append(STRETCH * case.cars / (time.perf_counter() - began))
    return Figure(round(statistics.median(rates)), round(max(rates)))


def main() -> None:
    """Measure all cases, or the first one, and print the figures."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.simulator", description=__doc__)
    parser.add_argument("--track", default="technical", help="name or route file (default: technical)")
    parser.add_argument("--seconds", type=float, default=3.0, help="duration of one figure, s (default: 3)")
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="print everything as JSON")
    form.add_argument("--figure", action="store_true", help="print only the median of 64 cars, 160x120, 2 threads")
    options = parser.parse_args()
    track = find_track(options.track).name
    if options.figure:
        print(f"{measure(HEADLINE, options.track, options.seconds).median:.0f}")
        return
    figures = [(case, measure(case, options.track, options.seconds)) for case in CASES]
    if options.json:
        rows = [asdict(case) | asdict(figure) for case, figure in figures]
        print(json.dumps({"machine": asdict(this_machine()), "track": track, "env_steps_per_s": rows}, indent=2))
        return
    for case, figure in figures:
        what = f"{case.cars} cars, {case.width}x{case.height} {case.colour}, threads: {case.threads}"
        print(f"{what:40} {figure.median:>8.0f} env steps/s, best {figure.best:>8.0f}")


if __name__ == "__main__":
    main()
