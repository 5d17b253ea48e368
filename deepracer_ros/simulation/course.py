# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""What an evaluation drives on, and a wrapper that watches it."""

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from deepracer_ros.race.track import Track
from deepracer_ros.simulation.environment import Outcome

Floats = NDArray[np.float64]


class Course(Protocol):
    """The environment that an evaluation needs, for example `simulation.environment.Environment`."""

    @property
    def tracks(self) -> Sequence[Track]:
        """The tracks that `car_track` refers to."""

    @property
    def car_track(self) -> NDArray[np.int64]:
        """Index of each car's track (N,)."""

    @property
    def laps(self) -> int:
        """Number of laps of an episode."""

    @property
    def objects(self) -> Floats:
        """Poses (N, K, 3), x, y, m, and yaw, rad, of the objects on each car's road now."""

    def reset(self) -> Outcome:
        """Begin a new episode of every car and return the first observations."""

    def step(self, steering: Floats, speed: Floats) -> Outcome:
        """Drive all cars for one control period.

        Args:
            steering: (N,) commanded steering angle, rad, + left.
            speed: (N,) commanded speed, m/s.
        """


class WatchedCourse:
    """A wrapper around a course that is one too; a subclass looks at the outcomes of `reset` and `step`."""

    def __init__(self, course: Course) -> None:
        """Wrap a course.

        Args:
            course: The course to drive on, for example an `Environment`.
        """
        self._course = course

    @property
    def tracks(self) -> Sequence[Track]:
        """Tracks of the course."""
        return self._course.tracks

    @property
    def car_track(self) -> NDArray[np.int64]:
        """(N,) index of each car's track in `tracks`."""
        return self._course.car_track

    @property
    def laps(self) -> int:
        """Number of laps of an episode."""
        return self._course.laps

    @property
    def objects(self) -> Floats:
        """(N, K, 3) current poses of the objects on each car's track: x, m, y, m, and yaw, rad."""
        return self._course.objects

    def reset(self) -> Outcome:
        """Start a new episode of every car, and return the first outcome."""
        return self._course.reset()

    def step(self, steering: Floats, speed: Floats) -> Outcome:
        """Drive for one control period, and return the outcome.

        Args:
            steering: (N,) steering angle, rad, positive to the left.
            speed: (N,) speed, m/s.
        """
        return self._course.step(steering, speed)
