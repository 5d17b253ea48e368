"""The camera: rows of pixels are straight lines on the ground, looked up in the ground image."""

from dataclasses import dataclass
from math import cos, sin, tan
from typing import Literal, NamedTuple

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


@dataclass(frozen=True)
class CameraConfig:
    """The image that a car's camera gives; where it sits and how wide it looks stands in the URDF.

    Attributes:
        width: Pixels of a row.
        height: Rows.
        colour: `grey` (one channel, as DeepRacer's networks see) or `rgb`.
    """

    width: int = 160
    height: int = 120
    colour: Literal["grey", "rgb"] = "grey"

    def __post_init__(self) -> None:
        """Check the ranges."""
        for name in ("width", "height"):
            if not 8 <= getattr(self, name) <= 4096:
                raise ValueError(f"{name}: found {getattr(self, name)}, expected 8 to 4096 pixels")

    @property
    def channels(self) -> int:
        """1 or 3."""
        return 1 if self.colour == "grey" else 3

    @property
    def frame_shape(self) -> tuple[int, ...]:
        """(height, width) of a grey camera, (height, width, 3) of an RGB one."""
        return (self.height, self.width) if self.colour == "grey" else (self.height, self.width, 3)


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


@compiled
def render_ground(frame: NDArray[np.uint8], ground: Ground, track: int, view: View, sky: NDArray[np.uint8]) -> None:
    """Draw the ground of a track and the sky above it.

    Args:
        frame: (H, W * C) to draw in.
        ground: All tracks.
        track: Which of them.
        view: The camera.
        sky: (C,) colour above the horizon.
    """
    height, channels = frame.shape[0], len(sky)
    for row in range(height):
        down = (row + 0.5 - 0.5 * height) / view.focal
        if view.sin_pitch + down * view.cos_pitch > HORIZON:
            render_row(frame[row], ground, track, view, down)
        else:
            for channel in range(channels):
                frame[row, channel::channels] = sky[channel]


@compiled
def render_row(row: NDArray[np.uint8], ground: Ground, track: int, view: View, down: float) -> None:
    """Draw a row of pixels that sees the ground.

    All of a row is looked up in one level of the ground image, chosen so that far lines neither
    flicker nor blur. A far pixel covers much more ground along the road than across it: it takes
    the mean of two texels in place of one from a still coarser level (anisotropic filtering as the
    OpenGL extension EXT_texture_filter_anisotropic describes it; four would cost a third more time).

    Args:
        row: (W * C,) to draw in.
        ground: All tracks.
        track: Which of them.
        view: The camera.
        down: As of `ground_line`.
    """
    fall = view.sin_pitch + down * view.cos_pitch
    across = view.z / (fall * view.focal)
    along = across / fall
    texel = ground.resolution[track]
    covered = max(across, texel)
    twice = along > 2.0 * covered
    if twice:
        covered = max(covered, 0.5 * along)
    level = 0
    while covered > DETAIL * texel and level < LEVELS - 1:
        level += 1
        texel *= 2.0
    width = len(row) // len(ground.texels)
    origin = ground.origin[track]
    if twice:
        apart = 0.25 / view.focal
        far = to_texels(ground_line(view, down - apart, width), origin, texel)
        near = to_texels(ground_line(view, down + apart, width), origin, texel)
        sample(row, ground, track, level, (far, near), 1)
    else:
        sample(row, ground, track, level, (to_texels(ground_line(view, down, width), origin, texel),), 0)


@compiled
def to_texels(line: Line, origin: NDArray[np.float64], texel: float) -> Line:
    """Return a line on the ground in columns and rows of an image with that origin and texel size (m)."""
    x, y, step_x, step_y = line
    scale = 1.0 / texel
    return (x - origin[0]) * scale, (y - origin[1]) * scale, step_x * scale, step_y * scale


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


@compiled
def sample(row: NDArray[np.uint8], ground: Ground, track: int, level: int, lines: tuple[Line, ...], shift: int) -> None:
    """Fill a row of pixels with the means of the nearest texels along lines on the ground.

    Args:
        row: (W * C,) to fill.
        ground: All tracks.
        track: Which of them.
        level: Of the ground image.
        lines: In texels of that level.
        shift: There are 2**shift lines.
    """
    channels = len(ground.texels)
    count = len(row) // channels
    width, height = ground.width[track, level], ground.height[track, level]
    inside = True
    for line in lines:
        inside = inside and is_inside(line, count, width, height)
    stride, point = np.uint32(width), np.uint32(16)
    for channel in range(channels):
        texels = ground.texels[channel, ground.first[track, level] :]
        if inside:
            for column in range(count):
                k, total = np.uint32(column), np.uint32(0)
                for line in lines:
                    u = np.uint32(fixed(line[0]) + k * fixed(line[2])) >> point
                    v = np.uint32(fixed(line[1]) + k * fixed(line[3])) >> point
                    total = np.uint32(total + texels[np.uint32(v * stride + u)])
                row[np.uint32(column * channels + channel)] = np.uint8(total >> np.uint32(shift))
        else:
            for column in range(count):
                total = np.uint32(0)
                for line in lines:
                    u_clamped = min(max(int(line[0] + column * line[2]), 0), width - 1)
                    v_clamped = min(max(int(line[1] + column * line[3]), 0), height - 1)
                    total = np.uint32(total + texels[np.uint32(v_clamped * width + u_clamped)])
                row[np.uint32(column * channels + channel)] = np.uint8(total >> np.uint32(shift))
