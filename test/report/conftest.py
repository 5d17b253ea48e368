# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""What the tests of the report share."""

from collections.abc import Callable, Sequence

import numpy as np
import pytest

from deepracer_ros.race.referee import Verdict
from deepracer_ros.race.status import Status
from deepracer_ros.race.track import Track
from deepracer_ros.report.film import Film
from deepracer_ros.simulation.attempts import Evaluation
from deepracer_ros.simulation.environment import Outcome
from deepracer_ros.simulation.evaluation import evaluate
from deepracer_ros.simulation.sensors import CAMERA, Observations
from deepracer_ros.simulation.simulator import CarStates


def ring(name: str = "ring", radius: float = 1.0) -> Track:
    """A circle, driven anticlockwise, 0.6 m wide."""
    angle = np.linspace(0.0, 2.0 * np.pi, 65)
    direction = np.stack([np.cos(angle), np.sin(angle)], axis=1)
    return Track.from_route(
        name, np.hstack([radius * direction, (radius - 0.3) * direction, (radius + 0.3) * direction])
    )


class Merry:
    """A course whose cars drive round at given speeds, and off at a given part of the lap; frames are their progress.

    Speeds are in m/s; `off` is 1 for cars that complete the lap. `objects` (K, 3) stand on every car's road.
    """

    def __init__(
        self,
        tracks: Sequence[Track],
        car_track: Sequence[int],
        speeds: Sequence[float],
        off: Sequence[float],
        objects: Sequence[Sequence[float]] = (),
    ):
        self.tracks, self.laps = tracks, 1
        self.car_track = np.array(car_track)
        self.objects = np.broadcast_to(np.reshape(objects, (-1, 3)), (len(car_track), len(objects), 3))
        self._length = np.array([tracks[t].length for t in car_track])
        self._speed, self._off = np.array(speeds), np.array(off)

    def reset(self) -> Outcome:
        self._step = 0
        self._start = self._length * np.arange(len(self._length)) / len(self._length)
        return self._seen()

    def step(self, steering: np.ndarray, speed: np.ndarray) -> Outcome:
        self._step += 1
        return self._seen()

    def _seen(self) -> Outcome:
        driven = self._speed * self._step / 15.0
        part = np.minimum(driven / self._length, 1.0)
        poses = np.concatenate(
            [self.tracks[t].pose_at([s])[:1] for t, s in zip(self.car_track, self._start + driven, strict=True)]
        )
        none, still = np.zeros(len(part)), np.zeros(len(part), dtype=np.int64)
        complete, failed = part >= 1.0, (part >= self._off) & (self._off < 1.0)
        status = np.where(complete, Status.LAP_COMPLETE, np.where(failed, Status.OFF_TRACK, Status.IN_PROGRESS))
        verdict = Verdict(
            reward=none,
            terms=none[None],
            terminated=failed,
            truncated=complete,
            status=status,
            progress=100.0 * part,
            episode=still,
            step=still + self._step,
            put_back=failed & False,
            lap=complete.astype(np.int64),
            lap_seconds=np.where(complete, self._length / self._speed, np.nan),
            station=self._start,
            offset=none,
            heading_error=none,
            all_wheels_on_track=~failed,
        )
        frames = np.broadcast_to((200.0 * part).astype(np.uint8)[:, None, None], (len(part), 30, 40)).copy()
        states = CarStates(*poses.T.copy(), self._speed.copy(), none, none, none + 0.2)
        return Outcome({CAMERA: frames}, states, verdict)


def stay(observations: Observations) -> tuple[np.ndarray, np.ndarray]:
    """A policy whose commands nobody reads."""
    cars = len(observations[CAMERA])
    return np.zeros(cars), np.zeros(cars)


@pytest.fixture
def make_ring() -> Callable[..., Track]:
    """Return what makes rings: `ring(name, radius)`."""
    return ring


@pytest.fixture
def drive_round() -> Callable[[Sequence[Track]], Evaluation]:
    """Return what drives a lap on each of several tracks and records it."""

    def drive(tracks: Sequence[Track]) -> Evaluation:
        count = len(tracks)
        return evaluate(Merry(tracks, range(count), [6.0] * count, [1.0] * count), stay, record=True)

    return drive


@pytest.fixture
def filmed() -> tuple[Track, Evaluation, Film]:
    """Three cars on the ring: a lap at 4 m/s, one that goes off at half the lap, a lap at 6 m/s."""
    track = ring()
    film = Film(Merry([track], [0, 0, 0], [4.0, 3.0, 6.0], [1.0, 0.5, 1.0]))
    return track, evaluate(film, stay, record=True), film


@pytest.fixture
def filmed_on_two() -> tuple[Sequence[Track], Evaluation, Film]:
    """A lap on each of two rings."""
    tracks = [ring("inner ring"), ring("outer", 1.5)]
    film = Film(Merry(tracks, [0, 1], [6.0, 6.0], [1.0, 1.0]))
    return tracks, evaluate(film, stay, record=True), film


@pytest.fixture
def filmed_among_objects() -> tuple[Track, Evaluation, Film]:
    """One car that laps the ring, with an object in the east and one in the north of it."""
    track = ring()
    film = Film(Merry([track], [0], [6.0], [1.0], objects=[(1.0, 0.0, np.pi / 2), (0.0, 1.0, 0.0)]))
    return track, evaluate(film, stay, record=True), film
