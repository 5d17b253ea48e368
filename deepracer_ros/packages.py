# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""Packages that only some formats of an export need."""

import importlib
from typing import Any

from deepracer_ros.errors import InputError


def load_package(name: str, requirement: str) -> Any:  # noqa: ANN401 - a module without types
    """Return a package that need not be installed.

    Args:
        name: Name of the module.
        requirement: What pip installs it by.

    Raises:
        InputError: if it is not installed.
    """
    try:
        return importlib.import_module(name)
    except ImportError as error:
        raise InputError(f"{name}: found no such package, expected it: pip install {requirement}") from error
