# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""Reading and writing of DeepRacer route files: tracks as numpy arrays on disk."""

import tokenize
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from deepracer_ros.errors import InputError
from deepracer_ros.files import replacing
from deepracer_ros.race.track import MOST_WAYPOINTS, Track

LARGEST_FILE = 6 * 16 * MOST_WAYPOINTS + 4096
"""Largest size of a route file, bytes: the longest route in the widest floating-point type, and a header."""
_read_array: Callable[..., Any] = np.lib.format.read_array  # some releases of numpy give them no types
_write_array: Callable[..., Any] = np.lib.format.write_array


def read_route(path: Path) -> Track:
    """Read a DeepRacer route file; the track has the name of the file.

    Args:
        path: A `.npy` file with an array (N, 6): centre x, y, inner x, y, outer x, y, m.

    Raises:
        InputError: if the file cannot be read, is not a numpy array of numbers, or is not a route.
    """
    try:
        size = path.stat().st_size
        if size > LARGEST_FILE:
            raise InputError(f"{path}: found {size} bytes, expected a route of at most {MOST_WAYPOINTS} waypoints")
        with path.open("rb") as file:
            route = _read_array(file, allow_pickle=False)
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror}); expected a route file") from error
    # Numpy's reader raises these on damaged headers and on data that is too short.
    except (ValueError, TypeError, EOFError, MemoryError, SyntaxError, tokenize.TokenError) as error:
        reason = " ".join(str(error).split())[:120]
        raise InputError(f"{path}: is not a numpy array of numbers ({reason}); expected a route (N, 6)") from error
    try:
        return Track.from_route(path.stem, route)
    except InputError as error:
        raise InputError(f"{path}: {error}") from error


def write_route(track: Track, path: Path) -> None:
    """Write a track atomically as a DeepRacer route file: an `.npy` array (N, 6) of centre, inner and outer points.

    Raises:
        InputError: if the file cannot be written.
    """
    inner, outer = (track.left, track.right) if track.turning >= 0.0 else (track.right, track.left)
    route = np.hstack([track.centre, inner, outer])
    if track.closed:
        route = np.concatenate([route, route[:1]])
    with replacing(path) as partial, partial.open("wb") as file:
        _write_array(file, route, allow_pickle=False)
