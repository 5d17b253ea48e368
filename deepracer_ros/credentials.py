# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""Passwords from the environment or from files, so that they stand in no command line and no configuration."""

import os
from pathlib import Path

from deepracer_ros.errors import InputError
from deepracer_ros.files import read_file


def find_password(variable: str) -> str:
    """Return the password in an environment variable, or in the file that the variable with `_FILE` after it names.

    Args:
        variable: Name of the variable.

    Returns:
        The password; empty if neither variable is set.

    Raises:
        InputError: if the file cannot be read or holds more than one line.
    """
    if password := os.environ.get(variable, ""):
        return password
    name = os.environ.get(f"{variable}_FILE", "")
    if not name:
        return ""
    path = Path(name)
    lines = read_file(path).decode(errors="replace").splitlines()
    if len(lines) != 1 or not lines[0]:
        raise InputError(f"{path}: found {len(lines)} lines, expected one with the password")
    return lines[0]
