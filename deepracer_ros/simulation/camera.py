"""The camera: rows of pixels are straight lines on the ground, looked up in the ground image."""

from math import cos, sin, tan
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from deepracer_ros.race.compilation import compiled
from deepracer_ros.simulation.ground import LEVELS, Ground

HORIZON = 2e-3
"""Pixels whose rays fall less than this over their reach are sky; their ends would be 70 m away."""

DETAIL = 2.0
"""A pixel may cover so many texels of the level it is looked up in: more would flicker, fewer blur."""

Line = tuple[float, float, float, float]
"""A row of pixels on the ground: where column 0 lies, and the step per column."""


class View(NamedTuple):
    """A camera in the world: a pinhole without roll, square pixels, its axis through the image's middle.

    Attributes:
        x: m.
        y: m.
        z: Above the ground, m.
        cos_yaw: Of the direction of the optical axis.
        sin_yaw: Of the same.
        cos_pitch: Of its angle below the horizontal.
        sin_pitch: Of the same.
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
        pose: x and y, m, and yaw, rad, of base_link.
        ahead: Camera ahead of base_link, m.
        z: Above the ground, m.
        pitch: Of the optical axis below the horizontal, rad.
        yaw: Of the optical axis to the left of the car's, rad.
        fov: Horizontal field of view, rad.
        width: Of the image, pixels.
    """
    car_x, car_y, car_yaw = pose
    focal = 0.5 * width / tan(0.5 * fov)
    x, y = car_x + ahead * cos(car_yaw), car_y + ahead * sin(car_yaw)
    return View(x, y, z, cos(car_yaw + yaw), sin(car_yaw + yaw), cos(pitch), sin(pitch), focal)


@compiled
def ground_line(view: View, down: float, width: int) -> Line:
    """Return the points, m, where a row of pixels meets the ground.

    The ray of a pixel `right` and `down` of the optical axis (in focal lengths) is that axis plus
    `right` and `down` times the camera's own axes. Without roll its fall depends on `down` alone, so
    all rays of a row end on a straight line parallel to the image, with even spacing.

    Args:
        view: The camera.
        down: The row's distance below the optical axis over the focal length; limited to the horizon.
        width: Of the image, pixels.
    """
    length = view.z / max(view.sin_pitch + down * view.cos_pitch, HORIZON)
    ahead = length * (view.cos_pitch - down * view.sin_pitch)
    spacing = length / view.focal
    left = spacing * (0.5 * width - 0.5)
    x = view.x + view.cos_yaw * ahead - view.sin_yaw * left
    y = view.y + view.sin_yaw * ahead + view.cos_yaw * left
    return x, y, view.sin_yaw * spacing, -view.cos_yaw * spacing


class Level(NamedTuple):
    """One level of a track's ground image: numbers alone, for a kernel counts references of every array it passes on.

    Attributes:
        first: Where its texels begin.
        width: Columns.
        height: Rows.
        x: World position of the image's lower left corner, m.
        y: World position of the same, m.
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

    Row by row, first where each pixel's texel lies, then what it is: the one is arithmetic on 16 columns at a time,
    the other is not.

    Args:
        frame: (H, W * C) to draw in.
        ground: All tracks.
        track: Which of them.
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
        # Two lines lie a quarter of a row above the middle of the pixels and a quarter below.
        apart = 0.25 / view.focal if twice else 0.0
        find_texels(far, level, ground_line(view, down - apart, width))
        if twice:
            find_texels(near, level, ground_line(view, down + apart, width))
        for channel in range(channels):
            for column in range(width):
                value = np.uint32(ground.texels[channel, far[column]])
                if twice:
                    value = np.uint32(value + np.uint32(ground.texels[channel, near[column]])) >> one
                # An unsigned index is not looked at for being counted from the end.
                pixels[np.uint64(start + column * channels + channel)] = np.uint8(value)


@compiled
def choose_level(view: View, down: float, texel: float) -> tuple[int, float, bool]:
    """Choose what a row of pixels is looked up in: the level, its size of a texel, and whether to take two texels.

    All of a row is looked up in one level of the ground image, chosen so that far lines neither
    flicker nor blur. A far pixel covers much more ground along the road than across it: it takes
    the mean of two texels in place of one from a still coarser level (anisotropic filtering as the
    OpenGL extension EXT_texture_filter_anisotropic describes it; four would cost a third more time).

    Args:
        view: The camera.
        down: As of `ground_line`.
        texel: Size of a texel of the finest level, m.
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
    """Find the texels nearest to evenly spaced points of a line; beyond the image, those of its border.

    Args:
        found: (W,) filled with indices into the texels of all levels.
        level: Of the ground image.
        line: On the ground.
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
    """Say whether `count` points of a line all lie in an image."""
    u, v, step_u, step_v = line
    last_u, last_v = u + step_u * (count - 1), v + step_v * (count - 1)
    return bool(min(u, last_u) >= 0.0 and max(u, last_u) < width and min(v, last_v) >= 0.0 and max(v, last_v) < height)


@compiled
def fixed(value: float) -> np.uint32:
    """Return a texel coordinate or step as 16.16 fixed point, modulo 2**32: adding steps wraps as it should."""
    return np.uint32(np.int64(value * 65536.0))
