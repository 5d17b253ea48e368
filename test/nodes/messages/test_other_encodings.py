"""Encodings beyond our own three need cv_bridge, and say so."""

import importlib.util

import numpy as np
import pytest
from sensor_msgs.msg import Image

from deepracer_ros.errors import InputError
from deepracer_ros.nodes.messages.images import from_image

PIXELS = np.arange(48, dtype=np.uint8).reshape(3, 4, 4)
BGRA = Image(height=3, width=4, encoding="bgra8", step=16, data=PIXELS.tobytes())
INSTALLED = importlib.util.find_spec("cv_bridge") is not None


@pytest.mark.skipif(INSTALLED, reason="cv_bridge is installed")
def test_without_cv_bridge_the_encoding_and_what_it_needs_are_named():
    with pytest.raises(InputError, match="found encoding 'bgra8', expected mono8, rgb8 or bgr8; others need cv_bridge"):
        from_image(BGRA, 3)


@pytest.mark.skipif(not INSTALLED, reason="cv_bridge is not installed")
def test_with_cv_bridge_it_becomes_rgb():
    np.testing.assert_array_equal(from_image(BGRA, 3), PIXELS[None, ..., 2::-1])
    with pytest.raises(InputError, match="cannot be converted"):
        from_image(Image(height=3, width=4, encoding="bgra8", step=16, data=b"short"), 3)
