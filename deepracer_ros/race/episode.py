# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""State of the episode of every car: records for the numba kernel, columns for all other code."""

from enum import IntEnum
from typing import Any, NamedTuple, TypeAlias, get_type_hints

import numpy as np
from numpy.typing import NDArray

from deepracer_ros.race.status import Status

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


class Moving(IntEnum):
    """Rows of the array (9, N) with the motion of N cars and their last commands."""

    X = 0
    """World position of base_link along x, m."""
    Y = 1
    """World position of base_link along y, m."""
    YAW = 2
    """Heading, rad."""
    SPEED = 3
    """Longitudinal speed, m/s."""
    LATERAL_SPEED = 4
    """Speed to the left, m/s."""
    YAW_RATE = 5
    """Yaw rate, anticlockwise, rad/s."""
    STEERING = 6
    """Measured angle of the virtual middle front wheel, rad, + left."""
    COMMANDED_STEERING = 7
    """Commanded steering angle, rad, + left."""
    COMMANDED_SPEED = 8
    """Commanded speed, m/s."""


class EpisodeTable(NamedTuple):
    """State of the episodes of N cars; the referee writes it, rewards read it.

    All columns have the shape (N,), except the two columns of the K objects on each car's road.

    Attributes:
        track: Index of the car's track among the referee's tracks.
        waypoint: Index of the waypoint before the car's front.
        episode: Number of the car's episode, from 0; -1 before the first episode.
        step: Number of the step in the episode; 0 at the start, -1 until the car was observed at its start.
        lap: Laps completed in the episode.
        status: State of the episode, a `Status`.
        x: World position of base_link along x, m.
        y: World position of base_link along y, m.
        front_x: World position of the middle of the car's front along x, m. The progress of this point counts.
        front_y: World position of the middle of the car's front along y, m.
        yaw: Heading of the car, rad.
        speed: Measured longitudinal speed, m/s.
        commanded_speed: Speed commanded by the action of this step, m/s.
        commanded_steering: Steering angle commanded by the action of this step, rad, + left.
        steering_change: Commanded steering angle less the commanded steering angle of the previous step, rad.
        station: Arc length along the centre line at the car's front, m (Frenet s).
        offset: Distance of the car's front from the centre line, m, + left (Frenet d).
        heading_error: Heading of the car less the direction of the track, rad, in [-pi, pi).
        curvature: Curvature of the centre line at the car's front, 1/m, + left.
        left: Distance from the centre line to the left border, m.
        right: Distance from the centre line to the right border, m.
        wheels_on_track: Number of wheels on the road, 0 to 4.
        distance: Distance driven along the centre line in this step, m, + forward.
        travelled: Distance driven along the centre line in this episode, m.
        goal: Length of one lap of this episode, m.
        progress: Progress of the lap, %: 100 when the last lap is complete, below 0 behind the start.
        lap_seconds: Time of the last completed lap of the episode, s of simulation; NaN before the first.
        lap_began: Time at which the current lap began, s since the start of the episode.
        clock: Simulation time since the first frame, s.
        steps_still: Number of steps in a row in which the car stood still.
        steps_backwards: Number of steps in a row in which the car lost progress.
        resets: Number of failures of this episode after which the car was put back on the road.
        put_back: 1 if the car has failed and is to be put back before the next step, else 0.
        penalty: Time added by failures in this episode, s.
        objects: (N, K, 3) poses x, y, m, and yaw, rad, of the objects on the car's road.
        object_places: (N, K, 2) arc length of each object along the track in the car's driving direction, m, and its
            distance from the centre line, m, + left.
    """

    track: Integers
    waypoint: Integers
    episode: Integers
    step: Integers
    lap: Integers
    status: Integers
    x: Floats
    y: Floats
    front_x: Floats
    front_y: Floats
    yaw: Floats
    speed: Floats
    commanded_speed: Floats
    commanded_steering: Floats
    steering_change: Floats
    station: Floats
    offset: Floats
    heading_error: Floats
    curvature: Floats
    left: Floats
    right: Floats
    wheels_on_track: Integers
    distance: Floats
    travelled: Floats
    goal: Floats
    progress: Floats
    lap_seconds: Floats
    lap_began: Floats
    clock: Floats
    steps_still: Integers
    steps_backwards: Integers
    resets: Integers
    put_back: Integers
    penalty: Floats
    objects: Floats
    object_places: Floats

    @property
    def rewarded(self) -> NDArray[np.bool_]:
        """Whether each car is given a reward for this frame (N,): not at its start, nor where it was put back."""
        rewarded: NDArray[np.bool_] = (self.step > 0) & (self.status != Status.PAUSE)
        return rewarded


PER_OBJECT = ("objects", "object_places")

CAR = np.dtype(
    [
        (name, np.int64 if kind == Integers else np.float64)
        for name, kind in get_type_hints(EpisodeTable).items()
        if name not in PER_OBJECT
    ]
)
"""dtype of one car's record. The kernel works on records because passing a record counts no references."""

Car: TypeAlias = Any
"""A record of dtype `CAR`; typed as Any because mypy cannot type numpy records."""


def new_cars(cars: int) -> NDArray[np.void]:
    """Return the records (N,) of `cars` cars before their first episode."""
    records = np.zeros(cars, CAR)
    records["episode"] = -1
    records["step"] = -1
    return records


def as_table(
    records: NDArray[np.void], objects: Floats | None = None, object_places: Floats | None = None
) -> EpisodeTable:
    """Return a table whose columns are views of the cars' records.

    Args:
        records: (N,) records of dtype `CAR`, for example of `new_cars`.
        objects: (N, K, 3) poses x, y, m, and yaw, rad, of the objects on each car's road; by default none.
        object_places: (N, K, 2) arc length of each object, m, and its distance from the centre line, m, + left; by
            default none.
    """
    none = np.zeros((len(records), 0, 3))
    columns = {name: records[name] for name in CAR.fields or ()}
    columns["objects"] = none if objects is None else objects
    columns["object_places"] = none[:, :, :2] if object_places is None else object_places
    return EpisodeTable(**columns)
