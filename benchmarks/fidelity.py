# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""Comparison of the embedded simulator with Gazebo: the same commands and the same camera poses in both.

    python -m benchmarks.fidelity [--track NAME] [--frames FILE]

Prints the differences in steady circles, in responses to steps and sines, and between the camera frames.
"""

import argparse
from collections.abc import Callable, Sequence
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from deepracer_ros.race.catalogue import find_track
from deepracer_ros.race.control import CONTROL_PERIOD
from deepracer_ros.race.track import Track
from deepracer_ros.simulation.config import CameraConfig
from deepracer_ros.simulation.embedded import EmbeddedSimulator
from deepracer_ros.simulation.gazebo.simulator import GazeboSimulator
from deepracer_ros.simulation.sensors import CAMERA
from deepracer_ros.simulation.simulator import Simulator

Floats = NDArray[np.float64]
Command = Callable[[float], tuple[float, float]]
"""Function from a time, s, to steering, rad, and speed, m/s."""

SPEEDS = (0.5, 1.0, 1.5, 2.0, 3.0, 4.0)
ANGLES = (5.0, 10.0, 20.0, 30.0)
SECONDS = 4.0
POSES = 60
CAMERA_OF_BOTH = CameraConfig(160, 120)

COURSES: dict[str, Command] = {
    "speed step to 1 m/s": lambda t: (0.0, 1.0),
    "speed step to 4 m/s": lambda t: (0.0, 4.0),
    "brake from 3 m/s": lambda t: (0.0, 3.0 if t < 2.0 else 0.0),
    "steering step 15 deg at 1 m/s": lambda t: (np.radians(15.0) if t > 2.0 else 0.0, 1.0),
    "steering step 15 deg at 2 m/s": lambda t: (np.radians(15.0) if t > 2.0 else 0.0, 2.0),
    "sine 0.5 Hz 20 deg at 1 m/s": lambda t: (np.radians(20.0) * np.sin(np.pi * t), 1.0),
    "sine 1 Hz 20 deg at 2 m/s": lambda t: (np.radians(20.0) * np.sin(2.0 * np.pi * t), 2.0),
    "sine 2 Hz 10 deg at 3 m/s": lambda t: (np.radians(10.0) * np.sin(4.0 * np.pi * t), 3.0),
}


def drive(simulator: Simulator, commands: Sequence[Command]) -> Floats:
    """Drive N cars from rest at the origin, and return their courses.

    Returns:
        (steps, 5, N) x, m, y, m, unwrapped yaw, rad, speed, m/s, and yaw rate, rad/s.
    """
    cars = simulator.cars
    simulator.reset(np.ones(cars, bool), np.zeros((cars, 3)))
    rows = []
    for step in range(round(SECONDS / CONTROL_PERIOD)):
        steering, speed = np.array([command(step * CONTROL_PERIOD) for command in commands]).T
        _, states = simulator.step(steering, speed)
        rows.append(np.stack([states.x, states.y, states.yaw, states.speed, states.yaw_rate]))
    course = np.array(rows)
    course[:, 2] = np.unwrap(course[:, 2], axis=0)
    return course


def similarity(a: NDArray[np.uint8], b: NDArray[np.uint8]) -> float:
    """Return the mean structural similarity (SSIM) of two grey images, with a Gaussian window of 11 pixels.

    Source: Wang, Bovik, Sheikh and Simoncelli, Image Quality Assessment, IEEE TIP 13(4), 2004.
    """
    x, y = a.astype(np.float64), b.astype(np.float64)

    def blur(image: Floats) -> Floats:
        return cv2.GaussianBlur(image, (11, 11), 1.5)  # type: ignore[return-value]

    mean_x, mean_y = blur(x), blur(y)
    variance_x, variance_y = blur(x * x) - mean_x**2, blur(y * y) - mean_y**2
    covariance = blur(x * y) - mean_x * mean_y
    c1, c2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2
    ratio = (2 * mean_x * mean_y + c1) * (2 * covariance + c2)
    return float(np.mean(ratio / ((mean_x**2 + mean_y**2 + c1) * (variance_x + variance_y + c2))))


def edges(image: NDArray[np.uint8]) -> Floats:
    """Return the magnitude of the Sobel gradient of an image."""
    grey = image.astype(np.float64)
    return np.hypot(cv2.Sobel(grey, cv2.CV_64F, 1, 0), cv2.Sobel(grey, cv2.CV_64F, 0, 1))


def compare_circles(embedded: Simulator, gazebo: Simulator) -> None:
    """Print speed and yaw rate in steady circles, as means of the last second."""
    print("steady circles            speed, m/s                yaw rate, rad/s")
    print(" m/s  deg          embedded Gazebo  diff        embedded Gazebo  diff")
    worst = np.zeros(2)
    settings = [(speed, angle) for speed in SPEEDS for angle in ANGLES]
    for chunk in range(0, len(settings), embedded.cars):
        part = settings[chunk : chunk + embedded.cars]
        commands: list[Command] = [lambda t, s=speed, a=angle: (np.radians(a), s) for speed, angle in part]
        ends = [drive(simulator, commands)[-15:].mean(axis=0) for simulator in (embedded, gazebo)]
        for car, (speed, angle) in enumerate(part):
            (v, r), (gv, gr) = ends[0][3:, car], ends[1][3:, car]
            worst = np.maximum(worst, np.abs([v / gv - 1, r / gr - 1]))
            print(
                f"{speed:4.1f} {angle:4.0f}         {v:8.3f} {gv:6.3f} {v / gv - 1:+6.1%}      "
                f"{r:10.3f} {gr:6.3f} {r / gr - 1:+6.1%}"
            )
    print(f"worst                               {worst[0]:6.1%}                        {worst[1]:6.1%}")


def compare_courses(embedded: Simulator, gazebo: Simulator) -> None:
    """Print the differences between the simulators in responses to steps and sines."""
    print(f"\ncourses of {SECONDS:.0f} s                  rms difference of           at the end")
    print("                                speed  yaw rate         apart    path")
    commands = list(COURSES.values())
    ours, theirs = drive(embedded, commands), drive(gazebo, commands)
    difference = np.sqrt(np.mean((ours - theirs) ** 2, axis=0))
    apart = np.hypot(*(ours - theirs)[-1, :2])
    path = np.hypot(*np.diff(theirs[:, :2], axis=0).transpose(1, 0, 2)).sum(axis=0)
    for car, name in enumerate(COURSES):
        print(
            f"{name:30s} {difference[3, car]:5.3f} m/s {difference[4, car]:5.3f} rad/s "
            f"{apart[car]:8.3f} m {path[car]:6.2f} m"
        )


def compare_frames(embedded: Simulator, gazebo: Simulator, track: Track, sheet: Path | None) -> None:
    """Print the similarity of the camera frames at poses on and near the centre line; write some of them as a PNG."""
    random = np.random.default_rng(0)
    scores = []
    for start in range(0, POSES, embedded.cars):
        stations = (np.arange(embedded.cars) + start) * track.length / POSES
        poses = track.pose_at(stations, random.uniform(-0.2, 0.2, embedded.cars))
        poses[:, 2] += random.uniform(-0.3, 0.3, embedded.cars)
        everyone = np.ones(embedded.cars, bool)
        ours, theirs = (simulator.reset(everyone, poses)[0][CAMERA].copy() for simulator in (embedded, gazebo))
        if start == 0 and sheet:
            cv2.imwrite(str(sheet), np.hstack([np.vstack(list(ours[:4])), np.vstack(list(theirs[:4]))]))
        for a, b in zip(ours, theirs, strict=True):
            alike = float(np.corrcoef(edges(a).ravel(), edges(b).ravel())[0, 1])
            offset = a.astype(float).mean() - b.astype(float).mean()
            rows = [int(np.abs(np.diff(image[:60].astype(float).mean(axis=1))).argmax()) for image in (a, b)]
            scores.append((similarity(a, b), alike, np.abs(a.astype(float) - b).mean(), offset, rows[0] - rows[1]))
    names = ("SSIM", "correlation of edges", "mean absolute difference", "brightness", "row of the horizon")
    print(f"\nframes from {POSES} poses on {track.name} (mean, worst)")
    for name, values in zip(names, np.array(scores).T, strict=True):
        worst = values.min() if name in names[:2] else values[np.abs(values).argmax()]
        print(f"{name:28s} {values.mean():7.3f} {worst:7.3f}")


def main() -> None:
    """Print all comparisons on one track."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.fidelity", description=__doc__)
    parser.add_argument("--track", default="oval", help="track of the frames, name or route file (default: oval)")
    parser.add_argument("--frames", type=Path, help="PNG file for some frames, embedded left, Gazebo right")
    options = parser.parse_args()
    track, cars = find_track(options.track), len(COURSES)
    embedded = EmbeddedSimulator([track], [0] * cars, CAMERA_OF_BOTH)
    gazebo = GazeboSimulator([track], [0] * cars, CAMERA_OF_BOTH)
    try:
        compare_circles(embedded, gazebo)
        compare_courses(embedded, gazebo)
        compare_frames(embedded, gazebo, track, options.frames)
    finally:
        gazebo.close()


if __name__ == "__main__":
    main()
