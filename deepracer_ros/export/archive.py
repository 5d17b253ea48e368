# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""The archive that a car's web page installs: `agent/model.pb` and, at the root, `model_metadata.json`.

The rules are those of the car's loader. It takes the only graph of the archive and the description at the root, and
calls the model by the name of the archive up to the first dot, with `_` in place of spaces.
"""

import gzip
import io
import tarfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from deepracer_ros.errors import InputError
from deepracer_ros.files import write_atomically
from deepracer_ros.formats.document import parse_document
from deepracer_ros.formats.metadata import metadata_values

ENDING = ".tar.gz"
GRAPH = "agent/model.pb"
METADATA = "model_metadata.json"
MOST_BYTES = 500_000_000
"""Greatest size of the files of an archive that are read, bytes."""


@dataclass(frozen=True)
class Archive:
    """The two files of an archive that a car keeps.

    Attributes:
        graph: The serialised graph.
        metadata: Content of `model_metadata.json`.
    """

    graph: bytes
    metadata: bytes


def check_name(path: Path) -> None:
    """Check the name of an archive.

    Raises:
        InputError: if it does not end in .tar.gz, or a car would call the model otherwise.
    """
    stem = path.name.removesuffix(ENDING)
    if stem == path.name or not stem or "." in stem or " " in stem:
        raise InputError(
            f"{path}: found the name {path.name!r}, expected NAME{ENDING} without other dots and without spaces: "
            "the car calls the model NAME"
        )


def write_archive(path: Path, archive: Archive) -> None:
    """Write an archive; the same content gives the same bytes.

    Raises:
        InputError: if it cannot be written.
    """
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as tar:
        for name, content in ((METADATA, archive.metadata), (GRAPH, archive.graph)):
            member = tarfile.TarInfo(name)
            member.size, member.mode = len(content), 0o644
            tar.addfile(member, io.BytesIO(content))
    write_atomically(path, gzip.compress(packed.getvalue(), mtime=0))


def read_archive(path: Path) -> Archive:
    """Read what a car keeps of an archive; nothing is unpacked to the disk.

    Raises:
        InputError: if the file cannot be read, is no such archive, or breaks a rule of the car's loader.
    """
    check_name(path)
    try:
        with tarfile.open(path, "r:gz") as tar:
            members = list(_files(tar, path))
            graphs = [member for member in members if PurePosixPath(member.name).suffix == ".pb"]
            described = [member for member in members if str(PurePosixPath(member.name)) == METADATA]
            if len(graphs) != 1:
                found = ", ".join(member.name for member in graphs) or "none"
                raise InputError(f"{path}: found the graphs {found}, expected one file that ends in .pb")
            if len(described) != 1:
                raise InputError(f"{path}: found no {METADATA} at the root, expected it beside the folder of the graph")
            return Archive(*(_content(tar, member) for member in (*graphs, *described)))
    except (OSError, EOFError, tarfile.TarError, zlib.error) as error:
        words = error.strerror if isinstance(error, OSError) and error.strerror else " ".join(str(error).split())
        raise InputError(f"{path}: cannot be read ({words}); expected a .tar.gz archive of a model") from error


def _files(tar: tarfile.TarFile, path: Path) -> Iterator[tarfile.TarInfo]:
    """Yield the files of an archive; one whose content would not end is refused before it is read."""
    size = 0
    for member in tar:
        size += member.size
        if size > MOST_BYTES:
            raise InputError(f"{path}: found more than {MOST_BYTES} bytes of files, expected a model")
        if member.isfile():
            yield member


def _content(tar: tarfile.TarFile, member: tarfile.TarInfo) -> bytes:
    file = tar.extractfile(member)
    return file.read() if file is not None else b""


def describe(archive: Archive, where: str) -> dict[str, Any]:
    """Return what an archive's `model_metadata.json` says, as keys and values of a configuration.

    Args:
        archive: The archive.
        where: Its file, for error messages.

    Raises:
        InputError: if it is not JSON, or a value is wrong.
    """
    return metadata_values(parse_document(archive.metadata, f"{where}: {METADATA}"))
