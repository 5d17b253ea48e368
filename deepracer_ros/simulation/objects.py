# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""Rendering of objects and other cars as boxes on the ground, with a depth buffer."""

from math import cos, floor, inf, sin
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from deepracer_ros.race.compilation import compiled
from deepracer_ros.race.obstacle import SIGHT, ObstacleShape
from deepracer_ros.race.vehicle import Vehicle
from deepracer_ros.simulation.camera import View

Floats = NDArray[np.float64]
Colour = tuple[int, int, int]

CAR_COLOURS: tuple[Colour, ...] = ((204, 31, 13), (28, 60, 190), (240, 140, 20), (230, 230, 230), (110, 30, 140))
"""RGB colours of the cars of a heat, assigned in turn."""

TOP, ENDS, SIDES = 1.0, 0.82, 0.66
"""Relative brightness of a box's faces in light from above."""

NEAR = 0.02
"""Least distance at which a camera sees, m."""


class Box(NamedTuple):
    """A box that stands on the ground.

    Attributes:
        x: World position of the box's middle along x, m.
        y: World position of the box's middle along y, m.
        yaw: Direction of the box's length, rad.
        half_length: Half the length of the box, m.
        half_width: Half the width of the box, m.
        height: Height of the box, m.
    """

    x: float
    y: float
    yaw: float
    half_length: float
    half_width: float
    height: float


class Objects(NamedTuple):
    """Objects and cars on the tracks in the form of a numba kernel.

    Attributes:
        poses: (N, K, 3) x, y, m, and yaw, rad, of the objects on each car's road.
        box: (3,) half length, half width and height of an object, m.
        box_colour: (C,) colour of an object, levels of 0 to 255.
        body: (4,) distance from base_link forward to the middle of a car's body, and half length, half width and
            height of the body, m.
        car_colours: (N, C) colour of each car, levels of 0 to 255.
        heat: Number of consecutive cars that drive together and see each other; 1 if every car drives alone.
    """

    poses: Floats
    box: Floats
    box_colour: Floats
    body: Floats
    car_colours: Floats
    heat: int


def gather_objects(poses: Floats, shape: ObstacleShape, vehicle: Vehicle, heat: int, grey: bool) -> Objects:
    """Return objects and cars in the form of the kernels.

    Args:
        poses: (N, K, 3) x, y, m, and yaw, rad, of the objects on the road of each of N cars. The array is kept, so
            changes of it become visible.
        shape: Size and colour of every object.
        vehicle: The car, for the size of its body.
        heat: Number of cars per heat: cars `heat * k` to `heat * k + heat - 1` see each other.
        grey: Whether the cameras are grey; otherwise they are RGB.
    """
    colours = [CAR_COLOURS[car % heat % len(CAR_COLOURS)] for car in range(len(poses))]
    return Objects(
        poses=poses,
        box=np.array([0.5 * shape.length, 0.5 * shape.width, shape.height]),
        box_colour=np.array(camera_colour(shape.colour, grey)),
        body=np.array([vehicle.body_x, 0.5 * vehicle.body_length, 0.5 * vehicle.body_width, vehicle.body_height]),
        car_colours=np.array([camera_colour(colour, grey) for colour in colours]),
        heat=heat,
    )


def camera_colour(colour: Colour, grey: bool) -> list[float]:
    """Return an RGB colour as levels of the camera's channels; grey is luma by ITU-R BT.601, as in OpenCV."""
    red, green, blue = colour
    return [0.299 * red + 0.587 * green + 0.114 * blue] if grey else [float(red), float(green), float(blue)]


@compiled
def render_objects(
    frame: NDArray[np.uint8], view: View, objects: Objects, car: int, x: Floats, y: Floats, yaw: Floats
) -> None:
    """Draw the objects on a car's road and the other cars of its heat over the ground.

    Args:
        frame: (H, W * C) image that already shows the ground; updated.
        view: The car's camera.
        objects: Objects and cars on the tracks.
        car: Index of the car whose camera it is.
        x: (N,) world position of base_link of all cars along x, m.
        y: (N,) world position of base_link of all cars along y, m.
        yaw: (N,) heading of all cars, rad.
    """
    channels = objects.car_colours.shape[1]
    depth = np.full((frame.shape[0], frame.shape[1] // channels), np.float32(inf))
    long, wide, high = objects.box[0], objects.box[1], objects.box[2]
    for k in range(objects.poses.shape[1]):
        box = Box(objects.poses[car, k, 0], objects.poses[car, k, 1], objects.poses[car, k, 2], long, wide, high)
        draw_box(frame, depth, view, box, objects.box_colour)
    first = car - car % objects.heat
    ahead, half_length, half_width, height = objects.body[0], objects.body[1], objects.body[2], objects.body[3]
    for other in range(first, min(first + objects.heat, len(x))):
        if other != car:
            middle_x, middle_y = x[other] + ahead * cos(yaw[other]), y[other] + ahead * sin(yaw[other])
            body = Box(middle_x, middle_y, yaw[other], half_length, half_width, height)
            draw_box(frame, depth, view, body, objects.car_colours[other])


@compiled
def draw_box(frame: NDArray[np.uint8], depth: NDArray[np.float32], view: View, box: Box, colour: Floats) -> None:
    """Draw a box in the pixels in which no nearer box is drawn.

    A box stands on the ground, so a ray that hits the box hits it before the ground.

    Args:
        frame: (H, W * C) image; updated.
        depth: (H, W) distance of the nearest drawn box along the optical axis, m; updated.
        view: The camera.
        box: The box.
        colour: (C,) colour of the box's top, levels of 0 to 255.
    """
    height, width = depth.shape
    left, right, top, bottom = bounds(view, box, width, height)
    along = (cos(box.yaw), sin(box.yaw))
    away_x, away_y = view.x - box.x, view.y - box.y
    eye = (away_x * along[0] + away_y * along[1], away_y * along[0] - away_x * along[1], view.z)
    # Cosine and sine of the camera's yaw in the box's frame.
    cosine = view.cos_yaw * along[0] + view.sin_yaw * along[1]
    sine = view.sin_yaw * along[0] - view.cos_yaw * along[1]
    for row in range(top, bottom):
        down = (row + 0.5 - 0.5 * height) / view.focal
        flat = view.cos_pitch - down * view.sin_pitch
        fall = -view.sin_pitch - down * view.cos_pitch
        for column in range(left, right):
            aside = (column + 0.5 - 0.5 * width) / view.focal
            ray = (flat * cosine + aside * sine, flat * sine - aside * cosine, fall)
            distance, brightness = hit_box(eye, ray, box)
            if distance < depth[row, column]:
                depth[row, column] = distance
                for channel in range(len(colour)):
                    frame[row, column * len(colour) + channel] = np.uint8(brightness * colour[channel])


@compiled
def hit_box(eye: tuple[float, float, float], ray: tuple[float, float, float], box: Box) -> tuple[float, float]:
    """Return the distance along a ray to a box, in lengths of `ray`, and the brightness of the face that it hits.

    The slab method (Kay and Kajiya, SIGGRAPH 1986): a ray is inside a box while it is between all three pairs of
    faces. The distance is infinite if the ray misses the box.

    Args:
        eye: Origin of the ray in the box's frame, m.
        ray: Direction of the ray in the box's frame.
        box: The box, for its size.
    """
    enter, leave, brightness = NEAR, inf, 0.0
    for axis, low, high, shade in (
        (0, -box.half_length, box.half_length, ENDS),
        (1, -box.half_width, box.half_width, SIDES),
        (2, 0.0, box.height, TOP),
    ):
        first, second = (low - eye[axis]) / ray[axis], (high - eye[axis]) / ray[axis]
        if min(first, second) > enter:
            enter, brightness = min(first, second), shade
        leave = min(leave, max(first, second))
    if enter < leave and brightness > 0.0:
        return enter, brightness
    return inf, 0.0


@compiled
def bounds(view: View, box: Box, width: int, height: int) -> tuple[int, int, int, int]:
    """Return the pixels that a box's image may cover: first and end column, first and end row (ends excluded).

    All are 0 if the box is behind the camera or farther away than `SIGHT`.

    Args:
        view: The camera.
        box: The box.
        width: Width of the image, pixels.
        height: Height of the image, pixels.
    """
    reach = box.half_length + box.half_width
    away_x, away_y = box.x - view.x, box.y - view.y
    forward = away_x * view.cos_yaw + away_y * view.sin_yaw
    if forward < -reach or away_x * away_x + away_y * away_y > SIGHT * SIGHT:
        return 0, 0, 0, 0
    left, right, top, bottom = inf, -inf, inf, -inf
    cosine, sine = cos(box.yaw), sin(box.yaw)
    for corner in range(8):
        ahead = box.half_length if corner & 1 else -box.half_length
        aside = box.half_width if corner & 2 else -box.half_width
        up = (box.height if corner & 4 else 0.0) - view.z
        x, y = away_x + ahead * cosine - aside * sine, away_y + ahead * sine + aside * cosine
        flat = x * view.cos_yaw + y * view.sin_yaw
        distance = flat * view.cos_pitch - up * view.sin_pitch
        if distance < NEAR:
            return 0, width, 0, height
        column = 0.5 * width + view.focal * (x * view.sin_yaw - y * view.cos_yaw) / distance
        row = 0.5 * height - view.focal * (flat * view.sin_pitch + up * view.cos_pitch) / distance
        left, right, top, bottom = min(left, column), max(right, column), min(top, row), max(bottom, row)
    return max(0, floor(left)), min(width, floor(right) + 1), max(0, floor(top)), min(height, floor(bottom) + 1)
