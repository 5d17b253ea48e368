# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""Configuration of the Redis server that keeps experience between recorder and trainer."""

import re
from dataclasses import dataclass
from urllib.parse import quote, unquote

from deepracer_ros.config import Section, key
from deepracer_ros.credentials import find_password


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


def split_password(url: str) -> tuple[str, str]:
    """Return a Redis URL without its password, and the password; empty if there is none.

    Args:
        url: URL whose password stands before the host.
    """
    scheme, _, rest = url.partition("://")
    user, at, host = rest.rpartition("@")
    name, colon, password = user.partition(":")
    if not at or not colon:
        return url, ""
    return f"{scheme}://{f'{name}@' if name else ''}{host}", unquote(password)


PASSWORD_VARIABLE = "DEEPRACER_REDIS_PASSWORD"  # noqa: S105 - the name of a variable
"""Environment variable with the password of the Redis server; with `_FILE` after it, of a file with the password."""


def complete_url(url: str) -> str:
    """Return the URL of a named Redis server with the password of the environment, unless it has one.

    Args:
        url: URL of the server.

    Raises:
        InputError: if the file with the password cannot be read.
    """
    return url if has_password(url) else with_password(url, find_password(PASSWORD_VARIABLE))


def has_password(url: str) -> bool:
    """Return whether a Redis URL has a password."""
    return hide_password(url) != url


def with_password(url: str, password: str) -> str:
    """Return a Redis URL with a password in it; the URL itself if the password is empty.

    Args:
        url: URL without a password.
        password: The password, as it is.
    """
    if not password:
        return url
    scheme, _, rest = url.partition("://")
    user, at, host = rest.rpartition("@")
    return f"{scheme}://{user if at else ''}:{quote(password, safe='')}@{host}"


def hide_password(url: str) -> str:
    """Return a Redis URL with the password replaced by `HIDDEN`, for files and messages."""
    without = re.sub(r"^([a-z+]+://[^:/@]*:).*@", rf"\1{HIDDEN}@", url)
    return re.sub(r"([?&]password=)[^&]*", rf"\1{HIDDEN}", without)
