# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""Camera observations of a policy, read from images."""

import numpy as np
from numpy.typing import NDArray
from sensor_msgs.msg import Image

from deepracer_ros.learning.config import NetworkConfig
from deepracer_ros.learning.frames import adapt_frames
from deepracer_ros.nodes.frame_watch import SILENT_SECONDS
from deepracer_ros.nodes.messages.errors import MessageError
from deepracer_ros.nodes.messages.images import from_image
from deepracer_ros.nodes.messages.stamps import to_nanoseconds
from deepracer_ros.simulation.stacking import FrameStack


class CameraReader:
    """Reads images of N cars as observations.

    A simulation with `camera.stack_size` stacks frames before it publishes them. Single frames, such as those of a
    camera on a car, are stacked here; after a silence a new stack begins.
    """

    def __init__(self, cars: int, published: int) -> None:
        """Begin without a frame.

        Args:
            cars: Number of cars whose observations are below each other in an image.
            published: Number of frames in an observation in an image.
        """
        self._cars, self._published = cars, published
        self._stack: FrameStack | None = None
        self._stamp = 0

    def read(self, message: Image, network: NetworkConfig) -> NDArray[np.uint8]:
        """Return the observations (N, H, W) grey or (N, H, W, 3) RGB of an image.

        Args:
            message: The image.
            network: Size and number of the frames that the policy reads.

        Raises:
            MessageError: if the image cannot be decoded, or contains other stacks than the policy reads.
        """
        # The camera of a car may have any height, so the number of observations in an image is configured.
        frames = from_image(message, max(1, message.height // self._cars))
        if self._published == 1:
            if network.stack_size == 1:
                return frames
            return self._push(adapt_frames(frames, network), to_nanoseconds(message.header.stamp), network)
        if self._published != network.stack_size or frames.ndim > 3 or frames.shape[1] % self._published:
            found = f"stacks of {self._published} frames, {frames.shape[1:]}"
            raise MessageError(f"image: found {found}, expected {network.stack_size}, grey")
        return frames

    def _push(self, frames: NDArray[np.uint8], stamp: int, network: NetworkConfig) -> NDArray[np.uint8]:
        silence, self._stamp = 1e-9 * (stamp - self._stamp), stamp
        shape = (len(frames), network.stack_size * frames.shape[1], *frames.shape[2:])
        # Another number of cars, or a model that reads other frames, begins anew too.
        if self._stack is None or self._stack.stacks.shape != shape or not 0.0 <= silence <= SILENT_SECONDS:
            self._stack = FrameStack(len(frames), frames.shape[1:], network.stack_size)
            self._stack.fill(np.ones(len(frames), bool), frames)
        else:
            self._stack.push(frames)
        return self._stack.stacks
