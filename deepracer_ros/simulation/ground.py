"""What the cameras look at: the ground images of all tracks in ever coarser levels, laid out flat."""

from collections.abc import Sequence
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from deepracer_ros.worlds.texture import TrackImage

LEVELS = 9
"""Each level of a ground image has half the resolution of the one before: 5 mm to 1.3 m a texel."""


class Ground(NamedTuple):
    """The ground images of several tracks as flat arrays, ready for a numba kernel.

    Texel (column, row) of level k of a track covers `resolution * 2**k` metres from
    `origin + (column, row) * resolution * 2**k` on, both of them the track's.

    Attributes:
        texels: (C, T) uint8; one row per colour channel, all levels of all tracks one after another.
        first: (tracks, LEVELS) where a level's texels begin.
        width: (tracks, LEVELS) columns of a level.
        height: (tracks, LEVELS) rows of a level.
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
    """Lay ground images and their coarser levels one after another; track t of the result is `images[t]`.

    Args:
        images: One per track.
        grey: Whether to keep one grey channel or three.
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
    """Return the image and its halvings, each texel the mean of the four below it."""
    levels = [image]
    for _ in range(LEVELS - 1):
        finer = levels[-1]
        rows, columns = finer.shape
        even = cv2.copyMakeBorder(finer, 0, rows % 2, 0, columns % 2, cv2.BORDER_REPLICATE)
        half = (even.shape[1] // 2, even.shape[0] // 2)
        levels.append(np.asarray(cv2.resize(even, half, interpolation=cv2.INTER_AREA), np.uint8))
    return levels
