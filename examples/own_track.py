# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""A track of your own: a DeepRacer route file from three lines of points, and a lap of a simple driver on it.

    .venv/bin/python examples/own_track.py [FOLDER (default: runs)]

`deepracer train --track FOLDER/ellipse.npy` trains on it; `deepracer tracks import` adds it under its name.
"""

import sys
from pathlib import Path

import numpy as np

from deepracer_ros.race.catalogue import find_track
from deepracer_ros.race.state import STATE_NAMES
from deepracer_ros.report.drive_plot import write_drive_plot
from deepracer_ros.simulation.config import EnvironmentConfig
from deepracer_ros.simulation.evaluation import evaluate
from deepracer_ros.simulation.factory import make_evaluation


def write_ellipse(path: Path) -> None:
    """Write a route with rows of x and y, m, of centre line, inner border and outer border, anticlockwise."""
    angle = np.linspace(0.0, 2.0 * np.pi, 120)
    outward = np.stack([np.cos(angle), np.sin(angle)], axis=1)
    centre = outward * [4.0, 2.5]
    np.save(path, np.hstack([centre, centre - 0.4 * outward, centre + 0.4 * outward]))


def steer(observations):  # a `simulation.evaluation.Driver`
    """Return commands that steer to the centre line at 1.5 m/s."""
    state = dict(zip(STATE_NAMES, observations["state"].T, strict=True))
    steering = 0.16 * state["curvature_1"] - 0.6 * state["offset"] - 0.9 * state["heading_error"]
    return np.clip(steering, -0.5, 0.5).astype(float), np.full(len(steering), 1.5)


if __name__ == "__main__":
    folder = Path(sys.argv[1] if sys.argv[1:] else "runs")
    folder.mkdir(exist_ok=True)
    write_ellipse(folder / "ellipse.npy")
    track = find_track(str(folder / "ellipse.npy"))
    print(f"{track.name}: {track.length:.2f} m long, {track.width:.2f} m wide")
    environment = make_evaluation(EnvironmentConfig(), [str(folder / "ellipse.npy")], starts=1)
    attempt = evaluate(environment, steer, record=True).attempts[0]
    print(f"{attempt.status.name.lower()} after {attempt.steps} steps, {attempt.progress:.0f} % of the lap")
    write_drive_plot(folder / "ellipse.png", track, [attempt], "One lap of an ellipse")
