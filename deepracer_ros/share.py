# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""Finds the folder of the package's data files (worlds, urdf, config, launch)."""

import os
import sys
import xml.etree.ElementTree as ElementTree
from functools import cache
from pathlib import Path

from deepracer_ros.errors import InputError


@cache
def share_directory() -> Path:
    """Return the folder that holds `worlds/`, `urdf/`, `config/` and `launch/`.

    The search order is: the source checkout (also of an editable install), each prefix of `AMENT_PREFIX_PATH` (a
    colcon installation), the Python prefix (a wheel).

    Raises:
        InputError: if none of these places holds the package's data.
    """
    source = Path(__file__).resolve().parent.parent
    if (source / "package.xml").is_file():
        return source
    prefixes = [*os.environ.get("AMENT_PREFIX_PATH", "").split(os.pathsep), sys.prefix]
    candidates = [Path(prefix) / "share" / "deepracer_ros" for prefix in prefixes if prefix]
    for candidate in candidates:
        if (candidate / "package.xml").is_file():
            return candidate
    raise InputError(
        f"data files of deepracer_ros: not found in {source} nor in "
        f"{', '.join(map(str, candidates))}; expected a folder with package.xml, urdf/ and worlds/"
    )


def version() -> str:
    """Return the version of the package, which is defined in package.xml."""
    return ElementTree.parse(share_directory() / "package.xml").findtext("version", "unknown")
