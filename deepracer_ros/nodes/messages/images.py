"""Conversion between camera frames and ROS images."""

import array

import numpy as np
from builtin_interfaces.msg import Time
from numpy.typing import NDArray
from sensor_msgs.msg import Image

from deepracer_ros.errors import InputError
from deepracer_ros.nodes.messages.other_encodings import to_rgb


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
        InputError: if the encoding is not mono8, rgb8 or bgr8 and cv_bridge is missing or cannot convert it, or the
            size does not fit the data.
    """
    channels = {"mono8": 1, "rgb8": 3, "bgr8": 3}.get(message.encoding)
    if channels is None:
        return to_rgb(message)[None]
    if message.step != message.width * channels or len(message.data) != message.height * message.step:
        raise InputError(
            f"image: found {len(message.data)} bytes in rows of {message.step}, "
            f"expected {message.height} rows of {message.width * channels}"
        )
    pixels = np.frombuffer(message.data, np.uint8)
    count, rest = divmod(message.height, frame_height)
    if rest or count == 0:
        count, frame_height = 1, message.height
    if channels == 1:
        return pixels.reshape(count, frame_height, message.width)
    frames = pixels.reshape(count, frame_height, message.width, 3)
    return frames[..., ::-1] if message.encoding == "bgr8" else frames
