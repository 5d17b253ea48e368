# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""Conversion of segments to batches, and the size of the experience of a run."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from deepracer_ros.errors import InputError
from deepracer_ros.experience.encoding import encoded_size
from deepracer_ros.experience.segment import Segment
from deepracer_ros.learning.batch import Batch
from deepracer_ros.rewards.names import reward_names
from deepracer_ros.simulation.sensors import sensor_specs
from deepracer_ros.training.config import RunConfig

WORKER = "job000-0123abcd"
"""A worker name of typical length, for estimates of the segment size."""


def check_experience(config: RunConfig) -> None:
    """Check that a Redis server is configured.

    Raises:
        InputError: if `experience.url` is empty.
    """
    if not config.experience.url:
        raise InputError("experience.url: is empty, expected redis://[:password@]host:port, rediss://... or unix://...")


def segment_bytes(config: RunConfig) -> int:
    """Return the size of one encoded segment of a run, bytes."""
    observations = {name: (spec.dtype, spec.shape) for name, spec in sensor_specs(config).items()}
    track = max(config.tracks, key=len)
    return encoded_size(observations, reward_names(config.reward), config.experience.segment_steps, WORKER, track)


def capacity_bytes(config: RunConfig) -> int:
    """Return the capacity of a run's experience, bytes: `experience.capacity_segments` times the segment size."""
    return config.experience.capacity_segments * segment_bytes(config)


def make_batch(segments: Sequence[Segment], steps: int, sensors: Sequence[str]) -> Batch:
    """Stack S segments of T steps to a batch.

    Args:
        segments: The S segments.
        steps: T, the number of steps that every segment must have.
        sensors: Names of the observations that the learner reads; others are left out.

    Raises:
        InputError: if a segment has another length, lacks an observation or has one of another shape.
    """
    for segment in segments:
        if segment.steps != steps:
            raise InputError(f"segment {segment.id}: found {segment.steps} steps, expected {steps}")
        for name in sensors:
            found, expected = segment.observations.get(name), segments[0].observations.get(name)
            if found is None or expected is None or found.shape != expected.shape:
                shape, wanted = (None if array is None else array.shape for array in (found, expected))
                raise InputError(f"segment {segment.id}: {name}: found shape {shape}, expected {wanted}")

    def stack(name: str) -> NDArray[Any]:
        return np.stack([getattr(segment, name) for segment in segments])

    return Batch(
        observations={name: np.stack([segment.observations[name] for segment in segments]) for name in sensors},
        steering=stack("steering"),
        speed=stack("speed"),
        log_probability=stack("log_probability"),
        reward=stack("reward"),
        terminated=stack("terminated").astype(bool),
        truncated=stack("truncated").astype(bool),
        valid=stack("valid").astype(bool),
    )
