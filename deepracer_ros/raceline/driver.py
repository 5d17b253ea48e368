# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""A driver that follows a racing line by the poses of the cars."""

import numpy as np
from numpy.typing import NDArray

from deepracer_ros.race.geometry import wrap_angles
from deepracer_ros.race.vehicle import read_vehicle
from deepracer_ros.raceline.line import Raceline
from deepracer_ros.simulation.simulator import CarStates

Floats = NDArray[np.float64]
APPROACH = 0.25
"""Greatest angle at which a car drives towards the line, rad."""
SLOWEST = 1.0
"""Least speed in the gains of the steering, m/s."""
NEAR = 20
"""Number of rows, to either side of a car's last place on the line, in which its place is searched."""


class LineDriver:
    """Follows a racing line with N cars: the plan's commands, corrected for offset and heading."""

    def __init__(self, line: Raceline, closed: bool, pace: Floats, preview: Floats, returning: Floats) -> None:
        """Begin wherever the cars are.

        Args:
            line: The racing line.
            closed: Whether its track is a loop.
            pace: (N,) part of the planned speed.
            preview: (N,) time by which the plan is read ahead, s.
            returning: (N,) natural frequency of the return to the line, rad/s.
        """
        self._line, self._closed = line, closed
        self._pace, self._preview, self._returning = pace, preview, returning
        self._row: NDArray[np.int64] | None = None
        self._points = np.stack([line.x, line.y], axis=1)
        self._time = np.append(line.time, line.lap_seconds) if closed else line.time
        vehicle = read_vehicle()
        self._limit, self._wheelbase = vehicle.steering_limit, vehicle.wheelbase
        self._course = _course(self._points, closed)
        self._sideways = wrap_angles(line.yaw - self._course)
        self._rolling = np.arctan(self._wheelbase * _curvature(self._points, closed))

    def __call__(self, states: CarStates) -> tuple[Floats, Floats]:
        """Return steering angles (N,), rad, and speeds (N,), m/s, for the states of the cars."""
        line, rows = self._line, len(self._line.x)
        if self._row is None:
            near = np.broadcast_to(np.arange(rows), (len(states.x), rows))
        else:
            near = self._row[:, None] + np.arange(-NEAR, NEAR + 1)
            near = near % rows if self._closed else near.clip(0, rows - 1)
        away = np.stack([states.x, states.y], axis=1)[:, None] - self._points[near]
        nearest = np.hypot(away[..., 0], away[..., 1]).argmin(axis=1)
        cars = np.arange(len(nearest))
        self._row = near[cars, nearest]
        course, (dx, dy) = self._course[self._row], away[cars, nearest].T
        along, aside = dx * np.cos(course) + dy * np.sin(course), dy * np.cos(course) - dx * np.sin(course)
        now = line.time[self._row] + along / line.speed[self._row]
        then = now + self._preview
        rolling = self._planned(self._rolling, then)
        # The plan slides at its own speed. A slower car needs less of the angle beyond that of rolling wheels.
        share = (states.speed / self._planned(line.speed, then)).clip(0.0, 1.0) ** 2
        steering = rolling + share * (self._planned(line.steering, then) - rolling)
        # The acceleration to the side is the speed squared times steering over wheelbase.
        rate = self._returning / np.maximum(states.speed, SLOWEST)
        back = (rate * aside).clip(-2.0 * APPROACH, 2.0 * APPROACH)
        turned = wrap_angles(states.yaw - course) - share * self._sideways[self._row]
        steering -= self._wheelbase * rate * (back + 2.0 * turned)
        speed = self._pace * self._planned(line.commanded_speed, then)
        return steering.clip(-self._limit, self._limit), speed

    def _planned(self, values: Floats, time: Floats) -> Floats:
        """Return planned values at times (N,) since the first row."""
        if self._closed:
            time, values = time % self._time[-1], np.append(values, values[0])
        planned: Floats = np.interp(time, self._time, values)
        return planned


def _curvature(points: Floats, closed: bool) -> Floats:
    """Return the curvature of a line at its points (K, 2), 1/m, + left: the turn over the chords' mean length."""
    chords = np.diff(points, axis=0, append=points[:1])
    before = np.roll(chords, 1, axis=0)
    turns = np.arctan2(before[:, 0] * chords[:, 1] - before[:, 1] * chords[:, 0], (before * chords).sum(axis=1))
    curvature: Floats = 2.0 * turns / (np.hypot(*chords.T) + np.hypot(*before.T))
    if not closed:
        curvature[[0, -1]] = 0.0
    return curvature


def _course(points: Floats, closed: bool) -> Floats:
    """Return the direction of a line at its points (K, 2), rad: that of the chord between the neighbours."""
    chords = np.roll(points, -1, axis=0) - np.roll(points, 1, axis=0)
    if not closed:
        chords[[0, -1]] = points[[1, -1]] - points[[0, -2]]
    course: Floats = np.arctan2(chords[:, 1], chords[:, 0])
    return course
