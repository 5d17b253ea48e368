# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""Configuration: frozen dataclasses whose keys carry their own documentation, filled from mappings."""

import dataclasses
import difflib
import types
import typing
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar

from deepracer_ros.errors import InputError

T = TypeVar("T")


def key(
    default: Any,  # noqa: ANN401
    text: str,
    *,
    unit: str = "",
    least: float | None = None,
    most: float | None = None,
    above: float | None = None,
    secret: bool = False,
) -> Any:  # noqa: ANN401
    """Return the dataclass field of one configuration key.

    The arguments are the only source of the key's documentation. `reference.groups_of` reads them for `deepracer
    config`, for the reference in `docs/`, for ROS parameter descriptions and for forms.

    Args:
        default: Value where the configuration does not give the key.
        text: Meaning of the key in one or two sentences.
        unit: Unit of the value, for example "m/s"; empty for a plain number or text.
        least: Smallest number allowed (of a tuple: of each item).
        most: Greatest number allowed (of a tuple: of each item).
        above: The number must be greater than this.
        secret: Whether the value may hold a password; only a file that its owner alone can read may show it.
    """
    metadata = {"text": text, "unit": unit, "least": least, "most": most, "above": above, "secret": secret}
    return dataclasses.field(default=default, metadata=metadata)


def section(cls: type[Any], text: str) -> Any:  # noqa: ANN401
    """Return the dataclass field of a nested section of the configuration, filled with the section's defaults.

    Args:
        cls: Configuration class of the section.
        text: Meaning of the section.
    """
    return dataclasses.field(default_factory=cls, metadata={"text": text})


class Section:
    """Base class of configuration dataclasses. It checks every value against the range that `key` declared."""

    def __post_init__(self) -> None:
        """Check every number against the range of its key.

        Raises:
            ValueError: if a number is out of its range or not finite; the message names the key.
        """
        for field in dataclasses.fields(self):  # type: ignore[arg-type]
            limits = limits_of(field.metadata)
            value = getattr(self, field.name)
            if not limits or value is None or isinstance(value, str):
                continue
            for number in value if isinstance(value, tuple) else (value,):
                if not _is_within(number, field.metadata):
                    raise ValueError(f"{field.name}: found {number!r}, expected {limits}")


def _is_within(number: float, metadata: Mapping[str, Any]) -> bool:
    """Return whether a number is in a key's range; NaN and infinity never are."""
    least, most, above = (metadata.get(name) for name in ("least", "most", "above"))
    return (
        (least is None or number >= least)
        and (most is None or number <= most)
        and (above is None or number > above)
        and abs(number) < float("inf")
    )


def limits_of(metadata: Mapping[str, Any]) -> str:
    """Return the range of a key in words, for example "0 to 1 m"; empty if it has no range.

    Args:
        metadata: Metadata of the dataclass field, as `key` fills it.
    """
    least, most, above = (_plain(metadata.get(name)) for name in ("least", "most", "above"))
    unit = f" {metadata['unit']}" if metadata.get("unit") else ""
    if above:
        return f"above {above}" + (f", at most {most}" if most else "") + unit
    if least:
        return (f"{least} to {most}" if most else f"{least} or more") + unit
    return f"at most {most}{unit}" if most else ""


def _plain(number: float | None) -> str:
    """Return a limit without a fraction of 0 and without an exponent; empty if there is none."""
    if number is None:
        return ""
    return str(int(number)) if float(number).is_integer() else str(number)


def from_mapping(cls: type[T], mapping: Mapping[str, Any], where: str = "config", tolerant: bool = False) -> T:
    """Build the frozen dataclass `cls` from nested mappings.

    Nested dataclasses are filled from nested mappings. Whole numbers are accepted where a float is expected, and lists
    where a tuple is. A class may define `types_by_value(mapping)`, which returns the types of those fields whose type
    depends on the value of another field.

    Args:
        cls: A dataclass type whose fields all have defaults or are in `mapping`.
        mapping: Values by field name.
        where: Source of the mapping for error messages (a file or a topic).
        tolerant: Leave out unknown keys, for example of a newer release, instead of refusing them.

    Raises:
        InputError: on an unknown key, a missing key, or a value of another type or out of its range; names the key with
            the keys above it, joined by dots.
    """
    return _fill(cls, mapping, _Place(where, tolerant))


@dataclasses.dataclass(frozen=True)
class _Place:
    """Where a value stands, for error messages."""

    source: str
    tolerant: bool
    path: tuple[str, ...] = ()

    def below(self, name: str) -> "_Place":
        return dataclasses.replace(self, path=(*self.path, str(name)))

    def error(self, words: str) -> InputError:
        """Return an error about this value."""
        return InputError(f"{self.source}: {'.'.join(self.path)}{': ' if self.path else ''}{words}")

    def section_error(self, error: ValueError) -> InputError:
        """Return the error of a section, whose text begins with the name of a key."""
        return InputError(f"{self.source}: {''.join(f'{name}.' for name in self.path)}{error}")


def _fill(cls: type[T], mapping: Any, place: _Place) -> T:  # noqa: ANN401
    fields = {field.name: field for field in dataclasses.fields(cls)}  # type: ignore[arg-type]
    if not isinstance(mapping, Mapping):
        raise place.error(f"found {mapping!r}, expected keys and values: {', '.join(fields)}")
    hints = typing.get_type_hints(cls)
    dependent: dict[str, Any] = {}
    if hasattr(cls, "types_by_value"):
        try:
            dependent = cls.types_by_value(mapping)  # type: ignore[attr-defined]
        except ValueError as error:
            raise place.section_error(error) from error
    hints |= dependent
    values: dict[str, Any] = {name: kind() for name, kind in dependent.items() if name not in mapping}
    for name, value in mapping.items():
        if name in fields:
            values[name] = _convert(hints[name], value, place.below(name))
        elif not place.tolerant:
            near = difflib.get_close_matches(str(name), fields, n=1)
            hint = f", perhaps {near[0]!r}" if near else ""
            raise place.error(f"unknown key {name!r}{hint}; expected one of: {', '.join(fields)}")
    for name, field in fields.items():
        required = field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING
        if required and name not in values:
            raise place.error(f"key {name!r} is missing")
    try:
        return cls(**values)
    except ValueError as error:
        raise place.section_error(error) from error


_WORDS: dict[Any, str] = {
    int: "a whole number",
    float: "a number",
    str: "text",
    bool: "true or false",
    tuple: "a list",
    list: "a list",
    dict: "keys and values",
}
"""Types in the words of error messages."""


def _convert(hint: Any, value: Any, place: _Place) -> Any:  # noqa: ANN401
    """Return `value` as the annotated type `hint`, or raise InputError."""
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin in (typing.Union, types.UnionType):
        return _convert_union(arguments, value, place)
    if dataclasses.is_dataclass(hint) and isinstance(hint, type):
        return _fill(hint, value, place)
    if origin is typing.Literal:
        if value not in arguments:
            raise place.error(f"found {value!r}, expected one of {', '.join(map(repr, arguments))}")
        return value
    if origin is tuple and isinstance(value, list | tuple):
        return tuple(_convert(arguments[0], item, place) for item in value)
    if _is_mapping(hint) and isinstance(value, Mapping) and arguments:
        return {
            _convert(arguments[0], name, place): _convert(arguments[1], item, place.below(name))
            for name, item in value.items()
        }
    if hint is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if hint is Path and isinstance(value, str):
        return Path(value)
    if hint is Any:
        return value
    expected = origin or hint
    if not isinstance(value, expected) or (expected in (int, float) and isinstance(value, bool)):
        words = _WORDS.get(expected, "keys and values" if _is_mapping(hint) else getattr(expected, "__name__", ""))
        raise place.error(f"found {value!r}, expected {words}")
    return value


def _is_mapping(hint: Any) -> bool:  # noqa: ANN401
    origin = typing.get_origin(hint)
    return isinstance(origin, type) and issubclass(origin, Mapping)


def _convert_union(arguments: tuple[Any, ...], value: Any, place: _Place) -> Any:  # noqa: ANN401
    """Return `value` as the first type of a union that fits: a mapping type for a mapping, another type otherwise."""
    if value is None and type(None) in arguments:
        return None
    choices = [argument for argument in arguments if argument is not type(None)]
    fitting = [choice for choice in choices if _is_mapping(choice) == isinstance(value, Mapping)]
    return _convert((fitting or choices)[0], value, place)


def to_mapping(config: Any) -> dict[str, Any]:  # noqa: ANN401
    """Return a dataclass as plain nested dicts, lists and scalars, ready for YAML or JSON."""

    def plain(value: Any) -> Any:  # noqa: ANN401
        if isinstance(value, Mapping):
            return {name: plain(item) for name, item in value.items()}
        if isinstance(value, list | tuple):
            return [plain(item) for item in value]
        return str(value) if isinstance(value, Path) else value

    return typing.cast("dict[str, Any]", plain(dataclasses.asdict(config)))
