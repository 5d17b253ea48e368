# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""A JSON document of DeepRacer's, and errors that name its file, its key, what was found and what was expected."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from deepracer_ros.errors import InputError


class Document:
    """The keys and values of a JSON file, or of a part of it.

    Attributes:
        where: File, and keys above this part, for error messages.
    """

    def __init__(self, values: Any, where: str) -> None:  # noqa: ANN401
        """Take the values of a JSON object.

        Args:
            values: The value that was read.
            where: File, and keys above this part, for error messages.

        Raises:
            InputError: if the value is no object.
        """
        if not isinstance(values, Mapping):
            raise InputError(f"{where}: found {_short(values)}, expected an object with keys and values")
        self._values, self.where = values, where

    def __contains__(self, name: str) -> bool:
        """Return whether there is such a key."""
        return name in self._values

    def get(self, name: str, default: Any = None) -> Any:  # noqa: ANN401
        """Return the value of a key, or the default."""
        return self._values.get(name, default)

    def error(self, name: str, expected: str) -> InputError:
        """Return the error of a key that has another value than expected.

        Args:
            name: The key.
            expected: What it should have.
        """
        found = _short(self._values[name]) if name in self._values else "nothing"
        return InputError(f"{self.where}: {name}: found {found}, expected {expected}")

    def part(self, name: str) -> "Document":
        """Return the object of a key.

        Raises:
            InputError: if the key is absent or has no object.
        """
        if name not in self._values:
            raise self.error(name, "an object")
        return Document(self._values[name], f"{self.where}: {name}")

    def item(self, name: str, number: int) -> "Document":
        """Return an object of the list of a key.

        Raises:
            InputError: if it is no object.
        """
        return Document(self._values[name][number], f"{self.where}: {name}[{number}]")

    def number(self, name: str, low: float, high: float, default: float | None = None) -> float:
        """Return the number of a key; a number in quotes is one too, as in DeepRacer.

        Args:
            name: The key.
            low: Least number allowed.
            high: Greatest number allowed.
            default: Value without the key; None: the key must be there.

        Raises:
            InputError: if it is absent, no number or out of its range.
        """
        value = self._values.get(name, default)
        try:
            number = float(value) if not isinstance(value, bool) else None
        except (TypeError, ValueError):
            number = None
        if number is None or not low <= number <= high:
            raise self.error(name, f"a number from {low:g} to {high:g}")
        return number

    def whole(self, name: str, low: int, high: int, default: int | None = None) -> int:
        """Return the whole number of a key, as `number` does.

        Raises:
            InputError: if it is absent, no whole number or out of its range.
        """
        number = self.number(name, low, high, default)
        if not number.is_integer():
            raise self.error(name, f"a whole number from {low} to {high}")
        return int(number)

    def choice(self, name: str, allowed: Sequence[str], default: str) -> str:
        """Return the text of a key, which must be one of some.

        Raises:
            InputError: if it is another.
        """
        value = self._values.get(name, default)
        if value not in allowed:
            raise self.error(name, f"one of {', '.join(allowed)}")
        return str(value)


def read_document(path: Path) -> Document:
    """Read a JSON file with an object.

    Raises:
        InputError: if it cannot be read, is not JSON or holds something else.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror}); expected a JSON file") from error
    return parse_document(content, str(path))


def parse_document(content: bytes, where: str) -> Document:
    """Return the object in the content of a JSON file.

    Args:
        content: The content.
        where: The file, for error messages.

    Raises:
        InputError: if it is not JSON or holds something else.
    """
    try:
        return Document(json.loads(content), where)
    except (ValueError, RecursionError) as error:
        raise InputError(f"{where}: is not JSON ({' '.join(str(error).split())})") from error


def _short(value: Any) -> str:  # noqa: ANN401
    text = json.dumps(value, default=str)
    return text if len(text) <= 60 else f"{text[:57]}..."
