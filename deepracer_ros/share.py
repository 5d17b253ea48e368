"""Where the package's data files (worlds, urdf, config, launch) lie."""

import os
import sys
from functools import cache
from pathlib import Path

from deepracer_ros.errors import InputError


@cache
def share_directory() -> Path:
    """Return the folder that holds `worlds/`, `urdf/`, `config/` and `launch/`.

    A source checkout (also an editable install) comes first, then every prefix of
    `AMENT_PREFIX_PATH` as colcon installs it, then the Python prefix of a wheel.

    Raises:
        InputError: if none of these holds the package's data.
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
        f"data files of deepracer_ros: not found beside {source} nor in "
        f"{', '.join(map(str, candidates))}; expected a folder with package.xml, urdf/ and worlds/"
    )
