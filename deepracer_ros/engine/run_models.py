# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""The models of a run in its own S3 server, for commands that come after the training."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from deepracer_ros.config import from_mapping
from deepracer_ros.errors import InputError
from deepracer_ros.models.config import ModelsConfig
from deepracer_ros.models.pointer import PointerName
from deepracer_ros.models.store import ModelStore
from deepracer_ros.run.folder import RunFolder
from deepracer_ros.services.record import ServicesRecord, read_record
from deepracer_ros.services.s3_server import LocalS3, read_keys
from deepracer_ros.services.server import is_served


@contextmanager
def open_store(run_folder: Path, endpoint: str | None = None, bucket: str | None = None) -> Iterator[ModelStore]:
    """Open the model store of a run; its local S3 server is started for the duration of the block unless it runs.

    Args:
        run_folder: Folder of the run; a link such as `runs/latest` is followed.
        endpoint: URL of an S3 server; by default the server of the run.
        bucket: Name of a bucket; by default the bucket of the run.

    Raises:
        InputError: if there is no such run, or its server cannot be reached or started.
    """
    if endpoint is None and not run_folder.is_dir():
        raise InputError(f"{run_folder}: not found, expected the folder of a run; train one first, or give --run")
    path = RunFolder(run_folder).services
    record = read_record(path) if endpoint is None or path.is_file() else ServicesRecord()
    name = record.run or run_folder.resolve().name
    address = record.s3_endpoint if endpoint is None else endpoint
    where = {"endpoint": address, "aws": not address, "bucket": bucket or record.s3_bucket}
    config = from_mapping(ModelsConfig, where, "models")
    if endpoint is not None or not record.s3_folder:
        yield ModelStore(config, name)
        return
    folder = run_folder.resolve() / record.s3_folder
    keys = read_keys(folder)
    if is_served(folder):
        yield ModelStore(config, name, keys)
        return
    with LocalS3(folder) as server:
        yield ModelStore(replace(config, endpoint=server.endpoint), name, keys)


def version_of(store: ModelStore, text: str) -> int:
    """Return the version for the text of a number, "last" or "best".

    Args:
        store: Models of a run.
        text: The text.

    Raises:
        InputError: if there is no such version.
    """
    names: dict[str, PointerName] = {"last": "last", "best": "best"}
    if text in names:
        pointer = store.pointer(names[text])
        if pointer is None:
            raise InputError(f"run {store.run!r}: found no {text} model, expected a published one")
        return pointer.version
    versions = store.versions()
    if not text.isdigit() or int(text) not in versions:
        raise InputError(
            f"version: found {text!r}, expected last, best or one of: {', '.join(map(str, versions)) or 'none yet'}"
        )
    return int(text)
