# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""Write the car's body and glass as Wavefront meshes: lofts through rounded rectangles.

Run `python urdf/meshes/build_meshes.py [folder]` after a change. The meshes are committed, so neither building nor
driving needs this script. Coordinates are in the frame of the URDF's chassis: m, x forward, y left, z up.
"""

import math
import sys
from pathlib import Path

Point = tuple[float, float, float]
"""Position x, y, z, m."""

Section = tuple[float, float, float, float]
"""Cross-section of a loft: x, half width, lowest z and highest z, m."""

CORNERS = 16
"""Number of corners of a section."""
ROUNDNESS = 0.35
"""Exponent of the superellipse that rounds a section: 0 is a rectangle, 1 an ellipse."""

TUB: list[Section] = [
    (-0.150, 0.038, 0.030, 0.074),
    (-0.125, 0.056, 0.022, 0.084),
    (-0.045, 0.060, 0.020, 0.088),
    (0.030, 0.058, 0.020, 0.086),
    (0.060, 0.040, 0.020, 0.084),
    (0.105, 0.038, 0.020, 0.078),
    (0.130, 0.044, 0.020, 0.066),
    (0.160, 0.030, 0.024, 0.044),
]
SIDEPOD: list[Section] = [
    (-0.040, 0.090, 0.024, 0.082),
    (-0.028, 0.093, 0.022, 0.086),
    (0.026, 0.090, 0.022, 0.082),
    (0.038, 0.082, 0.026, 0.072),
]
REAR_DECK: list[Section] = [
    (-0.158, 0.076, 0.078, 0.090),
    (-0.128, 0.094, 0.074, 0.098),
    (-0.080, 0.096, 0.075, 0.104),
    (-0.036, 0.094, 0.066, 0.096),
    (-0.020, 0.086, 0.070, 0.086),
]
FRONT_DECK: list[Section] = [
    (0.024, 0.084, 0.070, 0.084),
    (0.044, 0.093, 0.074, 0.094),
    (0.082, 0.095, 0.075, 0.099),
    (0.118, 0.092, 0.072, 0.090),
    (0.146, 0.078, 0.056, 0.068),
    (0.162, 0.056, 0.042, 0.052),
]
CABIN: list[Section] = [
    (-0.118, 0.026, 0.088, 0.096),
    (-0.075, 0.044, 0.088, 0.122),
    (-0.020, 0.050, 0.084, 0.132),
    (0.020, 0.048, 0.082, 0.124),
    (0.072, 0.040, 0.080, 0.092),
]


def ring(section: Section) -> list[Point]:
    """Return the corner points of a section, anticlockwise as seen from the front."""
    x, half_width, low, high = section
    middle, half_height = (low + high) / 2, (high - low) / 2
    points = []
    for corner in range(CORNERS):
        angle = 2 * math.pi * (corner + 0.5) / CORNERS
        across, up = math.cos(angle), math.sin(angle)
        points.append(
            (
                x,
                half_width * math.copysign(abs(across) ** ROUNDNESS, across),
                middle + half_height * math.copysign(abs(up) ** ROUNDNESS, up),
            )
        )
    return points


def loft(sections: list[Section]) -> list[list[Point]]:
    """Return the outward-facing polygons of a closed loft; its sections are ordered by increasing x."""
    rings = [ring(section) for section in sections]
    faces = [rings[0][::-1], rings[-1]]
    for back, front in zip(rings, rings[1:], strict=False):
        for this in range(CORNERS):
            following = (this + 1) % CORNERS
            faces.append([back[this], front[this], front[following]])
            faces.append([back[this], front[following], back[following]])
    return faces


def normal(face: list[Point]) -> Point:
    """Return a polygon's unit normal by Newell's method."""
    x = y = z = 0.0
    for a, b in zip(face, face[1:] + face[:1], strict=True):
        x += (a[1] - b[1]) * (a[2] + b[2])
        y += (a[2] - b[2]) * (a[0] + b[0])
        z += (a[0] - b[0]) * (a[1] + b[1])
    size = math.sqrt(x * x + y * y + z * z)
    return x / size, y / size, z / size


def wavefront(name: str, faces: list[list[Point]]) -> str:
    """Return the text of an OBJ file with flat-shaded faces (polygons)."""
    lines = [f"# Written by build_meshes.py: {name}", f"mtllib {name}.mtl", f"o {name}", f"usemtl {name}"]
    vertex = 0
    for number, face in enumerate(faces, start=1):
        lines += ["v {:.5f} {:.5f} {:.5f}".format(*point) for point in face]
        lines.append("vn {:.4f} {:.4f} {:.4f}".format(*normal(face)))
        lines.append("f " + " ".join(f"{vertex + i}//{number}" for i in range(1, len(face) + 1)))
        vertex += len(face)
    return "\n".join(lines) + "\n"


def material(name: str, colour: str) -> str:
    """Return the text of an MTL file with a plain colour ("red green blue", 0 to 1)."""
    return f"# Written by build_meshes.py: {name}\nnewmtl {name}\nKa {colour}\nKd {colour}\nKs 0 0 0\nd 1\nillum 1\n"


def main(folder: Path) -> None:
    """Write the meshes and their materials into `folder`; a material in the URDF overrides the mesh's material."""
    meshes = {
        "body": ("0.80 0.12 0.05", [TUB, SIDEPOD, REAR_DECK, FRONT_DECK]),
        "glass": ("0.06 0.08 0.10", [CABIN]),
    }
    for name, (colour, lofts) in meshes.items():
        faces = [face for sections in lofts for face in loft(sections)]
        (folder / f"{name}.obj").write_text(wavefront(name, faces))
        (folder / f"{name}.mtl").write_text(material(name, colour))


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent)
