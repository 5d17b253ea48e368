# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""The documentation of configuration keys as data, for `deepracer config`, `docs/`, forms and ROS parameters."""

import types
import typing
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass
from typing import Any

import yaml

from deepracer_ros.config import limits_of


@dataclass(frozen=True)
class Key:
    """The documentation of one configuration key."""

    name: str
    """Dotted name of the key, for example "learning.epochs"."""
    type: str
    """Type of the value in words, or its choices separated by " | "."""
    default: Any
    """Value that is used if the configuration does not give the key."""
    text: str
    """Meaning of the key, one or two sentences."""
    unit: str
    """Unit of the value; empty if it has none."""
    limits: str
    """Allowed range in words, with the unit; empty if there is none."""
    secret: bool
    """Whether the value may hold a password."""
    least: float | None = None
    """Smallest number allowed; None if there is no such limit."""
    most: float | None = None
    """Greatest number allowed; None if there is no such limit."""
    above: float | None = None
    """Number that the value must be greater than; None if there is no such limit."""


@dataclass(frozen=True)
class Group:
    """The keys of one section of the configuration, which the reference shows in one table."""

    name: str
    """Dotted name of the section without a dot at its end; empty for the top level."""
    text: str
    """Meaning of the section."""
    keys: tuple[Key, ...]
    """Keys directly in this section, in the order of declaration."""


def groups_of(cls: type[Any], prefix: str = "", text: str = "") -> Iterator[Group]:
    """Yield the documentation of a configuration class: first its own keys, then each nested section.

    Args:
        cls: A dataclass whose fields all have defaults.
        prefix: Prefix of all key names, for example "learning.".
        text: Meaning of the section that the class describes.
    """
    hints, defaults = typing.get_type_hints(cls), cls()
    own: list[Key] = []
    nested: list[tuple[type[Any], str, str]] = []
    for field in fields(cls):
        name, default = f"{prefix}{field.name}", getattr(defaults, field.name)
        if is_dataclass(default):
            nested.append((type(default), f"{name}.", field.metadata.get("text", "")))
        else:
            own.append(_document(name, hints[field.name], default, field.metadata))
    yield Group(prefix.removesuffix("."), text, tuple(own))
    for kind, name, meaning in nested:
        yield from groups_of(kind, name, meaning)


def keys_of(cls: type[Any], prefix: str = "") -> Iterator[Key]:
    """Yield the documentation of every key of a configuration class; the keys of nested sections come last.

    Args:
        cls: A dataclass whose fields all have defaults.
        prefix: Prefix of all key names, for example "learning.".
    """
    for group in groups_of(cls, prefix):
        yield from group.keys


def text_of(cls: type[Any], name: str) -> str:
    """Return the meaning, unit and default of one key as the help text of a command-line option.

    Args:
        cls: Configuration class that has the key.
        name: Dotted name of the key.

    Raises:
        KeyError: if the class has no such key.
    """
    found = {key.name: key for key in keys_of(cls)}[name]
    unit = f" [{found.unit}]" if found.unit else ""
    return f"{found.text}{unit} (default: {yaml_of(found.default)})".replace("%", "%%")


def yaml_of(value: Any) -> str:  # noqa: ANN401
    """Return a value of a configuration as one line of YAML."""
    plain = list(value) if isinstance(value, tuple) else dict(value) if isinstance(value, Mapping) else value
    return (
        yaml.safe_dump(plain, default_flow_style=True, sort_keys=False, width=1000)
        .removesuffix("\n")
        .removesuffix("\n...")
    )


def _document(name: str, hint: Any, default: Any, metadata: Mapping[str, Any]) -> Key:  # noqa: ANN401
    text = " ".join(metadata.get("text", "").split())
    unit, secret = metadata.get("unit", ""), bool(metadata.get("secret"))
    least, most, above = (metadata.get(limit) for limit in ("least", "most", "above"))
    return Key(name, _type_name(hint), default, text, unit, limits_of(metadata), secret, least, most, above)


def _type_name(hint: Any) -> str:  # noqa: ANN401
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin is typing.Literal:
        return " | ".join(map(str, arguments))
    if origin in (typing.Union, types.UnionType):
        return " | ".join(_type_name(a) for a in arguments if a is not type(None))
    if origin is tuple:
        return f"list of {_type_name(arguments[0])}"
    if isinstance(origin, type) and issubclass(origin, Mapping):
        return f"{_type_name(arguments[0])}: {_type_name(arguments[1])}"
    return {str: "text", int: "whole number", float: "number", bool: "true | false"}.get(hint, str(hint))
