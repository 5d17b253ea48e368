# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""Tracks by name: the package's own tracks, the imported tracks of the user, and generated tracks."""

import difflib
import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from deepracer_ros.errors import InputError
from deepracer_ros.names import RANDOM_TRACKS, REVERSED, expand_tracks
from deepracer_ros.race.definition import build_track, read_definition
from deepracer_ros.race.random_track import random_track
from deepracer_ros.race.route import read_route
from deepracer_ros.race.track import Track
from deepracer_ros.share import share_directory


def shipped_folder() -> Path:
    """Return the folder with the definitions of the package's own tracks."""
    return share_directory() / "worlds" / "tracks"


def imported_folder() -> Path:
    """Return the folder of imported tracks: $DEEPRACER_TRACKS, or deepracer_ros/tracks in the user's data folder."""
    if "DEEPRACER_TRACKS" in os.environ:
        return Path(os.environ["DEEPRACER_TRACKS"])
    data = os.environ.get("XDG_DATA_HOME")
    return (Path(data) if data else Path.home() / ".local" / "share") / "deepracer_ros" / "tracks"


def shipped_names() -> tuple[str, ...]:
    """Return the names of the package's own tracks, sorted."""
    return tuple(sorted(path.stem for path in shipped_folder().glob("*.yaml")))


def track_names() -> tuple[str, ...]:
    """Return the names that `find_track` accepts: the package's own tracks, then the imported tracks."""
    shipped = shipped_names()
    imported = sorted(path.stem for path in imported_folder().glob("[!.]*.npy"))
    return shipped + tuple(name for name in imported if name not in shipped)


def find_track(name_or_path: str) -> Track:
    """Return a track by its name or file.

    Args:
        name_or_path: A name from `track_names`, or a path to a DeepRacer route (`.npy`) or to a
            track definition (`.yaml`), or `random:SEED` for a generated track. With `-reversed` at its end the track
            is driven the other way.

    Raises:
        InputError: if there is no such track or its file is invalid.
    """
    if name_or_path.endswith(REVERSED):
        return find_track(name_or_path.removesuffix(REVERSED)).reversed()
    path = Path(name_or_path)
    if path.suffix == ".npy":
        return read_route(path)
    if path.suffix in (".yaml", ".yml"):
        return build_track(path.stem, read_definition(path))
    generated = RANDOM_TRACKS.fullmatch(name_or_path)
    if generated and generated["last"] is None:  # a range is no single track
        return random_track(int(generated["first"]))
    names = track_names()
    if name_or_path in shipped_names():
        return build_track(name_or_path, read_definition(shipped_folder() / f"{name_or_path}.yaml"))
    if name_or_path in names:
        return read_route(imported_folder() / f"{name_or_path}.npy")
    near = difflib.get_close_matches(name_or_path, names, n=1)
    hint = f"perhaps {near[0]}; " if near else ""
    raise InputError(
        f"track {name_or_path}: unknown; {hint}expected a path to a route (.npy) or definition (.yaml), random:SEED, "
        f"or one of: {', '.join(names)}"
    )


def find_tracks(names: Sequence[str]) -> list[Track]:
    """Return several tracks with different names; `random:A-B` are the generated tracks of the seeds from A to B.

    Two files in different folders may have the same name. The second such track is called `NAME-2`, the third
    `NAME-3`.

    Args:
        names: Names from `track_names`, or paths to routes (`.npy`) or track definitions (`.yaml`).

    Raises:
        InputError: if a track does not exist or its file is invalid.
    """
    tracks: list[Track] = []
    try:
        wanted = expand_tracks(names)
    except ValueError as error:
        raise InputError(str(error)) from error
    for track in map(find_track, wanted):
        taken = {other.name for other in tracks}
        name, number = track.name, 1
        while name in taken:
            number += 1
            name = f"{track.name}-{number}"
        tracks.append(replace(track, name=name) if number > 1 else track)
    return tracks
