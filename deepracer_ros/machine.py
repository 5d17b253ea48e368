# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""This machine: its processor, and the folder in which results are kept that are expensive to find again."""

import os
import platform
from pathlib import Path


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
