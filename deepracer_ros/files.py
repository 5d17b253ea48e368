# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""Atomic writing of files and folders, removal of unfinished ones, and lock files."""

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
"""Permissions of a file that may hold a secret."""
_PREFIX, _SUFFIX, _OLD = ".", ".tmp", ".old"


def write_error(path: Path, error: OSError) -> InputError:
    """Return an `InputError` whose message says why `path` could not be written."""
    return InputError(
        f"{path}: cannot be written ({error.strerror or error}); expected a writable folder with free space"
    )


def make_folder(path: Path) -> None:
    """Create a folder and its parents unless it exists.

    Raises:
        InputError: if it cannot be created.
    """
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise write_error(path, error) from error


def read_file(path: Path) -> bytes:
    """Return the content of a file.

    Raises:
        InputError: if it cannot be read.
    """
    try:
        return path.read_bytes()
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror})") from error


@contextmanager
def replacing(path: Path, mode: int = 0o644) -> Iterator[Path]:
    """Yield a temporary sibling of `path` that replaces it at the end of the block, or is removed after an exception.

    The temporary name is always the same, so the next writer overwrites the file that a killed writer left.
    `remove_remains` removes such a file earlier.

    Args:
        path: The file to replace.
        mode: Permissions of the file, before the umask.

    Raises:
        InputError: if the folder cannot be written or the disk is full; `path` is then unchanged.
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
    """Remove a file if it exists; a missing parent folder is no error."""
    try:
        path.unlink(missing_ok=True)
    except NotADirectoryError:
        return


def write_atomically(path: Path, content: bytes, mode: int = 0o644) -> None:
    """Write the file `path` atomically: a reader finds the old content or all of the new one.

    Args:
        path: The file; an existing one is replaced.
        content: The whole content of the file.
        mode: Permissions of the file, before the umask; `OWNER_ONLY` if it may hold a secret.

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
    """Write an indented JSON document atomically.

    Args:
        path: The file; an existing one is replaced.
        document: Plain values without NaN and infinity.
        mode: Permissions of the file, before the umask.

    Raises:
        InputError: if the folder cannot be written or the disk is full.
    """
    write_atomically(path, (json.dumps(document, indent=2, allow_nan=False) + "\n").encode(), mode)


def replace_folder(path: Path, files: Mapping[str, bytes]) -> None:
    """Write a folder of files as one step; an existing folder is replaced.

    The old folder is renamed before the new one takes its place. A writer that is killed between these two renames
    leaves the old folder under a temporary name, and `remove_remains` restores it.

    Args:
        path: The folder; its parent must exist.
        files: Content of each file, by file name.

    Raises:
        InputError: if the folder cannot be written; the old folder is then unchanged.
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
    """Remove the temporary files that killed writers left in a folder; no other process may write there meanwhile.

    If `replace_folder` was killed after it had renamed the old folder and before the new one was in place, the old
    folder is restored.

    Args:
        folder: The folder to clean; it need not exist.
        name: Glob pattern of the target names, by default all of them.

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
    """Hold an exclusive lock on a file during a block; the kernel frees the lock when the process ends.

    Args:
        path: The lock file; created if absent.
        what: Part of the error message if the lock is held, for example "another trainer works on this run". Empty:
            wait until the lock is free.

    Raises:
        InputError: if another process, or another part of this process, holds the lock, or the folder cannot be
            written.
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
