# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""Track definitions: tracks built from a few rounded corners.

A definition is a YAML file that can be written by hand. It lists the corners of a polygon, each with the radius of
the arc that rounds it off. Straights and arcs meet tangentially, and a closed track closes exactly for any numbers.
"""

from dataclasses import dataclass
from math import atan2, ceil, cos, hypot, pi, remainder, sin, tan, tau
from pathlib import Path

import numpy as np
import yaml
from numpy.typing import NDArray

from deepracer_ros.config import from_mapping
from deepracer_ros.errors import InputError
from deepracer_ros.race.track import FARTHEST, Track

Floats = NDArray[np.float64]

SPACING = 0.1
"""Largest distance between waypoints, m: on an arc of 0.7 m radius the chord deviates from the arc by 2 mm."""

TOUCHING = 1e-9
"""Largest overlap of two neighbouring arcs that counts as a rounding error, m: arcs may meet without a straight."""


@dataclass(frozen=True)
class TrackDefinition:
    """A track defined by its corners."""

    width: float
    """Width of the road between the middles of its border lines, m."""
    corners: tuple[tuple[float, ...], ...]
    """Corners of the centre line in driving order, each x, y (m) and the radius (m) of the arc that rounds it off. A
    lap of a closed track starts halfway between the first two corners. The ends of an open track have no radius."""
    closed: bool = True
    """Whether the last corner leads back to the first."""
    description: str = ""
    """Description of the track in one line."""

    def __post_init__(self) -> None:
        """Check the width and the corners; `build_track` checks whether the arcs fit.

        Raises:
            ValueError: if the width or a corner is invalid, or there are too few corners.
        """
        if not 0.0 < self.width < FARTHEST:
            raise ValueError(f"width: found {self.width}, expected more than 0 and less than {FARTHEST:.0f} m")
        if len(self.corners) < (3 if self.closed else 2):
            raise ValueError(f"corners: found {len(self.corners)}, expected at least 3 (2 for an open track)")
        for number, corner in enumerate(self.corners):
            is_end = not self.closed and number in (0, len(self.corners) - 1)
            if len(corner) != (2 if is_end else 3) or not (np.abs(corner) <= FARTHEST).all():
                raise ValueError(
                    f"corner {number}: found {list(corner)}, expected {'x, y' if is_end else 'x, y, radius'} in m"
                )
            if not is_end and corner[2] <= self.width / 2.0:
                raise ValueError(
                    f"corner {number}: found radius {corner[2]} m, expected more than half the road's width, "
                    f"{self.width / 2.0:g} m"
                )


@dataclass(frozen=True)
class _Corner:
    """A rounded corner: position, radius of its arc, turn (rad, + left), and distance from it to the arc's start."""

    x: float
    y: float
    radius: float
    turn: float
    tangent: float


def read_definition(path: Path) -> TrackDefinition:
    """Read a track definition from a YAML file.

    Raises:
        InputError: if the file cannot be read or is not a track definition.
    """
    try:
        document = yaml.safe_load(path.read_text())
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror}); expected a track definition") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise InputError(
            f"{path}: is not YAML ({' '.join(str(error).split())}); expected a track definition"
        ) from error
    return from_mapping(TrackDefinition, document, str(path))


def build_track(name: str, definition: TrackDefinition) -> Track:
    """Build a track from its definition, with straights and arcs of waypoints from corner to corner.

    Args:
        name: Name of the track.
        definition: Corners and width of the road.

    Raises:
        InputError: if two neighbouring arcs overlap.
    """
    corners = _round_off(definition)
    count = len(corners)
    edges = [(i, (i + 1) % count) for i in range(count if definition.closed else count - 1)]
    pieces: list[Floats] = []
    for a, b in edges:
        start, end = corners[a], corners[b]
        gap = hypot(end.x - start.x, end.y - start.y) - start.tangent - end.tangent
        if gap < -TOUCHING:
            raise InputError(f"track {name}: the arcs of corners {a} and {b} overlap by {-gap:.3f} m, expected none")
        pieces += [_straight(start, end), _arc(start, end)]
    if definition.closed:
        # The lap starts halfway along the first straight, so the first half of this straight is driven last.
        half = len(pieces[0]) // 2
        pieces = [pieces[0][half:], *pieces[1:], pieces[0][:half]]
    else:
        pieces.append(np.array([[corners[-1].x, corners[-1].y, _direction(corners[-2], corners[-1])]]))
    poses = np.concatenate(pieces)
    aside = definition.width / 2.0 * np.column_stack([-np.sin(poses[:, 2]), np.cos(poses[:, 2])])
    centre = poses[:, :2].copy()
    return Track(name, definition.closed, centre, centre + aside, centre - aside)


def _round_off(definition: TrackDefinition) -> list[_Corner]:
    corners = []
    count = len(definition.corners)
    for i, (x, y, *radius) in enumerate(definition.corners):
        if not radius:
            corners.append(_Corner(x, y, 0.0, 0.0, 0.0))
            continue
        before, after = definition.corners[i - 1], definition.corners[(i + 1) % count]
        # Wrapped to [-pi, pi] without compiled code, because commands that only look for a track start faster so.
        turn = remainder(atan2(after[1] - y, after[0] - x) - atan2(y - before[1], x - before[0]), tau)
        corners.append(_Corner(x, y, radius[0], turn, radius[0] * tan(abs(turn) / 2.0)))
    return corners


def _direction(start: _Corner, end: _Corner) -> float:
    return atan2(end.y - start.y, end.x - start.x)


def _straight(start: _Corner, end: _Corner) -> Floats:
    """Return the poses along the straight between the arcs of two corners, without the last pose.

    The number of segments is even, so that one waypoint lies halfway.
    """
    direction = _direction(start, end)
    whole = hypot(end.x - start.x, end.y - start.y)
    length = whole - start.tangent - end.tangent
    pieces = 2 * ceil(length / SPACING / 2.0 - TOUCHING)
    distance = start.tangent + length * np.arange(pieces) / max(pieces, 1)
    x, y = start.x + distance * cos(direction), start.y + distance * sin(direction)
    return np.column_stack([x, y, np.full(pieces, direction)])


def _arc(start: _Corner, corner: _Corner) -> Floats:
    """Return the poses along a corner's arc, without the last pose."""
    direction = _direction(start, corner)
    pieces = ceil(corner.radius * abs(corner.turn) / SPACING)
    # Positions are computed from the centre of the arc's circle, which lies on the side of the turn.
    side = pi / 2.0 if corner.turn > 0.0 else -pi / 2.0
    x = corner.x - corner.tangent * cos(direction) + corner.radius * cos(direction + side)
    y = corner.y - corner.tangent * sin(direction) + corner.radius * sin(direction + side)
    heading = direction + corner.turn * np.arange(pieces) / max(pieces, 1)
    return np.column_stack(
        [x - corner.radius * np.cos(heading + side), y - corner.radius * np.sin(heading + side), heading]
    )
