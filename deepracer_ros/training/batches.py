"""From segments to the learner's batches, and how much of them may wait."""

from collections.abc import Sequence

import numpy as np

from deepracer_ros.errors import InputError
from deepracer_ros.experience.segment import Segment
from deepracer_ros.learning.action_space import ActionSpace
from deepracer_ros.learning.policy import adapt_frames
from deepracer_ros.learning.ppo import Batch
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


def make_batch(segments: Sequence[Segment], space: ActionSpace, config: RunConfig) -> Batch:
    """Stack segments of equal length.

    Raises:
        InputError: if a segment has another length than configured.
    """
    steps = config.experience.segment_steps
    for segment in segments:
        if segment.steps != steps:
            raise InputError(f"segment {segment.id}: found {segment.steps} steps, expected {steps}")
    frames = np.stack([adapt_frames(segment.frames, config.network) for segment in segments])

    def stack(name: str) -> np.ndarray:
        return np.stack([getattr(segment, name) for segment in segments])

    actions = space.encode(stack("steering").reshape(-1), stack("speed").reshape(-1))
    return Batch(
        frames=frames,
        actions=actions.reshape(len(segments), steps, -1),
        log_probability=stack("log_probability"),
        reward=stack("reward"),
        terminated=stack("terminated").astype(bool),
        truncated=stack("truncated").astype(bool),
        valid=stack("valid").astype(bool),
    )
