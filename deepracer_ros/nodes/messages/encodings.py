# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""Decoding of sensor_msgs/Image and CompressedImage to grey or RGB pixels; OpenCV converts the colours."""

import struct
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from sensor_msgs.msg import CompressedImage, Image

from deepracer_ros.nodes.messages.errors import MessageError

MOST_PIXELS = 1 << 24
"""Largest compressed image that is decoded, pixels; a small message can contain an image that fills the memory."""


@dataclass(frozen=True)
class Encoding:
    """How the pixels of an encoding lie in a row.

    Attributes:
        values: Values per pixel.
        nbytes: Bytes per value, 1 or 2; of two bytes the upper one is used.
        code: OpenCV's colour conversion to RGB; None if the pixels are grey or RGB already.
    """

    values: int
    nbytes: int = 1
    code: int | None = None


# OpenCV names a Bayer pattern by the second and third pixel of its second row, ROS by the first four pixels.
_BAYER = {
    "rggb": cv2.COLOR_BayerBG2RGB, "bggr": cv2.COLOR_BayerRG2RGB, "gbrg": cv2.COLOR_BayerGR2RGB,
    "grbg": cv2.COLOR_BayerGB2RGB,
}  # fmt: skip
_COLOURS = {
    "mono": Encoding(1), "rgb": Encoding(3), "bgr": Encoding(3, code=cv2.COLOR_BGR2RGB),
    "rgba": Encoding(4, code=cv2.COLOR_RGBA2RGB), "bgra": Encoding(4, code=cv2.COLOR_BGRA2RGB),
    **{f"bayer_{pattern}": Encoding(1, code=code) for pattern, code in _BAYER.items()},
}  # fmt: skip
_UYVY, _YUYV = Encoding(2, code=cv2.COLOR_YUV2RGB_UYVY), Encoding(2, code=cv2.COLOR_YUV2RGB_YUY2)

ENCODINGS: dict[str, Encoding] = {
    **{f"{name}8": encoding for name, encoding in _COLOURS.items()},
    **{f"{name}16": Encoding(encoding.values, 2, encoding.code) for name, encoding in _COLOURS.items()},
    # OpenCV's own types say nothing about colours; its images are BGR.
    "8UC1": _COLOURS["mono"], "8UC3": _COLOURS["bgr"], "8UC4": _COLOURS["bgra"],
    "yuv422": _UYVY, "uyvy": _UYVY, "yuv422_yuy2": _YUYV, "yuyv": _YUYV,
}  # fmt: skip
"""The encodings that can be decoded, by the names in sensor_msgs/image_encodings."""


def decode(message: Image) -> NDArray[np.uint8]:
    """Return the pixels of an image, grey (H, W) or RGB (H, W, 3), as a view of its data where possible.

    Args:
        message: The image. Its rows may be padded, so `step` may be larger than a row of pixels.

    Raises:
        MessageError: if the encoding is unknown, the image has no pixels, or its size does not fit its data.
    """
    encoding = ENCODINGS.get(message.encoding)
    if encoding is None:
        raise MessageError(
            f"image: found encoding {message.encoding[:40]!r}, expected grey, RGB, Bayer or YUV 4:2:2: "
            f"{', '.join(ENCODINGS)}"
        )
    values = _rows(message, encoding.values * encoding.nbytes)
    if encoding.nbytes == 2:
        upper = 0 if message.is_bigendian else 1
        values = values[:, upper::2]
    pixels = values.reshape(message.height, message.width, encoding.values)
    if encoding.code == cv2.COLOR_BGR2RGB:
        return pixels[..., ::-1]
    if encoding.code is None:
        return pixels[..., 0] if encoding.values == 1 else pixels
    return _convert(pixels, encoding.code, message.encoding)


def _rows(message: Image, pixel_bytes: int) -> NDArray[np.uint8]:
    """Return the bytes of the rows (H, W * pixel_bytes) without their padding."""
    height, width, step, row = message.height, message.width, message.step, message.width * pixel_bytes
    if not height or not width:
        raise MessageError(f"image: found {width} x {height} pixels, expected one or more")
    found, least = len(message.data), (height - 1) * step + row
    # The padding of the last row may be absent.
    if step < row or not least <= found <= height * step:
        raise MessageError(f"image: found {found} bytes in rows of {step}, expected {height} rows of {row} or more")
    values = np.frombuffer(message.data, np.uint8)
    if step == row:
        return values.reshape(height, row)
    return np.lib.stride_tricks.as_strided(values, (height, row), (step, 1), writeable=False)


def _convert(pixels: NDArray[Any], code: int, name: str) -> NDArray[np.uint8]:
    try:
        return np.asarray(cv2.cvtColor(np.ascontiguousarray(pixels), code), np.uint8)
    except cv2.error as error:  # for example YUV 4:2:2 with an odd width
        height, width = pixels.shape[:2]
        raise MessageError(f"image: found {width} x {height} pixels of {name}, which OpenCV cannot convert") from error


def decode_compressed(message: CompressedImage) -> NDArray[np.uint8]:
    """Return the pixels of a JPEG or PNG image as RGB (H, W, 3).

    Args:
        message: The image; its content is decisive, and `format` is ignored.

    Raises:
        MessageError: if it is neither JPEG nor PNG, is damaged, or has more than `MOST_PIXELS` pixels.
    """
    data = bytes(message.data)
    size = _png_size(data) or _jpeg_size(data)
    if size is None:
        raise MessageError(f"compressed image: found {len(data)} bytes of another format, expected JPEG or PNG")
    width, height = size
    if not 0 < width * height <= MOST_PIXELS:
        raise MessageError(f"compressed image: found {width} x {height} pixels, expected 1 to {MOST_PIXELS}")
    try:
        pixels = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    except cv2.error:
        pixels = None
    if pixels is None:
        raise MessageError(f"compressed image: found {len(data)} damaged bytes, expected a whole JPEG or PNG image")
    return np.asarray(pixels, np.uint8)[..., ::-1]


def _png_size(data: bytes) -> tuple[int, int] | None:
    """Return width and height in the header of a PNG image; None if it is none."""
    if not data.startswith(b"\x89PNG\r\n\x1a\n") or len(data) < 24:
        return None
    width, height = struct.unpack(">II", data[16:24])
    return width, height


def _jpeg_size(data: bytes) -> tuple[int, int] | None:
    """Return width and height in the frame header of a JPEG image; None if it is none."""
    if not data.startswith(b"\xff\xd8"):
        return None
    at = 2
    while at + 9 <= len(data) and data[at] == 0xFF:
        marker, (length,) = data[at + 1], struct.unpack(">H", data[at + 2 : at + 4])
        # SOF0 to SOF15 hold the size; C4, C8 and CC are other segments between them.
        if 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):
            height, width = struct.unpack(">HH", data[at + 5 : at + 9])
            return width, height
        at += 1 if marker == 0xFF else 2 + length
    return None
