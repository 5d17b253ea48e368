# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""Conversion between camera frames and ROS images."""

import array

import numpy as np
from builtin_interfaces.msg import Time
from numpy.typing import NDArray
from sensor_msgs.msg import Image

from deepracer_ros.nodes.messages.encodings import decode


def to_image(frames: NDArray[np.uint8], stamp: Time) -> Image:
    """Return an image of N frames stacked from top to bottom.

    Args:
        frames: (N, H, W) grey or (N, H, W, 3) RGB frames.
        stamp: Stamp of the frames.
    """
    count, height, width = frames.shape[:3]
    channels = 3 if frames.ndim == 4 else 1
    message = Image(height=count * height, width=width, encoding="rgb8" if channels == 3 else "mono8")
    message.step = width * channels
    message.header.stamp = stamp
    message.header.frame_id = "camera_optical"
    message.data = array.array("B", frames.tobytes())
    return message


def from_image(message: Image, frame_height: int) -> NDArray[np.uint8]:
    """Return the grey frames (N, H, W) or RGB frames (N, H, W, 3) of an image, as views of its data where possible.

    Args:
        message: N stacked frames of `frame_height` rows; an image of another height is one frame.
        frame_height: H, the number of rows of one frame.

    Raises:
        MessageError: if the encoding is unknown, the image has no pixels, or its size does not fit its data.
    """
    pixels = decode(message)
    count, rest = divmod(message.height, frame_height)
    if rest or count == 0:
        count, frame_height = 1, message.height
    return pixels.reshape(count, frame_height, *pixels.shape[1:])
