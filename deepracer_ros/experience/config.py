# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""Configuration of the Redis server that keeps experience between recorder and trainer."""

import re
from dataclasses import dataclass

from deepracer_ros.config import Section, key


@dataclass(frozen=True)
class ExperienceConfig(Section):
    """The Redis server of a run, the length of a segment and the capacity."""

    url: str = key(
        "",
        "Redis URL: redis://[:password@]host:port, rediss://... or unix://.... Empty: a local server is started.",
        secret=True,
    )
    segment_steps: int = key(32, "Control steps in one segment.", least=1, most=65535)
    capacity_segments: int = key(
        128, "Segments that may wait for the trainer; more are refused, and the simulations wait.", least=1
    )


HIDDEN = "***"
"""Replaces a password in files and messages."""


def hide_password(url: str) -> str:
    """Return a Redis URL with the password replaced by `HIDDEN`, for files and messages."""
    without = re.sub(r"^([a-z+]+://[^:/@]*:).*@", rf"\1{HIDDEN}@", url)
    return re.sub(r"([?&]password=)[^&]*", rf"\1{HIDDEN}", without)
