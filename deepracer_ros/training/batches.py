"""From segments to the learner's batches, and how much of them may wait."""

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
"""A recorder's name of the usual length."""


def check_experience(config: RunConfig) -> None:
    """Check that there is a Redis to use.

    Raises:
        InputError: if no URL is configured.
    """
    if not config.experience.url:
        raise InputError("experience.url: is empty, expected redis://[:password@]host:port, rediss://... or unix://...")


def segment_bytes(config: RunConfig) -> int:
    """Return the size of one segment of this run, bytes."""
    observations = {name: (spec.dtype, spec.shape) for name, spec in sensor_specs(config).items()}
    track = max(config.tracks, key=len)
    return encoded_size(observations, reward_names(config.reward), config.experience.segment_steps, WORKER, track)


def capacity_bytes(config: RunConfig) -> int:
    """Return how many bytes of experience may be held: what is learned from, and what waits."""
    return config.experience.capacity_segments * segment_bytes(config)


def make_batch(segments: Sequence[Segment], steps: int, sensors: Sequence[str]) -> Batch:
    """Stack segments of equal length.

    Args:
        segments: S of them.
        steps: T, which every segment must have.
        sensors: Observations that are learned from; others are left out.

    Raises:
        InputError: if a segment has another length than configured, or lacks an observation.
    """
    for segment in segments:
        if segment.steps != steps:
            raise InputError(f"segment {segment.id}: found {segment.steps} steps, expected {steps}")
        for name in sensors:
            found, expected = segment.observations.get(name), segments[0].observations.get(name)
            if found is None or expected is None or found.shape != expected.shape:
                shape = None if found is None else found.shape
                raise InputError(f"segment {segment.id}: {name}: found shape {shape}, expected those of its batch")

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
