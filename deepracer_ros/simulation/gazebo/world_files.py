"""The world file of each track: written once and kept in the cache."""

import hashlib
import inspect
import os
import shutil
from pathlib import Path

import numpy as np

from deepracer_ros.race.track import Track
from deepracer_ros.worlds import mesh, texture, world
from deepracer_ros.worlds.world import write_world


def world_file(track: Track, cache: Path) -> Path:
    """Return the world file of a track.

    Args:
        track: The track.
        cache: Folder to keep worlds in: one folder a track, named by its geometry and by the code that draws it.

    Raises:
        InputError: if it cannot be written.
    """
    digest = hashlib.sha256(track.name.encode())
    for array in (track.centre, track.left, track.right):
        digest.update(np.ascontiguousarray(array).tobytes())
    for module in (mesh, texture, world):
        digest.update(inspect.getsource(module).encode())
    folder = cache / digest.hexdigest()[:16]
    if not folder.is_dir():
        partial = folder.with_name(f"{folder.name}.{os.getpid()}")
        write_world(track, partial)
        try:
            partial.rename(folder)
        except OSError:  # another process was faster
            shutil.rmtree(partial)
    return folder / f"{track.name}.world"
