# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""Plan of a track for readers: the road from above with start line, driving direction and scale."""

from math import ceil, log10

import cv2
import numpy as np
from numpy.typing import NDArray

from deepracer_ros.race.track import Track
from deepracer_ros.worlds.texture import Pixels, TrackImage, draw_track

Floats = NDArray[np.float64]

LONGEST_SIDE = 1600
"""Approximate length of the plan's longer side, pixels."""

MARGIN = 0.6
"""Width of the ground around the road, m."""

FOOTER = 56
"""Height of the strip below the road, pixels."""

PAPER = (24, 28, 34)
INK = (230, 234, 238)
ARROW = (88, 196, 255)
FONT = cv2.FONT_HERSHEY_SIMPLEX


def draw_plan(track: Track) -> Pixels:
    """Return an RGB picture (rows, columns, 3) of a track, with the world's y axis upwards."""
    borders = np.concatenate([track.left, track.right])
    extent = float(np.ptp(borders, axis=0).max()) + 2.0 * MARGIN
    image = draw_track(track, extent / LONGEST_SIDE, MARGIN)
    picture = np.ascontiguousarray(image.rgb[::-1])
    _start_line(picture, image, track)
    _arrows(picture, image, track)
    return np.concatenate([picture, _footer(picture.shape[1], image.resolution, track)])


def _pixels(image: TrackImage, points: Floats) -> NDArray[np.int32]:
    """Return world points (K, 2) as pixels of the picture with the world's y axis upwards."""
    columns, rows = ((points - image.origin) / image.resolution).T
    pixels: NDArray[np.int32] = np.rint(np.column_stack([columns, image.rgb.shape[0] - rows])).astype(np.int32)
    return pixels


def _start_line(picture: Pixels, image: TrackImage, track: Track) -> None:
    """Paint two rows of squares across the road at station 0."""
    columns = 10
    side = track.width / columns
    offsets = track.width / 2.0 - side * np.arange(columns + 1)
    for row in range(2):
        for column in range(columns):
            stations = side * np.array([row, row, row + 1, row + 1])
            corners = track.pose_at(stations, offsets[[column, column + 1, column + 1, column]])[:, :2]
            shade = (255, 255, 255) if (row + column) % 2 == 0 else (0, 0, 0)
            cv2.fillConvexPoly(picture, _pixels(image, corners), shade, lineType=cv2.LINE_AA)


def _arrows(picture: Pixels, image: TrackImage, track: Track) -> None:
    """Paint chevrons that point in driving direction: the first just after the start line, the rest evenly spread."""
    count = max(3, round(track.length / 4.0))
    size = 0.28 * track.width
    for station in 2.5 * size + np.arange(count) * track.length / count:
        x, y, yaw = track.pose_at([min(station, track.length)])[0]
        ahead, aside = np.array([np.cos(yaw), np.sin(yaw)]), np.array([-np.sin(yaw), np.cos(yaw)])
        tip = np.array([x, y]) + 0.5 * size * ahead
        line = np.array([tip - size * (ahead - aside), tip, tip - size * (ahead + aside)])
        thickness = max(2, round(0.18 * size / image.resolution))
        cv2.polylines(picture, [_pixels(image, line)], False, ARROW, thickness, cv2.LINE_AA)


def _footer(width: int, resolution: float, track: Track) -> Pixels:
    """Return the strip with the track's name, length and width, and a scale bar of a round number of metres."""
    strip = np.full((FOOTER, width, 3), PAPER, np.uint8)
    text = f"{track.name}   {track.length:.2f} m   width {track.width:.2f} m"
    metres = _round_length(0.15 * width * resolution)
    right, left = width - 20, width - 20 - round(metres / resolution)
    cv2.putText(strip, text, (20, 36), FONT, 0.8, INK, 2, cv2.LINE_AA)
    cv2.putText(strip, f"{metres:g} m", (left, 24), FONT, 0.6, INK, 1, cv2.LINE_AA)
    cv2.polylines(strip, [np.array([[left, 32], [left, 42], [right, 42], [right, 32]], np.int32)], False, INK, 2)
    return strip


def _round_length(least: float) -> float:
    """Return the smallest number of the series 1, 2, 5, 10, ... (times a power of ten) that is at least `least`."""
    power = 10.0 ** (ceil(log10(least)) - 1)
    return next(step * power for step in (1.0, 2.0, 5.0, 10.0) if step * power >= least * (1.0 - 1e-9))
