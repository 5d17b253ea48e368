# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""Valid names of runs, which are used as folder names, Redis keys and S3 prefixes."""

import re

from deepracer_ros.errors import InputError

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+-]{0,127}")
_OTHERS = re.compile(r"[^A-Za-z0-9._+-]+")

REVERSED = "-reversed"
"""Ending of the name of a track that is driven in the opposite direction."""
LATEST = "latest"
"""Name of the symbolic link to the newest run folder; no run may have this name."""

MODEL_FOLDER = "model"
"""Name of the folder with the final policy inside a run folder."""


def check_run_name(name: str) -> str:
    """Check the name of a run and return it.

    Raises:
        InputError: if the name is not 1 to 128 letters, digits and . _ + -, a letter or digit first, or is `LATEST`.
    """
    if not _NAME.fullmatch(name) or name == LATEST:
        raise InputError(f"run name: found {name!r}, expected letters, digits and . _ + -, other than {LATEST!r}")
    return name


def to_file_name(text: str) -> str:
    """Return a text with `-` for each run of characters other than letters, digits and . _ + -, for a file name."""
    return _OTHERS.sub("-", text).strip("-.")
