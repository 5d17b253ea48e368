"""Files that are whole or absent: what a reader finds under a name was written to its end."""

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from deepracer_ros.errors import InputError


def write_error(path: Path, error: OSError) -> InputError:
    """Return the one line that says why `path` could not be written."""
    return InputError(
        f"{path}: cannot be written ({error.strerror or error}); expected a writable folder with free space"
    )


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Yield a temporary sibling that becomes `path` when the block ends well, and vanishes otherwise.

    The temporary name is always the same, so what a killed process left is overwritten by the next.

    Raises:
        InputError: if the folder cannot be written or the disk is full; `path` is as it was before.
    """
    temporary = path.with_name(f".{path.name}.tmp")
    try:
        yield temporary
        descriptor = os.open(temporary, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        os.replace(temporary, path)
    except OSError as error:
        raise write_error(path, error) from error
    finally:
        _remove(temporary)


def _remove(path: Path) -> None:
    """Remove a file if it is there; a folder that does not exist holds no such file either."""
    try:
        path.unlink(missing_ok=True)
    except NotADirectoryError:
        return


def write_atomically(path: Path, content: bytes) -> None:
    """Write `content` under `path`, whole or not at all.

    Raises:
        InputError: if the folder cannot be written or the disk is full.
    """
    with replacing(path) as temporary:
        temporary.write_bytes(content)


def write_json(path: Path, document: Mapping[str, Any]) -> None:
    """Write a JSON document for people and programs (indented, no NaN), whole or not at all.

    Raises:
        InputError: if the folder cannot be written or the disk is full.
    """
    write_atomically(path, (json.dumps(document, indent=2, allow_nan=False) + "\n").encode())
