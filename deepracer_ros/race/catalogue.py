"""Tracks by name: those that come with the package, and those that a user imported."""

import difflib
import os
import re
from dataclasses import replace
from pathlib import Path

from deepracer_ros.errors import InputError
from deepracer_ros.race.definition import build_track, read_definition
from deepracer_ros.race.route import read_route, write_route
from deepracer_ros.race.track import REVERSED, Track
from deepracer_ros.race.world import write_world
from deepracer_ros.share import share_directory

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")


def shipped_folder() -> Path:
    """Return where the definitions of the package's own tracks lie."""
    return share_directory() / "worlds" / "tracks"


def imported_folder() -> Path:
    """Return where imported tracks lie: $DEEPRACER_TRACKS, or deepracer_ros/tracks in the user's data folder."""
    if "DEEPRACER_TRACKS" in os.environ:
        return Path(os.environ["DEEPRACER_TRACKS"])
    data = os.environ.get("XDG_DATA_HOME")
    return (Path(data) if data else Path.home() / ".local" / "share") / "deepracer_ros" / "tracks"


def shipped_names() -> tuple[str, ...]:
    """Return the names of the package's own tracks, sorted."""
    return tuple(sorted(path.stem for path in shipped_folder().glob("*.yaml")))


def track_names() -> tuple[str, ...]:
    """Return the names that `find_track` knows: the package's own tracks, then the imported ones."""
    shipped = shipped_names()
    imported = sorted(path.stem for path in imported_folder().glob("[!.]*.npy"))
    return shipped + tuple(name for name in imported if name not in shipped)


def find_track(name_or_path: str) -> Track:
    """Return a track.

    Args:
        name_or_path: A name out of `track_names`, or a path to a DeepRacer route (`.npy`) or to a
            track definition (`.yaml`). With `-reversed` at its end the track is driven the other way.

    Raises:
        InputError: if there is no such track or its file is bad.
    """
    if name_or_path.endswith(REVERSED):
        return find_track(name_or_path.removesuffix(REVERSED)).reversed()
    path = Path(name_or_path)
    if path.suffix == ".npy":
        return read_route(path)
    if path.suffix in (".yaml", ".yml"):
        return build_track(path.stem, read_definition(path))
    names = track_names()
    if name_or_path in shipped_names():
        return build_track(name_or_path, read_definition(shipped_folder() / f"{name_or_path}.yaml"))
    if name_or_path in names:
        return read_route(imported_folder() / f"{name_or_path}.npy")
    near = difflib.get_close_matches(name_or_path, names, n=1)
    hint = f"perhaps {near[0]}; " if near else ""
    raise InputError(
        f"track {name_or_path}: unknown; {hint}expected a path to a route (.npy) or definition (.yaml), "
        f"or one of: {', '.join(names)}"
    )


def import_track(path: Path, name: str | None = None) -> tuple[Track, Path, Path]:
    """Keep a route (or definition) of the user's and write its world; its name finds it from now on.

    An imported track of the same name is replaced.

    Args:
        path: The file.
        name: How to call the track; by default as the file.

    Returns:
        The track, the route file that keeps it, and its world file.

    Raises:
        InputError: if the file is bad, or the name is not usable or that of one of the package's own tracks.
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
    # First the world: a track of which no picture can be drawn is not kept.
    world = write_world(track, folder / "worlds")
    try:
        write_route(track, route)
    except OSError as error:
        raise InputError(f"{route}: cannot be written ({error.strerror})") from error
    return track, route, world
