# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""Images in every encoding that cameras use become grey or RGB; what cannot be used is one line."""

import cv2
import numpy as np
import pytest
from sensor_msgs.msg import CompressedImage, Image

from deepracer_ros.nodes.messages.encodings import ENCODINGS, MOST_PIXELS, decode, decode_compressed
from deepracer_ros.nodes.messages.errors import MessageError
from deepracer_ros.nodes.messages.images import from_image

RED, GREEN, BLUE, ALPHA = 200, 100, 50, 255


def image(encoding, pixels, padding=0, big=False):
    """Return an image of rows (H, bytes), each with so many more bytes."""
    height, row = pixels.shape
    rows = np.hstack([pixels, np.full((height, padding), 77, np.uint8)])
    values = ENCODINGS[encoding].values * ENCODINGS[encoding].nbytes
    return Image(
        height=height, width=row // values, encoding=encoding, step=row + padding, is_bigendian=big, data=rows.tobytes()
    )


def rows(*values, height=4, width=6):
    """Return rows of equal pixels with these bytes."""
    return np.tile(np.array(values, np.uint8), (height, width))


@pytest.mark.parametrize("padding", [0, 1, 5])
@pytest.mark.parametrize(
    ("encoding", "values", "expected"),
    [
        ("mono8", (9,), 9), ("8UC1", (9,), 9), ("mono16", (3, 9), 9),
        ("rgb8", (RED, GREEN, BLUE), (RED, GREEN, BLUE)), ("bgr8", (BLUE, GREEN, RED), (RED, GREEN, BLUE)),
        ("8UC3", (BLUE, GREEN, RED), (RED, GREEN, BLUE)), ("rgba8", (RED, GREEN, BLUE, ALPHA), (RED, GREEN, BLUE)),
        ("bgra8", (BLUE, GREEN, RED, ALPHA), (RED, GREEN, BLUE)), ("8UC4", (BLUE, GREEN, RED, 0), (RED, GREEN, BLUE)),
        ("rgb16", (1, RED, 2, GREEN, 3, BLUE), (RED, GREEN, BLUE)),
        ("bgra16", (1, BLUE, 2, GREEN, 3, RED, 4, 5), (RED, GREEN, BLUE)),
    ],
)  # fmt: skip
def test_every_encoding_with_and_without_padding(encoding, values, expected, padding):
    found = decode(image(encoding, rows(*values), padding))
    assert found.dtype == np.uint8
    assert found.shape == ((4, 6) if np.isscalar(expected) else (4, 6, 3))
    assert (found == np.array(expected)).all()


def test_of_two_bytes_the_upper_one_counts_in_both_orders():
    assert (decode(image("mono16", rows(9, 3), big=True)) == 9).all()
    assert (decode(image("mono16", rows(3, 9), big=False)) == 9).all()


@pytest.mark.parametrize("encoding", ["yuv422", "uyvy", "yuv422_yuy2", "yuyv"])
def test_a_grey_yuv_image_is_grey(encoding):
    pair = (128, 126) if encoding in ("yuv422", "uyvy") else (126, 128)
    found = decode(image(encoding, rows(*pair)))
    # The levels 16 to 235 of Y become 0 to 255.
    assert np.abs(found.astype(int) - round((126 - 16) * 255 / 219)).max() <= 1


@pytest.mark.parametrize("bits", [8, 16])
@pytest.mark.parametrize(("pattern", "red"), [("rggb", (0, 0)), ("grbg", (0, 1)), ("gbrg", (1, 0)), ("bggr", (1, 1))])
def test_bayer_patterns_have_red_where_their_names_say(pattern, red, bits):
    mosaic = np.zeros((8, 8), np.uint8)
    mosaic[red[0] :: 2, red[1] :: 2] = RED
    if bits == 16:
        mosaic = np.dstack([np.zeros_like(mosaic), mosaic]).reshape(8, 16)
    inner = decode(image(f"bayer_{pattern}{bits}", mosaic))[2:-2, 2:-2]
    assert (inner[..., 0] == RED).all()
    assert (inner[..., 1:] == 0).all()


def test_stacked_frames_may_have_padded_rows():
    frames = np.random.default_rng(1).integers(0, 256, (3, 4, 15), np.uint8)
    message = image("rgb8", frames.reshape(12, 15), padding=3)
    np.testing.assert_array_equal(from_image(message, 4), frames.reshape(3, 4, 5, 3))
    message.data = message.data[:-3]  # the last row needs no padding
    np.testing.assert_array_equal(from_image(message, 4), frames.reshape(3, 4, 5, 3))


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"encoding": "32FC1"}, "found encoding '32FC1', expected grey, RGB, Bayer or YUV 4:2:2: mono8, "),
        ({"encoding": "16UC1"}, "found encoding '16UC1'"),
        ({"height": 0, "width": 0, "step": 0, "data": b""}, "found 0 x 0 pixels, expected one or more"),
        ({"width": 0}, "found 0 x 4 pixels"),
        ({"height": 2**32 - 1}, "found 72 bytes in rows of 18, expected 4294967295 rows of 18 or more"),
        ({"width": 2**32 - 1}, "expected 4 rows of 12884901885 or more"),
        ({"step": 17}, "found 72 bytes in rows of 17, expected 4 rows of 18 or more"),
        ({"step": 2**32 - 1}, "in rows of 4294967295"),
        ({"data": bytes(71)}, "found 71 bytes"),
        ({"data": bytes(73)}, "found 73 bytes"),
        ({"encoding": "yuyv", "width": 3, "step": 6, "data": bytes(24)}, "3 x 4 pixels of yuyv, which OpenCV cannot"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_one_line(changes, words):
    message = image("rgb8", rows(1, 2, 3))
    for name, value in changes.items():
        setattr(message, name, value)
    with pytest.raises(MessageError, match=words) as found:
        decode(message)
    assert "\n" not in str(found.value)


@pytest.mark.parametrize("suffix", [".jpg", ".png"])
def test_compressed_images(suffix):
    pixels = np.full((48, 64, 3), (BLUE, GREEN, RED), np.uint8)
    data = cv2.imencode(suffix, pixels)[1].tobytes()
    found = decode_compressed(CompressedImage(format="anything", data=data))
    assert found.shape == (48, 64, 3)
    assert np.abs(found.astype(int) - (RED, GREEN, BLUE)).max() <= 3
    damaged = data[:30] if suffix == ".png" else data[: len(data) // 4]
    with pytest.raises(MessageError, match=f"found {len(damaged)} "):
        decode_compressed(CompressedImage(data=damaged))


def test_an_image_that_would_fill_the_memory_is_not_decoded():
    png = cv2.imencode(".png", np.zeros((8, 8), np.uint8))[1].tobytes()
    huge = png[:16] + (30_000).to_bytes(4, "big") * 2 + png[24:]
    with pytest.raises(MessageError, match=f"found 30000 x 30000 pixels, expected 1 to {MOST_PIXELS}"):
        decode_compressed(CompressedImage(data=huge))


@pytest.mark.parametrize("data", [b"", b"\xff\xd8", b"\xff\xd8\xff", b"\xff\xd8" + b"\xff" * 50, b"GIF89a" + bytes(50)])
def test_bytes_of_no_image_are_named(data):
    with pytest.raises(MessageError, match=f"found {len(data)} bytes of another format, expected JPEG or PNG"):
        decode_compressed(CompressedImage(data=data))
