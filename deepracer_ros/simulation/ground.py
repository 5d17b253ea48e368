# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""Ground images of all tracks as mipmaps in flat arrays, the texture that cameras see."""

from collections.abc import Sequence
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from deepracer_ros.worlds.texture import TrackImage

LEVELS = 9
"""Number of mipmap levels; each has half the resolution of the previous one, from 5 mm to 1.3 m per texel."""


class Ground(NamedTuple):
    """The ground images of several tracks as flat arrays for a numba kernel.

    Texel (column, row) of level k of a track is a square with sides of `resolution * 2**k` m. Its lower left corner is
    at `origin + (column, row) * resolution * 2**k`, with the track's `origin` and `resolution`.

    Attributes:
        texels: (C, T) uint8 texels: one row per colour channel, all levels of all tracks one after another.
        first: (tracks, LEVELS) index of the first texel of each level.
        width: (tracks, LEVELS) number of columns of each level.
        height: (tracks, LEVELS) number of rows of each level.
        origin: (tracks, 2) world position of each image's lower left corner, m.
        resolution: (tracks,) size of a texel of the finest level, m.
    """

    texels: NDArray[np.uint8]
    first: NDArray[np.int64]
    width: NDArray[np.int64]
    height: NDArray[np.int64]
    origin: NDArray[np.float64]
    resolution: NDArray[np.float64]


def flatten_ground(images: Sequence[TrackImage], grey: bool) -> Ground:
    """Return the ground images of several tracks with their mipmap levels; track t of the result is `images[t]`.

    Args:
        images: The ground picture of each track.
        grey: Whether the result has one grey channel; otherwise it has three channels, RGB.
    """
    channels = [[image.grey] if grey else cv2.split(image.rgb) for image in images]
    pyramids = [[_pyramid(np.asarray(plane, np.uint8)) for plane in planes] for planes in channels]
    shapes = np.array([[level.shape for level in planes[0]] for planes in pyramids], dtype=np.int64)
    sizes = shapes.prod(axis=2)
    texels = [
        np.concatenate([level.ravel() for planes in pyramids for level in planes[channel]])
        for channel in range(len(pyramids[0]))
    ]
    return Ground(
        texels=np.stack(texels),
        first=(np.cumsum(sizes) - sizes.ravel()).reshape(sizes.shape),
        width=np.ascontiguousarray(shapes[:, :, 1]),
        height=np.ascontiguousarray(shapes[:, :, 0]),
        origin=np.array([image.origin for image in images]),
        resolution=np.array([image.resolution for image in images]),
    )


def _pyramid(image: NDArray[np.uint8]) -> list[NDArray[np.uint8]]:
    """Return the mipmap levels of an image: each texel is the mean of four texels of the previous level."""
    levels = [image]
    for _ in range(LEVELS - 1):
        finer = levels[-1]
        rows, columns = finer.shape
        even = cv2.copyMakeBorder(finer, 0, rows % 2, 0, columns % 2, cv2.BORDER_REPLICATE)
        half = (even.shape[1] // 2, even.shape[0] // 2)
        levels.append(np.asarray(cv2.resize(even, half, interpolation=cv2.INTER_AREA), np.uint8))
    return levels
