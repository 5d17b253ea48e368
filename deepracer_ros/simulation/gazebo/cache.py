"""The cache folder of Gazebo, which several processes and threads fill at once."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from deepracer_ros.files import only_one, remove_remains, write_error


@contextmanager
def only_writer(folder: Path) -> Iterator[None]:
    """Keep all other writers, processes and threads, out of a folder for the block; remove what killed ones left.

    Who comes second finds what the first one wrote. The kernel frees the lock of a process that dies.

    Args:
        folder: Made if it does not exist.

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
