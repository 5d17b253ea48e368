# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""Camera frames in the size, colour and layout that a network reads."""

import cv2
import numpy as np
from numpy.typing import NDArray

from deepracer_ros.learning.architectures import ARCHITECTURES
from deepracer_ros.learning.config import CAR_SIZE, NetworkConfig

FRAME_MEAN = 96.0
"""Level that is subtracted from every pixel: about the mean of images of a road."""

FRAME_SCALE = 64.0
"""Divisor of every pixel after the subtraction of `FRAME_MEAN`: about the standard deviation of images of a road."""


def first_block(config: NetworkConfig) -> int:
    """Return the side of the blocks of pixels that the first convolution reads as channels (space to depth), pixels.

    It is the stride, where that divides the kernel size: then the convolution has stride 1 over blocks. Otherwise 1.
    """
    _, kernel, stride = ARCHITECTURES[config.size].convolutions[0]
    return stride if kernel % stride == 0 else 1


def to_blocks(observations: NDArray[np.uint8], config: NetworkConfig) -> NDArray[np.uint8]:
    """Return frames as blocks of pixels (B, rows, columns, block² C), uint8, without the rows that are not read.

    Args:
        observations: Frames (B, H, W) or (B, H, W, C), uint8, of any size, scaled and converted as needed; or stacks of
            grey frames (B, stack_size H, W), the newest at the bottom.
        config: Size, colour and number of the network's frames.

    Raises:
        ValueError: if stacks are read, and the frames are not grey or their rows are no multiple of the stack's size.
    """
    frames = adapt_stacks(observations, config) if config.stack_size > 1 else adapt_frames(observations, config)
    block, height = first_block(config), config.height - config.crop_top
    pixels = frames.reshape(-1, config.height, config.width * config.channels)[:, config.crop_top :]
    if block == 1:
        return pixels.reshape(-1, height, config.width, config.channels)
    rows, columns, run = height // block, config.width // block, block * config.channels
    pixels = np.ascontiguousarray(pixels[:, : rows * block, : columns * run])
    # The pixels of one row of a block stay together, so four bytes can be moved as one number.
    words = pixels.view(np.int32).reshape(-1, rows, block, columns, run // 4).transpose(0, 1, 3, 2, 4)
    return np.ascontiguousarray(words).view(np.uint8).reshape(-1, rows, columns, block * run)


def adapt_frames(frames: NDArray[np.uint8], config: NetworkConfig) -> NDArray[np.uint8]:
    """Return frames in the size and colour that the network reads: (B, height, width) or (B, height, width, 3).

    Frames are scaled by area averaging, which resembles a camera with fewer pixels. With the preprocessing `deepracer`
    larger frames are first scaled as DeepRacer's car does. Grey is ITU-R BT.601 luma.

    Args:
        frames: Frames (B, H, W) or (B, H, W, C), uint8.
        config: Size and colour of the network's frames.
    """
    if frames.ndim == 4 and frames.shape[3] == 1:
        frames = frames[..., 0]
    if config.preprocessing == "deepracer":
        frames = scale_as_car(frames)
    if frames.ndim == 4 and config.colour == "grey":
        frames = np.stack([cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY) for frame in frames]).astype(np.uint8)
    elif frames.ndim == 3 and config.colour == "rgb":
        frames = np.repeat(frames[..., None], 3, axis=3)
    if frames.shape[1:3] != (config.height, config.width):
        size = (config.width, config.height)
        frames = np.stack([cv2.resize(frame, size, interpolation=cv2.INTER_AREA) for frame in frames]).astype(np.uint8)
    return frames


def scale_as_car(frames: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return frames larger than 160x120 in that size, by bilinear interpolation; others are unchanged.

    Args:
        frames: Frames (B, H, W) or (B, H, W, 3), uint8.
    """
    width, height = CAR_SIZE
    if frames.shape[2] <= width and frames.shape[1] <= height:
        return frames
    return np.stack([cv2.resize(frame, CAR_SIZE, interpolation=cv2.INTER_LINEAR) for frame in frames]).astype(np.uint8)


def adapt_stacks(stacks: NDArray[np.uint8], config: NetworkConfig) -> NDArray[np.uint8]:
    """Return stacks of grey frames in the size that the network reads: (B, height, width, stack_size).

    Args:
        stacks: (B, stack_size H, W) grey frames, uint8, the frames of a stack below each other.
        config: Size and number of the network's frames.

    Raises:
        ValueError: if the frames are not grey, or their rows cannot be divided into `stack_size` frames.
    """
    size = config.stack_size
    if stacks.ndim != 3 or stacks.shape[1] % size:
        raise ValueError(f"frames: found shape {stacks.shape[1:]}, expected stacks of {size} grey frames")
    frames = adapt_frames(stacks.reshape(len(stacks) * size, -1, stacks.shape[2]), config)
    return np.ascontiguousarray(frames.reshape(len(stacks), size, *frames.shape[1:]).transpose(0, 2, 3, 1))
