# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""Where the output of a user's reward function goes: a channel of its own, never mixed with other messages."""

import logging
import sys
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import Protocol

from deepracer_ros.files import make_folder, write_error

FILE_BYTES = 1_000_000
"""Size at which a log file of a reward function is rotated, bytes; one earlier file is kept."""


class RewardOutput(Protocol):
    """Receives what a reward function prints, in a thread of its own."""

    def write(self, text: str) -> None:
        """Take some output; it may end in the middle of a line."""
        ...

    def warn(self, message: str) -> None:
        """Take a message about the function's process, one line."""
        ...


class Printed:
    """Prints the output of the function to stdout and messages to stderr."""

    def write(self, text: str) -> None:
        """Print some output."""
        sys.stdout.write(text)

    def warn(self, message: str) -> None:
        """Print a message."""
        print(message, file=sys.stderr, flush=True)


class Collected:
    """Keeps the beginning of the output.

    Attributes:
        text: The output, up to its limit.
    """

    def __init__(self, limit: int = 2000) -> None:
        """Begin with nothing.

        Args:
            limit: Greatest length of the text, characters.
        """
        self.text, self._limit = "", limit

    def write(self, text: str) -> None:
        """Keep some output."""
        self.text += text[: self._limit - len(self.text)]

    def warn(self, message: str) -> None:
        """Keep a message."""
        self.write(f"{message}\n")


class Logged:
    """Appends the output to a log file of limited size.

    Attributes:
        warning: The last message about the function's process; empty if there was none.
    """

    def __init__(self, path: Path) -> None:
        """Open the file.

        Args:
            path: The log file; an existing one is continued.

        Raises:
            InputError: if the file cannot be written.
        """
        self.warning = ""
        make_folder(path.parent)
        try:
            self._file = RotatingFileHandler(path, maxBytes=FILE_BYTES, backupCount=1, encoding="utf-8")
        except OSError as error:
            raise write_error(path, error) from error
        self._file.terminator = ""

    def write(self, text: str) -> None:
        """Append some output; a full disk loses it."""
        self._file.emit(logging.LogRecord("reward", logging.INFO, "", 0, text, None, None))

    def warn(self, message: str) -> None:
        """Append a message and keep it."""
        self.warning = message
        self.write(f"{message}\n")
