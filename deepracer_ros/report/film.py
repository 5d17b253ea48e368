"""Keeps what the cars of an evaluation saw and did, for the video."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import cv2
import numpy as np
from numpy.typing import NDArray

from deepracer_ros.race.track import Track
from deepracer_ros.simulation.environment import Outcome
from deepracer_ros.simulation.evaluation import Course

Floats = NDArray[np.float64]

CAMERAS = 10
"""Cars of each track whose camera is filmed; the others are only seen from above."""
QUALITY = 95
"""JPEG quality: a frame of 160x120 takes 5 kB in place of 19, so that a long evaluation stays in memory."""


@dataclass(frozen=True)
class Moment:
    """One car at one frame."""

    x: float
    """m."""
    y: float
    """m."""
    yaw: float
    """rad."""
    speed: float
    """Measured, m/s."""
    steering: float
    """Measured, rad, + left."""
    progress: float
    """Of the lap, %."""


@dataclass(frozen=True)
class Take:
    """What was filmed of one car, from its start to the frame that ended its first episode."""

    moments: list[Moment] = field(default_factory=list)
    """One per frame."""
    pictures: list[NDArray[np.uint8]] = field(default_factory=list)
    """JPEG files of the camera's frames; none of a car beyond the first `CAMERAS` of its track."""

    def frame(self, step: int) -> NDArray[np.uint8]:
        """Return what the camera saw at a step as RGB (H, W, 3)."""
        picture = cv2.imdecode(self.pictures[step], cv2.IMREAD_COLOR)
        assert picture is not None, "written by _jpeg"
        return cv2.cvtColor(picture, cv2.COLOR_BGR2RGB).astype(np.uint8, copy=False)


class Film:
    """A course that films: `evaluate(Film(environment), policy)` drives as if it were not there.

    Attributes:
        takes: One per car, complete when the evaluation is.
    """

    def __init__(self, course: Course) -> None:
        """Film what happens on a course."""
        self._course = course
        self.takes: tuple[Take, ...] = ()
        self._running: NDArray[np.bool_] = np.zeros(0, dtype=bool)
        track = course.car_track
        self._filmed = [np.count_nonzero(track[:car] == track[car]) < CAMERAS for car in range(len(track))]

    @property
    def tracks(self) -> Sequence[Track]:
        """The tracks."""
        return self._course.tracks

    @property
    def car_track(self) -> NDArray[np.int64]:
        """(N,) the index of each car's track."""
        return self._course.car_track

    @property
    def objects(self) -> Floats:
        """(N, K, 3) poses x, y, m, and yaw, rad, of what stands on each car's road now."""
        return self._course.objects

    def reset(self) -> Outcome:
        """Start a new episode of every car, and a new film."""
        seen = self._course.reset()
        self._running = np.ones(len(seen.verdict.status), dtype=bool)
        self.takes = tuple(Take() for _ in self._running)
        self._keep(seen)
        return seen

    def step(self, steering: Floats, speed: Floats) -> Outcome:
        """Drive for one control period."""
        seen = self._course.step(steering, speed)
        self._keep(seen)
        return seen

    def _keep(self, outcome: Outcome) -> None:
        """Keep this step of every car whose first episode is not over."""
        states, verdict = outcome.states, outcome.verdict
        columns = (states.x, states.y, states.yaw, states.speed, states.steering, verdict.progress)
        rows = np.stack(columns, axis=1)
        for car in np.flatnonzero(self._running):
            take = self.takes[car]
            take.moments.append(Moment(*map(float, rows[car])))
            if self._filmed[car]:
                take.pictures.append(_jpeg(outcome.frames[car]))
        self._running &= ~verdict.ended


def _jpeg(frame: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return a grey or RGB frame as a JPEG file."""
    picture = cv2.cvtColor(frame, cv2.COLOR_RGB2BGR) if frame.ndim == 3 else frame
    _, file = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, QUALITY])
    return file.astype(np.uint8, copy=False)
