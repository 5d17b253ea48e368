"""Import of a user's tracks: each is kept with its world, and its name then finds it."""

import re
from dataclasses import replace
from pathlib import Path

from deepracer_ros.errors import InputError
from deepracer_ros.files import replacing, write_error
from deepracer_ros.race.catalogue import find_track, imported_folder, shipped_names
from deepracer_ros.race.route import write_route
from deepracer_ros.race.track import REVERSED, Track
from deepracer_ros.worlds.world import write_world

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")


def import_track(path: Path, name: str | None = None) -> tuple[Track, Path, Path]:
    """Keep a route (or definition) of the user's and write its world; its name finds it from now on.

    An imported track of the same name is replaced, whole or not at all.

    Args:
        path: The file.
        name: How to call the track; by default as the file.

    Returns:
        The track, the route file that keeps it, and its world file.

    Raises:
        InputError: if the file is bad, the name is not usable or that of one of the package's own tracks, or the
            folder of imported tracks cannot be written.
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
    # The route comes into its place last: a track of which no world can be written is not kept.
    with replacing(route) as temporary:
        write_route(track, temporary)
        world = write_world(track, folder / "worlds")
    return track, route, world
