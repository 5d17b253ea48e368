"""Files that are whole or absent: what a reader finds under a name was written to its end."""

import json
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from deepracer_ros.errors import InputError
from deepracer_ros.moments import moment

OWNER_ONLY = 0o600
"""Mode of a file that may hold a secret."""
_PREFIX, _SUFFIX = ".", ".tmp"


def write_error(path: Path, error: OSError) -> InputError:
    """Return the one line that says why `path` could not be written."""
    return InputError(
        f"{path}: cannot be written ({error.strerror or error}); expected a writable folder with free space"
    )


@contextmanager
def replacing(path: Path, mode: int = 0o644) -> Iterator[Path]:
    """Yield a temporary sibling that becomes `path` when the block ends well, and vanishes otherwise.

    The temporary name is always the same, so the next writer replaces what a killed one left. `remove_remains` removes
    it before that.

    Args:
        path: The file.
        mode: Its permissions, before the umask.

    Raises:
        InputError: if the folder cannot be written or the disk is full; `path` is as it was before.
    """
    temporary = path.with_name(f"{_PREFIX}{path.name}{_SUFFIX}")
    try:
        _remove(temporary)
        os.close(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, mode))
        yield temporary
        descriptor = os.open(temporary, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        moment("write.whole")
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


def write_atomically(path: Path, content: bytes, mode: int = 0o644) -> None:
    """Write `content` under `path`, whole or not at all.

    Args:
        path: The file; one that is there is replaced.
        content: All of it.
        mode: Permissions, before the umask; `OWNER_ONLY` for what may hold a secret.

    Raises:
        InputError: if the folder cannot be written or the disk is full.
    """
    half = len(content) // 2
    with replacing(path, mode) as temporary, temporary.open("wb") as file:
        file.write(content[:half])
        file.flush()
        moment("write.half")
        file.write(content[half:])


def write_json(path: Path, document: Mapping[str, Any], mode: int = 0o644) -> None:
    """Write a JSON document for people and programs (indented, no NaN), whole or not at all.

    Raises:
        InputError: if the folder cannot be written or the disk is full.
    """
    write_atomically(path, (json.dumps(document, indent=2, allow_nan=False) + "\n").encode(), mode)


def replace_folder(path: Path, files: Mapping[str, bytes]) -> None:
    """Write a folder of files, whole or not at all; one that is there is replaced.

    Args:
        path: The folder; its parent exists.
        files: Contents by name.

    Raises:
        InputError: if it cannot be written; the old folder is then still there.
    """
    temporary, old = (path.with_name(f"{_PREFIX}{path.name}.{word}{_SUFFIX}") for word in ("new", "old"))
    try:
        shutil.rmtree(temporary, ignore_errors=True)
        temporary.mkdir()
        for name, content in files.items():
            (temporary / name).write_bytes(content)
        shutil.rmtree(old, ignore_errors=True)
        if path.exists():
            os.replace(path, old)
        os.replace(temporary, path)
        shutil.rmtree(old, ignore_errors=True)
    except OSError as error:
        shutil.rmtree(temporary, ignore_errors=True)
        if old.exists() and not path.exists():
            os.replace(old, path)
        raise write_error(path, error) from error


def remove_remains(folder: Path) -> None:
    """Remove what killed writers left in a folder; call it where nobody else writes.

    Raises:
        InputError: if the folder cannot be written.
    """
    for path in folder.glob(f"{_PREFIX}*{_SUFFIX}"):
        try:
            shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
        except OSError as error:
            raise write_error(path, error) from error
