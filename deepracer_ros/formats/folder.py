# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""The folder of a DeepRacer owner: reward function, model metadata, hyperparameters and a track."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from deepracer_ros.errors import InputError
from deepracer_ros.formats.hyperparameters import read_hyperparameters
from deepracer_ros.formats.metadata import read_metadata
from deepracer_ros.parameters import merge

PLACES = (".", "custom_files")
"""Folders in which the files may be: as the console exports them, and as deepracer-for-cloud has them."""
FILES: dict[str, Callable[[Path], dict[str, Any]]] = {
    "reward_function.py": lambda path: {"reward": str(path.resolve())},
    "model_metadata.json": read_metadata,
    "hyperparameters.json": read_hyperparameters,
}
"""Files by name, with the functions that read them as keys and values of a configuration."""


def read_owner_folder(folder: Path) -> dict[str, Any]:
    """Return the configuration that the files of a DeepRacer owner mean.

    A single route file (.npy) in the folder is the track.

    Args:
        folder: The folder.

    Raises:
        InputError: if it has none of the files, one of them is wrong, or it has several routes.
    """
    values: dict[str, Any] = {}
    for name, read in FILES.items():
        for path in (folder / place / name for place in PLACES):
            if path.is_file():
                values = merge(values, read(path))
                break
    routes = sorted(path for place in PLACES for path in (folder / place).glob("*.npy"))
    if len(routes) > 1:
        names = ", ".join(path.name for path in routes)
        raise InputError(f"{folder}: found the routes {names}, expected one, or the track by --track")
    if routes:
        values["tracks"] = [str(routes[0].resolve())]
    if not values:
        raise InputError(f"{folder}: found none of {', '.join(FILES)}, expected a folder with files of DeepRacer")
    return values
