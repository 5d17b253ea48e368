"""The world file of each track: written once and kept in the cache."""

import hashlib
import inspect
from pathlib import Path

import numpy as np

from deepracer_ros.race.track import Track
from deepracer_ros.simulation.gazebo.cache import only_writer
from deepracer_ros.worlds import config, mesh, sdf, texture, world
from deepracer_ros.worlds.world import write_world


def world_file(track: Track, cache: Path) -> Path:
    """Return the world file of a track, without the race's objects, which each scene adds itself.

    Args:
        track: The track.
        cache: Folder to keep worlds in. Each world has its own folder there, named by the geometry of its track and by
            the code that draws it.

    Raises:
        InputError: if it cannot be written.
    """
    digest = hashlib.sha256(track.name.encode())
    for array in (track.centre, track.left, track.right):
        digest.update(np.ascontiguousarray(array).tobytes())
    for module in (config, mesh, sdf, texture, world):
        digest.update(inspect.getsource(module).encode())
    folder = cache / digest.hexdigest()[:16]
    path = folder / f"{track.name}.world"
    if not path.is_file():
        with only_writer(cache):
            if not path.is_file():
                write_world(track, folder)
    return path
