"""Where the episode of every car stands: records for the kernel, columns for everybody else."""

from enum import IntEnum
from typing import Any, NamedTuple, TypeAlias, get_type_hints

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


class Moving(IntEnum):
    """Rows of the array (9, N) that says how N cars move, and which commands led there."""

    X = 0
    """World position of base_link, m."""
    Y = 1
    """World position of base_link, m."""
    YAW = 2
    """Heading, rad."""
    SPEED = 3
    """Longitudinal, m/s."""
    LATERAL_SPEED = 4
    """To the left, m/s."""
    YAW_RATE = 5
    """Anticlockwise, rad/s."""
    STEERING = 6
    """Measured angle of the virtual middle front wheel, rad, + left."""
    COMMANDED_STEERING = 7
    """rad, + left."""
    COMMANDED_SPEED = 8
    """m/s."""


class EpisodeTable(NamedTuple):
    """Where every car's episode stands; written by the referee, read by rewards.

    All columns are (N,), but for those of the K objects on each car's road.

    Attributes:
        track: Index into the referee's tracks.
        waypoint: Index of the one before the car's front.
        episode: Counts the car's episodes from 0; -1 before the first.
        step: Counts the steps of the episode; 0 at the start, -1 until the car is seen there.
        lap: Laps completed in the episode.
        status: A `Status`.
        x: Position of base_link, m.
        y: Position of base_link, m.
        front_x: Position of the middle of the car's front, whose progress counts, m.
        front_y: Position of the middle of the car's front, m.
        yaw: Heading of the car, rad.
        speed: Measured longitudinal speed, m/s.
        commanded_speed: Of the action that led here, m/s.
        commanded_steering: Of the action that led here, rad, + left.
        steering_change: Commanded steering less that of the step before, rad.
        station: Arc length at the front, m.
        offset: Of the front from the centre line, m, + left.
        heading_error: The car's heading less the track's, rad, in [-pi, pi).
        curvature: Of the centre line, 1/m, + left.
        left: Distance from the centre line to the left border, m.
        right: Distance from the centre line to the right border, m.
        wheels_on_track: How many wheels are on the road, 0 to 4.
        distance: Driven along the centre line in this step, m, + forward.
        travelled: Driven along the centre line in this episode, m.
        goal: Length of one lap of this episode, m.
        progress: Of the lap, %, 100 when the last one is complete; below 0 behind the start.
        lap_seconds: Time of the last completed lap of the episode, s; NaN before.
        lap_began: When the lap began, s since the start of the episode.
        clock: Simulation time, s since the first frame.
        steps_still: How many steps in a row the car stood still.
        steps_backwards: How many steps in a row the car lost progress.
        objects: (N, K, 3) poses x, y, m, and yaw, rad, of the objects on the car's road.
        object_places: (N, K, 2) arc length along the track as the car drives it, m, and distance from the centre line,
            m, + left, of the same objects.
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
    objects: Floats
    object_places: Floats


PER_OBJECT = ("objects", "object_places")

CAR = np.dtype(
    [
        (name, np.int64 if kind == Integers else np.float64)
        for name, kind in get_type_hints(EpisodeTable).items()
        if name not in PER_OBJECT
    ]
)
"""One car's record: what the kernel works on, because a record is passed on without a count of its references."""

Car: TypeAlias = Any
"""A record of `CAR`; mypy knows no records."""


def new_cars(cars: int) -> NDArray[np.void]:
    """Return the (N,) records of cars before their first episode."""
    records = np.zeros(cars, CAR)
    records["episode"] = -1
    records["step"] = -1
    return records


def as_table(
    records: NDArray[np.void], objects: Floats | None = None, object_places: Floats | None = None
) -> EpisodeTable:
    """Return the columns of the records: views, which change with them.

    Args:
        records: As of `new_cars`.
        objects: (N, K, 3) as of `EpisodeTable`; by default there is no object.
        object_places: (N, K, 2) as of `EpisodeTable`.
    """
    none = np.zeros((len(records), 0, 3))
    columns = {name: records[name] for name in CAR.fields or ()}
    columns["objects"] = none if objects is None else objects
    columns["object_places"] = none[:, :, :2] if object_places is None else object_places
    return EpisodeTable(**columns)
