# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""Wavefront OBJ meshes of a track's world: its ground and its barriers."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from deepracer_ros.worlds.texture import TrackImage

Floats = NDArray[np.float64]

HORIZON = 200.0
"""Extent of the ground beyond the picture of the track, m."""

PLAIN_UV = 0.002
"""Texture coordinate (u and v) of a point of the picture that shows plain ground, near the picture's corner."""


def materials(name: str) -> str:
    """Return the MTL text of the materials of a track's meshes: the ground picture `name`.png, and `barrier`."""
    return (
        f"newmtl {name}\nKa 1 1 1\nKd 1 1 1\nKs 0 0 0\nillum 1\nmap_Kd {name}.png\n\n"
        "newmtl barrier\nKa 0.75 0.2 0.16\nKd 0.75 0.2 0.16\nKs 0 0 0\nillum 1\n"
    )


def ground_mesh(name: str, image: TrackImage) -> str:
    """Return the OBJ text of the ground: a flat mesh with the picture, and around it the colour of its corner.

    Road and ground are one surface, because a road surface slightly above a ground surface would flicker in the
    distance.

    Args:
        name: Name of the track, whose material shows the picture.
        image: The picture, for its position and size.
    """
    width, depth = image.size
    low_x, low_y = image.origin
    xs = [low_x - HORIZON, low_x, low_x + width, low_x + width + HORIZON]
    ys = [low_y - HORIZON, low_y, low_y + depth, low_y + depth + HORIZON]
    lines = [f"mtllib {name}.mtl"]
    lines += [f"v {x:.4f} {y:.4f} 0" for y in ys for x in xs]
    # Texture coordinates 1 to 4 are the picture's corners, 5 is a point of plain ground.
    lines += ["vt 0 0", "vt 1 0", "vt 1 1", "vt 0 1", f"vt {PLAIN_UV} {PLAIN_UV}", "vn 0 0 1", f"usemtl {name}"]
    for row in range(3):
        for column in range(3):
            first = 1 + 4 * row + column
            corners = (first, first + 1, first + 5, first + 4)
            uvs = (1, 2, 3, 4) if row == column == 1 else (5, 5, 5, 5)
            a, b, c, d = (f"{corner}/{uv}/1" for corner, uv in zip(corners, uvs, strict=True))
            lines += [f"f {a} {b} {c}", f"f {a} {c} {d}"]
    return "\n".join(lines) + "\n"


def barrier_mesh(name: str, lines: Sequence[Floats], height: float) -> str:
    """Return the OBJ text of walls that are visible from both sides.

    Args:
        name: Name of the track, whose material file contains the barrier's material.
        lines: Closed lines, each (K, 2) x and y, m, along which walls stand.
        height: Height of the walls, m.
    """
    mesh = [f"mtllib {name}.mtl", "usemtl barrier"]
    wall = 0
    for line in lines:
        ends = np.roll(line, -1, axis=0)
        normals = np.column_stack([ends[:, 1] - line[:, 1], line[:, 0] - ends[:, 0]])
        normals /= np.hypot(*normals.T)[:, None]
        for start, end, normal in zip(line, ends, normals, strict=True):
            mesh += _wall(4 * wall, 2 * wall, start, end, normal, height)
            wall += 1
    return "\n".join(mesh) + "\n"


def _wall(vertices: int, normals: int, start: Floats, end: Floats, normal: Floats, height: float) -> list[str]:
    """Return the OBJ lines of one upright rectangle; the file has `vertices` and `normals` so far."""
    foot, next_foot, next_top, top = (vertices + i for i in range(1, 5))
    lines = [
        f"v {x:.3f} {y:.3f} {z:.3f}" for (x, y), z in zip((start, end, end, start), (0, 0, height, height), strict=True)
    ]
    lines += [f"vn {sign * normal[0]:.4f} {sign * normal[1]:.4f} 0" for sign in (1, -1)]
    for side, (a, b, c, d) in enumerate(((foot, next_foot, next_top, top), (top, next_top, next_foot, foot)), 1):
        n = normals + side
        lines += [f"f {a}//{n} {b}//{n} {c}//{n}", f"f {a}//{n} {c}//{n} {d}//{n}"]
    return lines
