# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""The folder of a DeepRacer owner: reward function, model metadata, hyperparameters, parameters and a track."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from deepracer_ros.errors import InputError
from deepracer_ros.formats.hyperparameters import read_hyperparameters, to_hyperparameters
from deepracer_ros.formats.metadata import read_metadata, to_metadata
from deepracer_ros.formats.training_params import read_run_env, read_training_params
from deepracer_ros.parameters import merge
from deepracer_ros.race.actions import ActionSpaceConfig

PLACES = (".", "custom_files")
"""Folders in which the files may be: as the console exports them, and as deepracer-for-cloud has them."""
FILES: dict[str, Callable[[Path], dict[str, Any]]] = {
    "system.env": read_run_env,
    "run.env": read_run_env,
    "training-params.yaml": read_training_params,
    "training_params.yaml": read_training_params,
    "reward_function.py": lambda path: {"reward": str(path.resolve())},
    "model_metadata.json": read_metadata,
    "hyperparameters.json": read_hyperparameters,
}
"""Files by name, with the functions that read them as keys and values of a configuration; a later one takes
precedence."""
WORKER = "training_params_[0-9]*.yaml"
"""Pattern of the names of the files of several workers, each with its own track."""


def read_owner_folder(folder: Path) -> dict[str, Any]:
    """Return the configuration that the files of a DeepRacer owner mean.

    A route file (.npy) in the folder is the track: the one with the name of the world, or the only one.

    Args:
        folder: The folder.

    Raises:
        InputError: if it has none of the files, one of them is wrong, or it is not clear which route is meant.
    """
    values: dict[str, Any] = {}
    for name, read in FILES.items():
        for path in (folder / place / name for place in PLACES):
            if path.is_file():
                values = merge(values, read(path))
                break
    values = merge(values, _read_workers(folder))
    routes = {path.stem: path for place in PLACES for path in sorted((folder / place).glob("*.npy"))}
    tracks = _tracks(folder, values.get("tracks", []), routes)
    if tracks:
        values["tracks"] = tracks
    if not values:
        raise InputError(f"{folder}: found none of {', '.join(FILES)}, expected a folder with files of DeepRacer")
    return values


def model_documents(values: Mapping[str, Any], actions: ActionSpaceConfig) -> dict[str, bytes]:
    """Return DeepRacer's descriptions of a model by file name: `model_metadata.json` and `hyperparameters.json`.

    Args:
        values: Nested keys and values of the whole configuration of the model's run.
        actions: Its action space.
    """
    metadata = to_metadata(actions, values["network"]["size"])
    documents = {"model_metadata.json": metadata, "hyperparameters.json": to_hyperparameters(values)}
    return {name: f"{json.dumps(document, indent=2)}\n".encode() for name, document in documents.items()}


def _read_workers(folder: Path) -> dict[str, Any]:
    """Return the configuration of several workers, which may only differ in their tracks."""
    paths = sorted(folder.glob(WORKER), key=lambda path: int(path.stem.rpartition("_")[2]))
    workers = [read_training_params(path) for path in paths]
    for path, worker in zip(paths, workers, strict=True):
        for name in worker.keys() - {"tracks"}:
            if worker[name] != workers[0].get(name):
                raise InputError(f"{path}: {name}: found {worker[name]}, expected that of {paths[0].name}")
    tracks = list(dict.fromkeys(track for worker in workers for track in worker.get("tracks", ())))
    return {**workers[0], "tracks": tracks} if tracks else {}


def _tracks(folder: Path, worlds: list[str], routes: dict[str, Path]) -> list[str]:
    """Return the routes of the worlds, or the names of those without a route."""
    if not worlds and len(routes) > 1:
        names = ", ".join(path.name for path in routes.values())
        raise InputError(f"{folder}: found the routes {names}, expected one, or the track by --track")
    missing = [world for world in worlds if world not in routes]
    if missing and len(routes) > 0:
        names = ", ".join(path.name for path in routes.values())
        raise InputError(f"{folder}: found the routes {names}, expected {missing[0]}.npy for the world {missing[0]}")
    return [str(routes[name].resolve()) if name in routes else name for name in worlds or routes]
