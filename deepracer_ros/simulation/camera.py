# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""Rendering of the ground: each row of pixels is a straight line on the ground, sampled from the ground image."""

from math import cos, sin, tan
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from deepracer_ros.race.compilation import compiled
from deepracer_ros.simulation.ground import LEVELS, Ground

HORIZON = 2e-3
"""Least descent of a ray per unit of its horizontal reach; flatter rays show sky. They would end 70 m away."""

DETAIL = 2.0
"""Largest number of texels that a pixel covers in its mipmap level: more make the image flicker, fewer blur it."""

Line = tuple[float, float, float, float]
"""Points on the ground of a row of pixels: x and y of column 0, and the steps along x and y per column, m."""


class View(NamedTuple):
    """A pinhole camera in the world, without roll and with square pixels; its optical axis meets the image's middle.

    Attributes:
        x: World position of the camera along x, m.
        y: World position of the camera along y, m.
        z: Height of the camera above the ground, m.
        cos_yaw: Cosine of the yaw of the optical axis.
        sin_yaw: Sine of the yaw of the optical axis.
        cos_pitch: Cosine of the angle of the optical axis below the horizontal.
        sin_pitch: Sine of the angle of the optical axis below the horizontal.
        focal: Focal length, pixels.
    """

    x: float
    y: float
    z: float
    cos_yaw: float
    sin_yaw: float
    cos_pitch: float
    sin_pitch: float
    focal: float


@compiled
def view_from(
    pose: tuple[float, float, float], ahead: float, z: float, pitch: float, yaw: float, fov: float, width: int
) -> View:
    """Return the view of a car's camera.

    Args:
        pose: World position x and y, m, and yaw, rad, of base_link.
        ahead: Distance from base_link forward to the camera, m.
        z: Height of the camera above the ground, m.
        pitch: Angle of the optical axis below the horizontal, rad.
        yaw: Angle of the optical axis to the left of the car's x axis, rad.
        fov: Horizontal field of view, rad.
        width: Width of the image, pixels.
    """
    car_x, car_y, car_yaw = pose
    focal = 0.5 * width / tan(0.5 * fov)
    x, y = car_x + ahead * cos(car_yaw), car_y + ahead * sin(car_yaw)
    return View(x, y, z, cos(car_yaw + yaw), sin(car_yaw + yaw), cos(pitch), sin(pitch), focal)


@compiled
def ground_line(view: View, down: float, width: int) -> Line:
    """Return the points where the rays of a row of pixels meet the ground.

    The direction of a pixel's ray is the optical axis plus the pixel's distances to the right of it and below it (in
    focal lengths) times the camera's axes. Without roll its descent depends only on the distance below the optical
    axis. So all rays of a row end on a straight line parallel to the image, with equal spacing.

    Args:
        view: The camera.
        down: Distance of the row below the optical axis over the focal length; limited to the horizon.
        width: Width of the image, pixels.
    """
    length = view.z / max(view.sin_pitch + down * view.cos_pitch, HORIZON)
    ahead = length * (view.cos_pitch - down * view.sin_pitch)
    spacing = length / view.focal
    left = spacing * (0.5 * width - 0.5)
    x = view.x + view.cos_yaw * ahead - view.sin_yaw * left
    y = view.y + view.sin_yaw * ahead + view.cos_yaw * left
    return x, y, view.sin_yaw * spacing, -view.cos_yaw * spacing


class Level(NamedTuple):
    """One mipmap level of a track's ground image.

    It holds numbers only, because a numba kernel counts references of every array that it passes on.

    Attributes:
        first: Index of the level's first texel in `Ground.texels`.
        width: Number of columns.
        height: Number of rows.
        x: World position of the image's lower left corner along x, m.
        y: World position of the image's lower left corner along y, m.
        texel: Size of a texel, m.
    """

    first: int
    width: int
    height: int
    x: float
    y: float
    texel: float


@compiled
def render_ground(frame: NDArray[np.uint8], ground: Ground, track: int, view: View, sky: NDArray[np.uint8]) -> None:
    """Draw the ground of a track and the sky above it.

    For each row, the indices of all texels are computed first and the texels read afterwards: the CPU computes the
    indices of 16 columns at a time with vector instructions.

    Args:
        frame: (H, W * C) image to draw in.
        ground: The ground images of all tracks.
        track: Index of the track.
        view: The camera.
        sky: (W * C,) a row of pixels above the horizon.
    """
    height, channels, one = frame.shape[0], len(ground.texels), np.uint32(1)
    width = frame.shape[1] // channels
    pixels = frame.reshape(-1)
    far, near = np.empty(width, dtype=np.uint32), np.empty(width, dtype=np.uint32)
    for row in range(height):
        down = (row + 0.5 - 0.5 * height) / view.focal
        start = row * width * channels
        if view.sin_pitch + down * view.cos_pitch <= HORIZON:
            for place in range(len(sky)):
                pixels[np.uint64(start + place)] = sky[place]
            continue
        k, texel, twice = choose_level(view, down, ground.resolution[track])
        level = Level(
            ground.first[track, k],
            ground.width[track, k],
            ground.height[track, k],
            ground.origin[track, 0],
            ground.origin[track, 1],
            texel,
        )
        # With two texels per pixel, their lines lie a quarter of a row above and below the pixels' middles.
        apart = 0.25 / view.focal if twice else 0.0
        find_texels(far, level, ground_line(view, down - apart, width))
        if twice:
            find_texels(near, level, ground_line(view, down + apart, width))
        for channel in range(channels):
            for column in range(width):
                value = np.uint32(ground.texels[channel, far[column]])
                if twice:
                    value = np.uint32(value + np.uint32(ground.texels[channel, near[column]])) >> one
                # An unsigned index saves the check for an index that counts from the end.
                pixels[np.uint64(start + column * channels + channel)] = np.uint8(value)


@compiled
def choose_level(view: View, down: float, texel: float) -> tuple[int, float, bool]:
    """Choose the mipmap level of a row of pixels, and whether its pixels are the mean of two texels.

    All pixels of a row use one level of the ground image, chosen so that distant lines neither flicker nor blur. A
    distant pixel covers much more ground along the view than across it. It then shows the mean of two texels instead
    of one texel of a coarser level (anisotropic filtering, OpenGL extension EXT_texture_filter_anisotropic). Four
    texels would take a third more time.

    Args:
        view: The camera.
        down: Distance of the row below the optical axis over the focal length.
        texel: Size of a texel of the finest level, m.

    Returns:
        Index of the level; size of its texels, m; whether to use two texels per pixel.
    """
    fall = view.sin_pitch + down * view.cos_pitch
    across = view.z / (fall * view.focal)
    along = across / fall
    covered = max(across, texel)
    twice = along > 2.0 * covered
    if twice:
        covered = max(covered, 0.5 * along)
    level = 0
    while covered > DETAIL * texel and level < LEVELS - 1:
        level += 1
        texel *= 2.0
    return level, texel, twice


@compiled
def find_texels(found: NDArray[np.uint32], level: Level, line: Line) -> None:
    """Find the texels at evenly spaced points of a line; points outside the image get the nearest texel of its border.

    Args:
        found: (W,) output; filled with indices into `Ground.texels`.
        level: The mipmap level of the ground image.
        line: The points on the ground of a row of pixels.
    """
    scale = 1.0 / level.texel
    u, v, step_u, step_v = (line[0] - level.x) * scale, (line[1] - level.y) * scale, line[2] * scale, line[3] * scale
    if is_inside((u, v, step_u, step_v), len(found), level.width, level.height):
        stride, first, point = np.uint32(level.width), np.uint32(level.first), np.uint32(16)
        fixed_u, fixed_v, fixed_step_u, fixed_step_v = fixed(u), fixed(v), fixed(step_u), fixed(step_v)
        for column in range(len(found)):
            k = np.uint32(column)
            texel_u = np.uint32(fixed_u + k * fixed_step_u) >> point
            texel_v = np.uint32(fixed_v + k * fixed_step_v) >> point
            found[column] = np.uint32(texel_v * stride + texel_u) + first
    else:
        for column in range(len(found)):
            clamped_u = min(max(int(u + column * step_u), 0), level.width - 1)
            clamped_v = min(max(int(v + column * step_v), 0), level.height - 1)
            found[column] = np.uint32(clamped_v * level.width + clamped_u + level.first)


@compiled
def is_inside(line: Line, count: int, width: int, height: int) -> bool:
    """Return whether `count` points of a line (in texels) all lie in an image of the given width and height."""
    u, v, step_u, step_v = line
    last_u, last_v = u + step_u * (count - 1), v + step_v * (count - 1)
    return bool(min(u, last_u) >= 0.0 and max(u, last_u) < width and min(v, last_v) >= 0.0 and max(v, last_v) < height)


@compiled
def fixed(value: float) -> np.uint32:
    """Return a texel coordinate or step as 16.16 fixed-point number modulo 2**32; sums of steps wrap correctly."""
    return np.uint32(np.int64(value * 65536.0))
