# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""World files of tracks in Gazebo's cache; each is written once."""

import hashlib
import inspect
from pathlib import Path

import numpy as np

from deepracer_ros.race.track import Track
from deepracer_ros.simulation.gazebo.cache import only_writer
from deepracer_ros.worlds import config, mesh, sdf, texture, world
from deepracer_ros.worlds.world import write_world


def world_file(track: Track, cache: Path) -> Path:
    """Return the path of a track's world file, which is written if it is not in the cache.

    The world contains no objects on the road; each scene adds its own.

    Args:
        track: The track.
        cache: Folder of the worlds. Each world has its own folder there, named by a hash of the track's geometry and
            of the code that writes the world.

    Raises:
        InputError: if the world cannot be written.
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
