# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""Tracks generated at random: the same seed always gives the same track.

Three families are drawn. *Arcs* are straights and arcs around the boundary of a random polyomino; *splines* are smooth
curves around one; *eights* cross themselves once. Width, length, radii, direction and start are random in all of them.
"""

from collections.abc import Sequence
from math import exp, log, pi

import numpy as np
from numpy.typing import NDArray

from deepracer_ros.errors import InputError
from deepracer_ros.race.definition import SPACING, TrackDefinition, build_track
from deepracer_ros.race.track import Track

Floats = NDArray[np.float64]

WIDTHS = (0.6, 1.3)
"""Least and greatest width of the road, m."""
LENGTHS = (8.0, 90.0)
"""Least and greatest length of the centre line, m."""
FAMILIES = {"arcs": 0.5, "splines": 0.4, "eights": 0.1}
"""Share of each family of tracks."""
INSIDE = 0.2
"""Least radius of the inner border, m: a turn of the centre line is at least that and half the road's width."""
BETWEEN = 0.25
"""Least distance between the borders of two parts of the road that lie side by side, m."""
LONGEST_CORNER = 4.0
"""Greatest radius of an arc, m."""
ATTEMPTS = 20
"""Number of shapes that are tried for one width and length: a wide road cannot have every shape."""
MOST_PLANS = 1000
"""Number of widths and lengths that are tried for a seed; nearly all need one or two."""
GREATEST_SEED = 2**31 - 1


def random_track(seed: int) -> Track:
    """Return the track of a seed.

    Args:
        seed: 0 to `GREATEST_SEED`.

    Raises:
        InputError: if the seed is out of range.
    """
    if not 0 <= seed <= GREATEST_SEED:
        raise InputError(f"track random:{seed}: expected a seed from 0 to {GREATEST_SEED}")
    random = np.random.default_rng(seed)
    family = str(random.choice(np.array(list(FAMILIES)), p=list(FAMILIES.values())))
    for _ in range(MOST_PLANS):
        width, length = float(random.uniform(*WIDTHS)), exp(random.uniform(log(LENGTHS[0]), log(LENGTHS[1])))
        for _ in range(ATTEMPTS):
            centre = _draw(random, family, width, length)
            if centre is not None:
                return _border(f"random-{seed}", centre, width)
    raise AssertionError(f"seed {seed}: no track of {MOST_PLANS} plans")


def _draw(random: np.random.Generator, family: str, width: float, length: float) -> Floats | None:
    """Return a centre line (M, 2) in steps of `SPACING`; None if the drawn one is no valid track."""
    if family == "eights":
        curve: Floats | None = _eight(random)
    else:
        grid = width + float(random.uniform(0.6, 2.2))
        corners = grid * _boundary(random, max(4, 2 * round(length / grid / 2.0)))
        curve = _arcs(random, corners, width) if family == "arcs" else _spline(random, corners, grid)
    if curve is None:
        return None
    if family != "arcs":  # scaled arcs could become too tight, and their length is about right
        curve = curve * (length / _length(curve))
    curve = _turn(random, _resample(curve))
    return curve if _is_valid(curve, width, crossing=family == "eights") else None


def _boundary(random: np.random.Generator, edges: int) -> Floats:
    """Return the lattice points (about `edges`, 2) around a random polyomino, anticlockwise; the curve is simple."""
    cells = {(0, 0)}
    perimeter = 4
    for _ in range(50 * edges):
        if perimeter >= edges:
            break
        x, y = sorted(cells)[random.integers(len(cells))]
        dx, dy = ((1, 0), (0, 1), (-1, 0), (0, -1))[random.integers(4)]
        cell = (x + dx, y + dy)
        ring = [(cell[0] + i, cell[1] + j) in cells for i, j in RING]
        runs = sum(now and not before for now, before in zip(ring, [ring[-1], *ring[:-1]], strict=True))
        shared = sum(ring[::2])
        # One run of neighbours leaves no hole and no two cells that touch by a corner; few shared edges make it long.
        if cell in cells or runs != 1 or (shared > 1 and random.random() < 0.9):
            continue
        cells.add(cell)
        perimeter += 4 - 2 * shared
    following = {}
    for x, y in cells:
        for (dx, dy), start, end in SIDES:
            if (x + dx, y + dy) not in cells:
                following[x + start[0], y + start[1]] = (x + end[0], y + end[1])
    points = [next(iter(sorted(following)))]
    while (point := following[points[-1]]) != points[0]:
        points.append(point)
    return np.array(points, np.float64)


RING = ((1, 0), (1, 1), (0, 1), (-1, 1), (-1, 0), (-1, -1), (0, -1), (1, -1))
"""Neighbours of a cell in their order around it; every second one shares an edge."""
SIDES = (
    ((0, -1), (0, 0), (1, 0)), ((1, 0), (1, 0), (1, 1)), ((0, 1), (1, 1), (0, 1)), ((-1, 0), (0, 1), (0, 0)),
)  # fmt: skip
"""For each side of a cell: the neighbour behind it, and its ends, anticlockwise."""


def _arcs(random: np.random.Generator, points: Floats, width: float) -> Floats | None:
    """Return straights and arcs around some lattice points, whose corners are moved a little."""
    before, after = points - np.roll(points, 1, axis=0), np.roll(points, -1, axis=0) - points
    corners = points[_cross(before, after) != 0.0]
    corners = corners + random.uniform(-0.2, 0.2, corners.shape) * np.hypot(*before[0])
    before, after = corners - np.roll(corners, 1, axis=0), np.roll(corners, -1, axis=0) - corners
    turn = np.abs(np.arctan2(_cross(before, after), (before * after).sum(axis=1)))
    room = np.minimum(np.hypot(*before.T), np.hypot(*after.T)) * random.uniform(0.3, 0.499, len(corners))
    radius = np.minimum(room / np.tan(np.maximum(turn, 1e-3) / 2.0), LONGEST_CORNER)
    if radius.min() < 0.5 * width + INSIDE or turn.max() > 0.9 * pi:
        return None
    rows: Sequence[tuple[float, ...]] = [(*xy, r) for xy, r in zip(corners.tolist(), radius.tolist(), strict=True)]
    return build_track("arcs", TrackDefinition(width, tuple(rows))).centre


def _spline(random: np.random.Generator, points: Floats, grid: float) -> Floats:
    """Return the closed uniform cubic B-spline with some lattice points, moved a little, as its control points."""
    moved = points + random.uniform(-0.25, 0.25, points.shape) * grid
    t = np.linspace(0.0, 1.0, 24, endpoint=False)[:, None]
    weights = np.stack(
        [(1 - t) ** 3, 3 * t**3 - 6 * t**2 + 4, -3 * t**3 + 3 * t**2 + 3 * t + 1, t**3], axis=1
    )  # (24, 4, 1)
    spans = np.stack([np.roll(moved, -k, axis=0) for k in range(4)], axis=1)  # (M, 4, 2)
    curve: Floats = (weights[None] * spans[:, None]).sum(axis=2).reshape(-1, 2) / 6.0
    return curve


def _eight(random: np.random.Generator) -> Floats:
    """Return a figure of eight, of any size, with unequal halves."""
    t = np.linspace(0.0, 2.0 * pi, 400, endpoint=False)
    tall, uneven = random.uniform(0.7, 1.3), random.uniform(0.0, 0.35)
    return np.stack([np.sin(t) * (1.0 + uneven * np.sin(t)), tall * np.sin(t) * np.cos(t)], axis=1)


def _turn(random: np.random.Generator, curve: Floats) -> Floats:
    """Return a closed curve with another start, direction and orientation, with its middle at the origin."""
    curve = np.roll(curve, random.integers(len(curve)), axis=0)
    if random.random() < 0.5:
        curve = curve[::-1]
    angle = random.uniform(0.0, 2.0 * pi)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    curve = curve @ turn.T
    middle: Floats = 0.5 * (curve.min(axis=0) + curve.max(axis=0))
    return curve - middle


def _cross(a: Floats, b: Floats) -> Floats:
    product: Floats = a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0]
    return product


def _length(curve: Floats) -> float:
    return float(np.hypot(*(np.roll(curve, -1, axis=0) - curve).T).sum())


def _resample(curve: Floats) -> Floats:
    """Return points of a closed curve at equal distances of about `SPACING` along it."""
    closed = np.concatenate([curve, curve[:1]])
    station = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(closed, axis=0).T))])
    at = np.linspace(0.0, station[-1], round(station[-1] / SPACING), endpoint=False)
    return np.stack([np.interp(at, station, closed[:, axis]) for axis in (0, 1)], axis=1)


def _is_valid(curve: Floats, width: float, *, crossing: bool) -> bool:
    """Return whether a road along a closed curve of equal steps is long enough, turns wide enough, and keeps clear."""
    length = SPACING * len(curve)
    if not LENGTHS[0] <= length <= LENGTHS[1]:
        return False
    ahead, behind = np.roll(curve, -2, axis=0) - curve, curve - np.roll(curve, 2, axis=0)
    turn = np.abs(np.arctan2(_cross(behind, ahead), (behind * ahead).sum(axis=1)))
    if 2.0 * SPACING / max(turn.max(), 1e-9) < 0.5 * width + INSIDE:
        return False
    if crossing:
        return True
    apart = width + BETWEEN
    steps = np.arange(len(curve))
    for row in steps:
        along = np.abs(steps - row)
        far = np.minimum(along, len(curve) - along) * SPACING > 0.5 * pi * apart
        if far.any() and np.hypot(*(curve[far] - curve[row]).T).min() < 0.98 * apart:
            return False
    return True


def _border(name: str, centre: Floats, width: float) -> Track:
    along = np.roll(centre, -1, axis=0) - np.roll(centre, 1, axis=0)
    aside = 0.5 * width * np.stack([-along[:, 1], along[:, 0]], axis=1) / np.hypot(*along.T)[:, None]
    return Track(name, True, centre.copy(), centre + aside, centre - aside)
