# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""Import of a user's tracks: a track is stored with its world, and can then be used by its name."""

import re
from dataclasses import replace
from pathlib import Path

from deepracer_ros.errors import InputError
from deepracer_ros.files import replacing, write_error
from deepracer_ros.names import REVERSED
from deepracer_ros.race.catalogue import find_track, imported_folder, shipped_names
from deepracer_ros.race.route import write_route
from deepracer_ros.race.track import Track
from deepracer_ros.worlds.world import write_world

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")


def import_track(path: Path, name: str | None = None) -> tuple[Track, Path, Path]:
    """Import a route or track definition and write its world; `find_track` then finds it by its name.

    An imported track of the same name is replaced atomically.

    Args:
        path: The route (`.npy`) or track definition (`.yaml`).
        name: Name of the track; by default the name of the file.

    Returns:
        The track, its stored route file, and its world file.

    Raises:
        InputError: if the file is invalid, the name is not allowed or belongs to one of the package's own tracks, or
            the folder of imported tracks cannot be written.
    """
    if path.suffix not in (".npy", ".yaml", ".yml"):
        raise InputError(f"{path}: expected a route (.npy) or a track definition (.yaml)")
    track = find_track(str(path))
    name = path.stem if name is None else name
    if not NAME.fullmatch(name) or name.endswith(REVERSED):
        raise InputError(f"track name {name!r}: expected letters, digits, _ and -, at most 64, not ending {REVERSED}")
    if name in shipped_names():
        raise InputError(f"track name {name}: is one of the package's own tracks; choose another with --name")
    track = replace(track, name=name)
    folder = imported_folder()
    route = folder / f"{name}.npy"
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise write_error(folder, error) from error
    # The route is put into place last, so a track whose world cannot be written is not imported.
    with replacing(route) as temporary:
        write_route(track, temporary)
        world = write_world(track, folder / "worlds")
    return track, route, world
