"""Files that are whole or absent: what a reader finds under a name was written to its end."""

import fcntl
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
_PREFIX, _SUFFIX, _OLD = ".", ".tmp", ".old"


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

    A writer that is killed between its two renames leaves the old folder aside: `remove_remains` puts it back.

    Args:
        path: The folder; its parent exists.
        files: Contents by name.

    Raises:
        InputError: if it cannot be written; the old folder is then still there.
    """
    temporary, old = (path.with_name(f"{_PREFIX}{path.name}{word}{_SUFFIX}") for word in (".new", _OLD))
    try:
        shutil.rmtree(temporary, ignore_errors=True)
        temporary.mkdir()
        for name, content in files.items():
            (temporary / name).write_bytes(content)
        if path.exists():
            shutil.rmtree(old, ignore_errors=True)
            os.replace(path, old)
        moment("folder.aside")
        os.replace(temporary, path)
        shutil.rmtree(old, ignore_errors=True)
    except OSError as error:
        shutil.rmtree(temporary, ignore_errors=True)
        if old.exists() and not path.exists():
            os.replace(old, path)
        raise write_error(path, error) from error


def remove_remains(folder: Path, name: str = "*") -> None:
    """Remove what killed writers left in a folder; call it where nobody else writes.

    A folder that a killed `replace_folder` had moved aside, and for which there is no new one, is put back.

    Args:
        folder: Where to look; one that does not exist holds no remains.
        name: Of the file that was to be written; by default every one.

    Raises:
        InputError: if the folder cannot be written.
    """
    for path in sorted(folder.glob(f"{_PREFIX}{name}{_SUFFIX}")):
        original = path.with_name(path.name.removeprefix(_PREFIX).removesuffix(_OLD + _SUFFIX))
        try:
            if path.name.endswith(_OLD + _SUFFIX) and not original.exists():
                os.replace(path, original)
            elif path.is_dir() and not path.is_symlink():
                shutil.rmtree(path)
            else:
                path.unlink(missing_ok=True)
        except OSError as error:
            raise write_error(path, error) from error


@contextmanager
def only_one(path: Path, what: str = "") -> Iterator[None]:
    """Hold a lock file for the time of a block: one process at a time, and the kernel frees it however that ends.

    Args:
        path: The lock file; made if absent.
        what: Words of the error if another process (or another part of this one) holds it, as "another trainer works on
            this run". Empty: wait until it is free.

    Raises:
        InputError: if another one holds it and `what` is given, or the folder cannot be written.
    """
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, OWNER_ONLY)
    except OSError as error:
        raise write_error(path, error) from error
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | (fcntl.LOCK_NB if what else 0))
        except BlockingIOError as error:
            raise InputError(f"{path.parent}: {what}, expected one at a time") from error
        yield
    finally:
        os.close(descriptor)
