# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""The panel of the video that shows the track and the cars from above."""

import cv2
import numpy as np
from numpy.typing import NDArray

from deepracer_ros.race.obstacle import ObstacleShape
from deepracer_ros.race.track import Track
from deepracer_ros.race.vehicle import read_vehicle
from deepracer_ros.report.film import Moment
from deepracer_ros.report.style import rgb, speed_colours

Floats = NDArray[np.float64]
Picture = NDArray[np.uint8]
Colour = tuple[int, int, int]

SHORTEST_CAR = 13.0
"""Least length of a drawn car, pixels; on a large track a car is drawn larger than it is."""
ROAD = rgb("#2d333b")
BORDER = rgb("#d0d7de")
CENTRE = rgb("#9e7b1e")
OUTLINE = rgb("#0d1117")
_FRACTION = 4
"""Fractional bits of the fixed-point coordinates in OpenCV's drawing functions."""


def start_line(track: Track) -> Floats:
    """Return the left and right end of the start line, (2, 2), m; it is perpendicular to the centre line."""
    offsets = [np.median(track.left_width), -np.median(track.right_width)]
    ends: Floats = track.pose_at([0.0, 0.0], offsets)[:, :2]
    return ends


def rectangles(poses: Floats, length: float, width: float) -> Floats:
    """Return the corners (K, 4, 2) of K rectangles, anticlockwise, m.

    Args:
        poses: (K, 3) x and y of the centres, m, and yaw of the long axis, rad.
        length: Length of every rectangle, m.
        width: Width of every rectangle, m.
    """
    along = np.stack([np.cos(poses[:, 2]), np.sin(poses[:, 2])], axis=1) * length / 2.0
    aside = np.stack([-np.sin(poses[:, 2]), np.cos(poses[:, 2])], axis=1) * width / 2.0
    corners = np.stack([along - aside, along + aside, -along + aside, -along - aside], axis=1)
    placed: Floats = poses[:, None, :2] + corners
    return placed


class OverheadView:
    """Draws one track from above, with objects, driven lines and cars.

    Attributes:
        picture: (height, width, 3) RGB image of the road, the objects on it and the lines driven so far, without cars.
    """

    def __init__(self, track: Track, width: int, height: int, ground: Colour, top_speed: float) -> None:
        """Fit the track into a picture and draw its road.

        Args:
            track: The track to draw.
            width: Width of the picture, pixels.
            height: Height of the picture, pixels.
            ground: RGB colour around the road.
            top_speed: Speed at the end of the colour scale, m/s.
        """
        borders = np.concatenate([track.left, track.right])
        low, high = borders.min(axis=0), borders.max(axis=0)
        margin = 0.06 * min(width, height)
        self._scale = float(((np.array([width, height]) - 2 * margin) / (high - low)).min())
        self._middle, self._centre = (low + high) / 2.0, np.array([width / 2.0, height / 2.0])
        self._colours = np.rint(255.0 * speed_colours()).astype(int)
        self._top_speed = top_speed
        self._vehicle = read_vehicle()
        self._car_scale = max(1.0, SHORTEST_CAR / (self._vehicle.body_length * self._scale))
        self.picture: Picture = np.full((height, width, 3), ground, dtype=np.uint8)
        self._draw_road(track)

    def _pixels(self, points: Floats) -> NDArray[np.int32]:
        """Return world points (K, 2), m, as pixels in OpenCV's fixed-point format; the y axis points up."""
        pixels = (points - self._middle) * [self._scale, -self._scale] + self._centre
        fixed: NDArray[np.int32] = np.rint(pixels * 2**_FRACTION).astype(np.int32)
        return fixed

    def _line(self, points: Floats, colour: Colour, thickness: int, closed: bool = False) -> None:
        cv2.polylines(self.picture, [self._pixels(points)], closed, colour, thickness, cv2.LINE_AA, _FRACTION)

    def _draw_road(self, track: Track) -> None:
        following = np.roll(np.arange(len(track.centre)), -1)[: None if track.closed else -1]
        for i, j in enumerate(following):
            tile = np.stack([track.left[i], track.left[j], track.right[j], track.right[i]])
            cv2.fillConvexPoly(self.picture, self._pixels(tile), ROAD, cv2.LINE_AA, _FRACTION)
        dash = 0.3
        for station in np.arange(0.0, track.length - dash, 2.0 * dash):
            self._line(track.pose_at(np.linspace(station, station + dash, 4))[:, :2], CENTRE, 1)
        for border in (track.left, track.right):
            self._line(border, BORDER, 1, track.closed)
        self._line(start_line(track), BORDER, 2)

    def draw_objects(self, poses: Floats, shape: ObstacleShape) -> None:
        """Draw objects on the road permanently.

        Args:
            poses: (K, 3) poses of the objects: x, m, y, m, and yaw, rad.
            shape: Size and colour of the objects.
        """
        for corners in rectangles(poses, shape.length, shape.width):
            outline = self._pixels(corners)
            cv2.fillConvexPoly(self.picture, outline, shape.colour, cv2.LINE_AA, _FRACTION)
            cv2.polylines(self.picture, [outline], True, BORDER, 1, cv2.LINE_AA, _FRACTION)

    def trace(self, before: Moment, now: Moment) -> None:
        """Draw the line that a car drove between two frames permanently, in the colour of its speed.

        Args:
            before: State at the earlier frame.
            now: State at the later frame.
        """
        points = np.array([(before.x, before.y), (now.x, now.y)])
        self._line(points, self.speed_colour(now.speed), 2)

    def speed_colour(self, speed: float) -> Colour:
        """Return the RGB colour of a speed, m/s, on the colour scale."""
        index = int(np.clip(255.0 * speed / self._top_speed, 0.0, 255.0))
        red, green, blue = self._colours[index]
        return int(red), int(green), int(blue)

    def draw_car(self, picture: Picture, car: Moment, colour: Colour) -> None:
        """Draw a car with a pointed front.

        Args:
            picture: Copy of `self.picture` to draw on.
            car: State of the car.
            colour: RGB colour of the car.
        """
        ahead = np.array([np.cos(car.yaw), np.sin(car.yaw)])
        along = ahead * self._vehicle.body_length / 2.0 * self._car_scale
        aside = np.array([-ahead[1], ahead[0]]) * self._vehicle.body_width / 2.0 * self._car_scale
        shape = [-along + aside, 0.4 * along + aside, 1.1 * along, 0.4 * along - aside, -along - aside]
        middle = np.array([car.x, car.y]) + self._vehicle.body_x * ahead
        outline = self._pixels(middle + np.array(shape))
        cv2.fillConvexPoly(picture, outline, colour, cv2.LINE_AA, _FRACTION)
        cv2.polylines(picture, [outline], True, OUTLINE, 1, cv2.LINE_AA, _FRACTION)
