"""Conversion of images in encodings other than mono8, rgb8 and bgr8 by cv_bridge, if it is installed."""

from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sensor_msgs.msg import Image

from deepracer_ros.errors import InputError


def to_rgb(message: Image) -> NDArray[np.uint8]:
    """Return an image of any encoding that cv_bridge supports as an RGB array (H, W, 3).

    Raises:
        InputError: if cv_bridge is not installed or cannot convert the image.
    """
    bridge, error_type = _bridge(message.encoding)
    try:
        return np.asarray(bridge.imgmsg_to_cv2(message, "rgb8"))
    except (error_type, KeyError, TypeError, ValueError) as error:  # ValueError: too few bytes
        raise InputError(f"image: encoding {message.encoding!r} cannot be converted ({error})") from error


@cache
def _bridge(encoding: str) -> tuple[Any, type[Exception]]:
    try:
        from cv_bridge import CvBridge, CvBridgeError
    except ImportError as error:
        raise InputError(
            f"image: found encoding {encoding!r}, expected mono8, rgb8 or bgr8; others need {error.name}"
        ) from error
    return CvBridge(), CvBridgeError
