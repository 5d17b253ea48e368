# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""Recording of the camera frames and states of cars during an evaluation, for the video."""

from dataclasses import dataclass, field

import cv2
import numpy as np
from numpy.typing import NDArray

from deepracer_ros.simulation.course import Course, WatchedCourse
from deepracer_ros.simulation.environment import Outcome

Floats = NDArray[np.float64]

CAMERAS = 10
"""Number of cars on each track whose camera frames are kept; the other cars are only shown from above."""
QUALITY = 95
"""JPEG quality. A frame of 160x120 takes 5 kB instead of 19 kB, so a long evaluation fits in memory."""


@dataclass(frozen=True)
class Moment:
    """State of one car at one frame."""

    x: float
    """World position of base_link along x, m."""
    y: float
    """World position of base_link along y, m."""
    yaw: float
    """Heading, rad, anticlockwise from the x axis."""
    speed: float
    """Measured speed, m/s."""
    steering: float
    """Measured steering angle, rad, positive to the left."""
    progress: float
    """Progress, % of a lap."""


@dataclass(frozen=True)
class Take:
    """Recording of one car from its start to the frame that ended its first episode."""

    moments: list[Moment] = field(default_factory=list)
    """State of the car at each frame."""
    pictures: list[NDArray[np.uint8]] = field(default_factory=list)
    """Camera frames as JPEG files; empty for cars beyond the first `CAMERAS` of their track."""

    def frame(self, step: int) -> NDArray[np.uint8]:
        """Return the camera frame of a step as an RGB image (H, W, 3)."""
        picture = cv2.imdecode(self.pictures[step], cv2.IMREAD_COLOR)
        assert picture is not None, "written by _jpeg"
        return cv2.cvtColor(picture, cv2.COLOR_BGR2RGB).astype(np.uint8, copy=False)


class Film(WatchedCourse):
    """A wrapper around a course that records it: `evaluate(Film(environment), policy)` gives the same evaluation.

    Attributes:
        takes: Recording of each car, complete at the end of the evaluation.
    """

    def __init__(self, course: Course, stack_size: int = 1, cameras: int | None = None) -> None:
        """Wrap a course.

        Args:
            course: The course to drive on, for example an `Environment`.
            stack_size: Number of camera frames in an observation, of which the newest one is filmed.
            cameras: Number of cars on each track whose camera frames are kept; by default `CAMERAS`.
        """
        super().__init__(course)
        self._stack_size = stack_size
        self.takes: tuple[Take, ...] = ()
        self._running: NDArray[np.bool_] = np.zeros(0, dtype=bool)
        track, cameras = course.car_track, CAMERAS if cameras is None else cameras
        self._filmed = [np.count_nonzero(track[:car] == track[car]) < cameras for car in range(len(track))]

    def reset(self) -> Outcome:
        """Start a new episode of every car and a new recording, and return the first outcome."""
        seen = super().reset()
        self._running = np.ones(len(seen.verdict.status), dtype=bool)
        self.takes = tuple(Take() for _ in self._running)
        self._keep(seen)
        return seen

    def step(self, steering: Floats, speed: Floats) -> Outcome:
        """Drive for one control period and return the outcome.

        Args:
            steering: (N,) steering angle, rad, positive to the left.
            speed: (N,) speed, m/s.
        """
        seen = super().step(steering, speed)
        self._keep(seen)
        return seen

    def _keep(self, outcome: Outcome) -> None:
        """Record this step of every car whose first episode has not ended."""
        states, verdict = outcome.states, outcome.verdict
        columns = (states.x, states.y, states.yaw, states.speed, states.steering, verdict.progress)
        rows = np.stack(columns, axis=1)
        for car in np.flatnonzero(self._running):
            take = self.takes[car]
            take.moments.append(Moment(*map(float, rows[car])))
            if self._filmed[car]:
                frame = outcome.frames[car]
                take.pictures.append(_jpeg(frame[-(len(frame) // self._stack_size) :]))
        self._running &= ~verdict.ended


def _jpeg(frame: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return a grey or RGB frame as a JPEG file."""
    picture = cv2.cvtColor(frame, cv2.COLOR_RGB2BGR) if frame.ndim == 3 else frame
    _, file = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, QUALITY])
    return file.astype(np.uint8, copy=False)
