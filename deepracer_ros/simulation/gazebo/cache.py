# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""Exclusive access to folders of Gazebo's cache, which several processes and threads may fill at once."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from deepracer_ros.files import only_one, remove_remains, write_error


@contextmanager
def only_writer(folder: Path) -> Iterator[None]:
    """Lock a folder against other writers (processes and threads) for the block.

    Temporary files of killed writers are removed first. The kernel frees the lock of a process that dies.

    Args:
        folder: The folder; created if it does not exist.

    Raises:
        InputError: if the folder cannot be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise write_error(folder, error) from error
    with only_one(folder / "lock"):
        remove_remains(folder)
        yield
