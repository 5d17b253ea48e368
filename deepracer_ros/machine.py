# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""This machine: its processor, the urgency of a process, and the folder of results that are expensive to find again."""

import os
import platform
from contextlib import suppress
from pathlib import Path

URGENCY = -10
"""Change of the niceness of a process that must not wait for others."""


def cache_directory(name: str) -> Path:
    """Return the folder `deepracer_ros/NAME` in the user's cache folder ($XDG_CACHE_HOME, or ~/.cache)."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "deepracer_ros" / name


def processor() -> str:
    """Return the name of the CPU from /proc/cpuinfo, or the machine's architecture."""
    try:
        text = Path("/proc/cpuinfo").read_text()
    except OSError:
        return platform.machine()
    names = [line.partition(":")[2].strip() for line in text.splitlines() if line.startswith("model name")]
    return names[0] if names else platform.machine()


def hurry() -> None:
    """Put this process and its later children before others where the user may: no busy machine delays a stop."""
    with suppress(PermissionError):
        os.nice(URGENCY)
