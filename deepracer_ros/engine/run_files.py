# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""The files of a run: found for its folder, shared through S3, and fetched by its workers."""

from contextlib import closing
from pathlib import Path
from typing import Any

from deepracer_ros.errors import InputError
from deepracer_ros.files import read_file
from deepracer_ros.models.config import ModelsConfig
from deepracer_ros.names import REVERSED
from deepracer_ros.parameters import read_parameters, write_parameters
from deepracer_ros.rewards.source import files_of
from deepracer_ros.run.checkpoint import read_checkpoint
from deepracer_ros.run.folder import RunFolder
from deepracer_ros.training.config import FILES, RunConfig, to_saved, with_absolute_paths

CONFIG = "config.yaml"
"""Name of the configuration among the files of a run."""


def sources_of(config: RunConfig) -> list[Path]:
    """Return the files that a configuration names: the reward, what it imports from beside it, and tracks."""
    tracks = [Path(name.removesuffix(REVERSED)) for name in config.tracks]
    files = [path for path in tracks if path.suffix in FILES]
    return files + (files_of(Path(config.reward)) if isinstance(config.reward, str) else [])


def share_run(config: RunConfig, folder: RunFolder) -> None:
    """Put the configuration of a run and the files that it names into S3, where its workers find them.

    The checkpoint in the folder, of a clone or of an earlier training on one machine, is the first one there.

    Args:
        config: Configuration of the run, with the address of the S3 server.
        folder: Folder of the run.

    Raises:
        InputError: if a file cannot be read, two of them have one name, or the server refuses.
    """
    from deepracer_ros.models.bucket import open_bucket  # with the next ones imports boto3
    from deepracer_ros.run.bucket_checkpoints import BucketCheckpoints, read_bucket_checkpoint
    from deepracer_ros.run.bucket_files import put_run_files
    from deepracer_ros.services.record import keys_of_run

    files = files_of_run(config)
    bucket = open_bucket(config.models, keys_of_run(folder.services, config.models.endpoint))
    put_run_files(bucket, folder.name, files)
    beginning = read_checkpoint(folder.checkpoint)
    if beginning is not None and read_bucket_checkpoint(bucket, folder.name) is None:
        with closing(BucketCheckpoints(bucket, folder.name, config.trainer.lease)) as checkpoints:
            checkpoints.save(beginning.state, beginning.progress)


def files_of_run(config: RunConfig) -> dict[str, bytes]:
    """Return the configuration of a run and the files that it names, contents by name without folders.

    Args:
        config: Configuration of the run.

    Raises:
        InputError: if a file cannot be read, or two of them have one name.
    """
    paths: dict[str, Path] = {}
    for path in sources_of(config):
        if paths.setdefault(path.name, path) != path:
            raise InputError(f"{path}: found a second file with the name of {paths[path.name]}, expected other names")
    files = {name: read_file(path) for name, path in paths.items()}
    if CONFIG in files:
        raise InputError(f"{paths[CONFIG]}: has the name of the run's configuration, expected another one")
    return {**files, CONFIG: write_parameters(_with_bare_names(to_saved(config), paths))}


def _with_bare_names(values: dict[str, Any], paths: dict[str, Path]) -> dict[str, Any]:
    """Return configuration values that name the files of a run without their folders."""
    bare = {str(path): name for name, path in paths.items()}
    found = dict(values)
    found["tracks"] = [_bare(name, bare) for name in values["tracks"]]
    if isinstance(values["reward"], str):
        found["reward"] = bare.get(values["reward"], values["reward"])
    return found


def _bare(track: str, names: dict[str, str]) -> str:
    path = track.removesuffix(REVERSED)
    return names.get(path, path) + track[len(path) :]


def fetch_run(models: ModelsConfig, run: str, folder: Path) -> dict[str, Any]:
    """Fetch the files of a run into a folder, and return its configuration as nested values that name them there.

    Args:
        models: The S3 server and the bucket; boto3 searches for the credentials.
        run: Name of the run.
        folder: The folder, which is replaced.

    Raises:
        InputError: if there is no such run, its files are damaged, or the folder cannot be written.
    """
    from deepracer_ros.models.bucket import open_bucket  # with the next one imports boto3
    from deepracer_ros.run.bucket_files import fetch_run_files

    fetch_run_files(open_bucket(models), run, folder)
    return with_absolute_paths(read_parameters(folder / CONFIG), folder)
