"""What a run may be called: the name is a folder, a Redis key and an S3 prefix."""

import re

from deepracer_ros.errors import InputError

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+-]{0,127}")
_OTHERS = re.compile(r"[^A-Za-z0-9._+-]+")

LATEST = "latest"
"""Link beside the run folders that points at the newest; no run has this name."""

MODEL_FOLDER = "model"
"""Folder of the final policy in the folder of a run."""


def check_run_name(name: str) -> str:
    """Return the name of a run.

    Raises:
        InputError: if it is not letters, digits and . _ + -, longer than 128 characters, or the name of the link.
    """
    if not _NAME.fullmatch(name) or name == LATEST:
        raise InputError(f"run name: found {name!r}, expected letters, digits and . _ + -, other than {LATEST!r}")
    return name


def to_file_name(text: str) -> str:
    """Return a text with everything replaced by `-` that does not belong into a file name."""
    return _OTHERS.sub("-", text).strip("-.")
