# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""Ground picture of a track, drawn from above: the texture that cameras see."""

from dataclasses import dataclass
from math import ceil

import cv2
import numpy as np
from numpy.typing import NDArray

from deepracer_ros.errors import InputError
from deepracer_ros.race.track import Track

Pixels = NDArray[np.uint8]
Colour = tuple[int, ...]

SUPERSAMPLING = 4
"""Fine pixels per pixel in each direction: a pixel is the mean of a square of fine pixels."""

MOST_PIXELS = 40_000_000
"""Largest number of pixels of a picture: 40 m by 100 m at 1 cm per pixel."""

SKY = (0.62, 0.72, 0.82)
"""Colour above the horizon, RGB, 0 to 1: the background of every world, which has no sky."""

_FRACTION = 4
"""Number of fractional bits of coordinates in OpenCV's drawing functions."""


@dataclass(frozen=True)
class TrackLook:
    """Colours (RGB, 0 to 255) and sizes of the road, its lines and the ground, as on DeepRacer's physical track."""

    road: Colour = (62, 63, 66)
    """Colour of the asphalt between the borders."""
    border: Colour = (236, 236, 232)
    """Colour of the lines along the borders and across the ends of an open track."""
    centre: Colour = (236, 190, 38)
    """Colour of the dashes of the centre line."""
    ground: Colour = (74, 122, 82)
    """Colour of the ground around the road."""
    border_width: float = 0.05
    """Width of the border lines, m; the middle of a line is the border."""
    centre_width: float = 0.03
    """Width of the dashes of the centre line, m."""
    dash: float = 0.15
    """Length of a dash and of the gap after it, m; adjusted so that a lap has a whole number of dashes."""


@dataclass(frozen=True, eq=False)
class TrackImage:
    """A picture of the ground, seen from above.

    Attributes:
        rgb: (rows, columns, 3) uint8; the first row is at the smallest y, the first column at the smallest x.
        origin: World position of the picture's corner with the smallest x and y, m.
        resolution: Size of a pixel, m.
    """

    rgb: Pixels
    origin: tuple[float, float]
    resolution: float

    @property
    def grey(self) -> Pixels:
        """Grey picture (rows, columns): luma by ITU-R BT.601."""
        return np.asarray(cv2.cvtColor(self.rgb, cv2.COLOR_RGB2GRAY), np.uint8)

    @property
    def size(self) -> tuple[float, float]:
        """Extent of the picture along x and y, m."""
        rows, columns = self.rgb.shape[:2]
        return columns * self.resolution, rows * self.resolution


def draw_track(
    track: Track, metres_per_pixel: float = 0.01, margin: float = 3.0, look: TrackLook | None = None
) -> TrackImage:
    """Draw a track's road, border lines and centre line with antialiasing.

    Args:
        track: The track.
        metres_per_pixel: Size of a pixel, m.
        margin: Width of the ground around the outermost border, m.
        look: Colours and sizes; by default those of `TrackLook`.

    Raises:
        InputError: if the picture would have more than `MOST_PIXELS`.
    """
    look = look or TrackLook()
    borders = np.concatenate([track.left, track.right])
    low = borders.min(axis=0) - margin
    extent = borders.max(axis=0) + margin - low
    columns, rows = (ceil(side / metres_per_pixel) for side in extent)
    if rows * columns > MOST_PIXELS:
        raise InputError(
            f"track {track.name}: found a picture of {columns} x {rows} pixels of {metres_per_pixel} m, "
            f"expected at most {MOST_PIXELS} in all"
        )
    canvas = _Canvas(rows, columns, low, metres_per_pixel)
    road = canvas.road(track)
    picture = np.full((rows, columns, 3), look.ground, dtype=np.float32)
    _blend(picture, canvas.coverage(road), look.road)
    _blend(picture, canvas.coverage(canvas.dashes(track, look)), look.centre)
    _blend(picture, canvas.coverage(canvas.outline(road, look.border_width)), look.border)
    return TrackImage(np.rint(picture).astype(np.uint8), (float(low[0]), float(low[1])), metres_per_pixel)


def road_edges(track: Track, distance: float) -> list[NDArray[np.float64]]:
    """Return the closed lines (K, 2), m, at a distance (m) from the road, outside it and inside its loop.

    The lines are contours in a drawing with pixels of 1 cm, so they do not fold around tight corners.
    """
    borders = np.concatenate([track.left, track.right])
    low = borders.min(axis=0) - distance - 0.1
    resolution = 0.04
    extent = borders.max(axis=0) + distance + 0.1 - low
    columns, rows = (ceil(side / resolution) for side in extent)
    canvas = _Canvas(rows, columns, low, resolution)
    road = canvas.road(track)
    wide = road | canvas.outline(road, 2.0 * distance)
    contours, _ = cv2.findContours(wide, cv2.RETR_CCOMP, cv2.CHAIN_APPROX_NONE)
    lines = [cv2.approxPolyDP(contour, 1.5, True)[:, 0, :] for contour in contours]
    return [low + (line + 0.5) * resolution / SUPERSAMPLING for line in lines if len(line) > 2]


class _Canvas:
    """Draws masks of fine pixels and averages them to the coverage of a picture's pixels."""

    def __init__(self, rows: int, columns: int, low: NDArray[np.float64], metres_per_pixel: float) -> None:
        self._shape = (rows * SUPERSAMPLING, columns * SUPERSAMPLING)
        self._low = low
        self._fine = metres_per_pixel / SUPERSAMPLING

    def road(self, track: Track) -> Pixels:
        """Return the mask of the road, with one quadrangle per segment so that folded borders leave no hole."""
        left, right = self._fixed(track.left), self._fixed(track.right)
        mask = np.zeros(self._shape, np.uint8)
        segments = range(len(left) if track.closed else len(left) - 1)
        for i in segments:
            j = (i + 1) % len(left)
            quadrangle = cv2.convexHull(np.array([left[i], right[i], right[j], left[j]]))
            cv2.fillConvexPoly(mask, quadrangle, 255, shift=_FRACTION)
        return mask

    def outline(self, road: Pixels, width: float) -> Pixels:
        """Return the mask of a line of the given width (m) along the edge of the road."""
        contours, _ = cv2.findContours(road, cv2.RETR_CCOMP, cv2.CHAIN_APPROX_NONE)
        mask = np.zeros(self._shape, np.uint8)
        cv2.drawContours(mask, contours, -1, 255, thickness=self._thickness(width))
        return mask

    def dashes(self, track: Track, look: TrackLook) -> Pixels:
        """Return the mask of the dashed centre line."""
        mask = np.zeros(self._shape, np.uint8)
        count = max(1, round(track.length / (2.0 * look.dash)))
        period = track.length / count
        for i in range(count):
            stations = np.linspace((i + 0.25) * period, (i + 0.75) * period, 5)
            line = self._fixed(track.pose_at(stations)[:, :2])
            cv2.polylines(mask, [line], False, 255, thickness=self._thickness(look.centre_width), shift=_FRACTION)
        return mask

    def coverage(self, mask: Pixels) -> Pixels:
        """Return the share (rows, columns) of each pixel that the mask covers, 0 to 255."""
        size = (mask.shape[1] // SUPERSAMPLING, mask.shape[0] // SUPERSAMPLING)
        return np.asarray(cv2.resize(mask, size, interpolation=cv2.INTER_AREA), np.uint8)

    def _thickness(self, width: float) -> int:
        return max(1, round(width / self._fine))

    def _fixed(self, points: NDArray[np.float64]) -> NDArray[np.int32]:
        """Return world points as fine pixels in OpenCV's fixed-point format, with integers at pixel centres."""
        fixed: NDArray[np.int32] = np.rint(((points - self._low) / self._fine - 0.5) * 2**_FRACTION).astype(np.int32)
        return fixed


def _blend(picture: NDArray[np.float32], coverage: Pixels, colour: Colour) -> None:
    """Blend a colour into the picture by its coverage of each pixel (rows, columns), 0 to 255; most have none."""
    pixels, share = picture.reshape(-1, 3), coverage.reshape(-1)
    covered = np.flatnonzero(share)
    weight = share[covered].astype(np.float32)[:, None] / np.float32(255.0)
    pixels[covered] += weight * (np.array(colour, np.float32) - pixels[covered])
