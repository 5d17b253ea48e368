# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""What the traces of episodes need of the segments of an update."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from deepracer_ros.experience.segment import Segment
from deepracer_ros.simulation.sensors import TRACE

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Part:
    """What a trace needs of one segment; it holds no images.

    Attributes:
        job: Number of the simulation job.
        car: Name of the worker, and index of the car.
        sequence: Number of the segment among those of the car.
        track: Track as the configuration names it.
        trace: (T + 1, 9) numbers of `TRACE_NUMBERS`.
        actions: (T, 3) steering, rad, speed, m/s, and reward of each step.
    """

    job: int
    car: tuple[str, int]
    sequence: int
    track: str
    trace: Floats
    actions: Floats

    @classmethod
    def of(cls, segment: Segment) -> "Part":
        """Return the part of a segment."""
        job = segment.worker.partition("-")[0].removeprefix("job")
        return cls(
            int(job) if job.isdigit() else 0, (segment.worker, segment.car), segment.sequence, segment.track,
            np.array(segment.observations[TRACE], np.float64),
            np.stack([segment.steering, segment.speed, segment.reward], axis=1).astype(np.float64),
        )  # fmt: skip


@dataclass(frozen=True, eq=False)
class Iteration:
    """The segments of one update.

    Attributes:
        number: Number of the update, from 1.
        parts: What the traces need of them.
    """

    number: int
    parts: Sequence[Part]
