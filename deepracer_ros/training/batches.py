"""From segments to the learner's batches, and how much of them may wait."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from deepracer_ros.errors import InputError
from deepracer_ros.experience.segment import Segment
from deepracer_ros.learning.batch import Batch
from deepracer_ros.simulation.sensors import CAMERA
from deepracer_ros.training.config import RunConfig


def check_experience(config: RunConfig) -> None:
    """Check that there is a Redis to use.

    Raises:
        InputError: if no URL is configured.
    """
    if not config.experience.url:
        raise InputError("experience.url: is empty, expected redis://[:password@]host:port, rediss://... or unix://...")


def segment_bytes(config: RunConfig) -> int:
    """Return the size of one segment, bytes, its header and table included (rounded up)."""
    steps, camera = config.experience.segment_steps, config.camera
    return (steps + 1) * camera.width * camera.height * camera.channels + 24 * steps + 1200


def capacity_bytes(config: RunConfig) -> int:
    """Return how many bytes of experience may be held: what is learned from, and what waits."""
    return config.experience.capacity_segments * segment_bytes(config)


def make_batch(segments: Sequence[Segment], config: RunConfig) -> Batch:
    """Stack segments of equal length.

    Raises:
        InputError: if a segment has another length than configured.
    """
    steps = config.experience.segment_steps
    for segment in segments:
        if segment.steps != steps:
            raise InputError(f"segment {segment.id}: found {segment.steps} steps, expected {steps}")

    def stack(name: str) -> NDArray[Any]:
        return np.stack([getattr(segment, name) for segment in segments])

    return Batch(
        observations={CAMERA: stack("frames")},
        steering=stack("steering"),
        speed=stack("speed"),
        log_probability=stack("log_probability"),
        reward=stack("reward"),
        terminated=stack("terminated").astype(bool),
        truncated=stack("truncated").astype(bool),
        valid=stack("valid").astype(bool),
    )
