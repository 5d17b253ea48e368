# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""What the traces of episodes need of the segments of an update."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from deepracer_ros.experience.segment import Segment
from deepracer_ros.simulation.sensors import TRACE, TRACE_NUMBERS

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Part:
    """What a trace needs of one segment; it holds no images.

    Attributes:
        job: Number of the simulation job.
        car: Name of the worker, and index of the car.
        sequence: Number of the segment among those of the car.
        track: Track as the configuration names it.
        rows: (T + 1, 12) numbers of `TRACE_NUMBERS`, and steering, rad, speed, m/s, and reward of the step that led
            there; the first row has the first action, and no reward.
    """

    job: int
    car: tuple[str, int]
    sequence: int
    track: str
    rows: Floats

    @classmethod
    def of(cls, segment: Segment) -> "Part":
        """Return the part of a segment."""
        rows = np.empty((segment.steps + 1, len(TRACE_NUMBERS) + 3))
        rows[:, :-3] = segment.observations[TRACE]
        rows[1:, -3], rows[1:, -2], rows[1:, -1] = segment.steering, segment.speed, segment.reward
        rows[0, -3:-1], rows[0, -1] = rows[1, -3:-1], 0.0
        job = segment.worker.partition("-")[0].removeprefix("job")
        car = (segment.worker, segment.car)
        return cls(int(job) if job.isdigit() else 0, car, segment.sequence, segment.track, rows)


@dataclass(frozen=True, eq=False)
class Iteration:
    """The segments of one update.

    Attributes:
        number: Number of the update, from 1.
        parts: What the traces need of them.
    """

    number: int
    parts: Sequence[Part]
