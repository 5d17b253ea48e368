"""Configuration: frozen dataclasses filled from mappings, with errors that name the key."""

import dataclasses
import difflib
import types
import typing
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar

import yaml

from deepracer_ros.errors import InputError

T = TypeVar("T")


def from_mapping(cls: type[T], mapping: Mapping[str, Any], where: str = "config") -> T:
    """Build the frozen dataclass `cls` from nested mappings.

    Nested dataclasses are filled from nested mappings. Whole numbers are accepted where a float
    is expected, lists where a tuple is.

    Args:
        cls: A dataclass type whose fields all have defaults or stand in `mapping`.
        mapping: Keys are field names.
        where: What the mapping was read from, for error messages (a file or a topic).

    Raises:
        InputError: on an unknown key, a missing key, or a value of another type.
    """
    if not isinstance(mapping, Mapping):
        raise InputError(f"{where}: found {mapping!r}, expected keys of {cls.__name__}")
    hints = typing.get_type_hints(cls)
    fields = {field.name: field for field in dataclasses.fields(cls)}  # type: ignore[arg-type]
    values: dict[str, Any] = {}
    for key, value in mapping.items():
        if key not in fields:
            near = difflib.get_close_matches(str(key), fields, n=1)
            hint = f", perhaps {near[0]!r}" if near else ""
            raise InputError(f"{where}: unknown key {key!r}{hint}; expected one of: {', '.join(fields)}")
        values[key] = _convert(hints[key], value, f"{where}: {key}")
    required = (
        name
        for name, field in fields.items()
        if field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING
    )
    for name in required:
        if name not in values:
            raise InputError(f"{where}: key {name!r} is missing")
    try:
        return cls(**values)
    except ValueError as error:
        raise InputError(f"{where}: {error}") from error


def _convert(hint: Any, value: Any, where: str) -> Any:  # noqa: ANN401
    """Return `value` as the annotated type `hint`, or raise InputError."""
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin in (typing.Union, types.UnionType):
        if value is None and type(None) in arguments:
            return None
        return _convert(next(a for a in arguments if a is not type(None)), value, where)
    if dataclasses.is_dataclass(hint) and isinstance(hint, type):
        return from_mapping(hint, value, where)
    if origin is typing.Literal:
        if value not in arguments:
            raise InputError(f"{where}: found {value!r}, expected one of {', '.join(map(repr, arguments))}")
        return value
    if origin is tuple and isinstance(value, list | tuple):
        return tuple(_convert(arguments[0], item, where) for item in value)
    if hint is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if hint is Path and isinstance(value, str):
        return Path(value)
    expected = origin or hint
    if not isinstance(value, expected) or (expected in (int, float) and isinstance(value, bool)):
        name = getattr(expected, "__name__", str(expected))
        raise InputError(f"{where}: found {value!r}, expected {name}")
    return value


def to_mapping(config: Any) -> dict[str, Any]:  # noqa: ANN401
    """Return a dataclass as plain nested dicts, lists and scalars, ready for YAML or JSON."""

    def plain(value: Any) -> Any:  # noqa: ANN401
        if isinstance(value, Mapping):
            return {key: plain(item) for key, item in value.items()}
        if isinstance(value, list | tuple):
            return [plain(item) for item in value]
        return str(value) if isinstance(value, Path) else value

    return typing.cast("dict[str, Any]", plain(dataclasses.asdict(config)))


def read_parameters(path: Path) -> dict[str, Any]:
    """Read the `/**: ros__parameters:` mapping of a ROS 2 parameter file.

    Raises:
        InputError: if the file is absent, no YAML, or not a ROS 2 parameter file.
    """
    try:
        document = yaml.safe_load(path.read_text())
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror}); expected a parameter file") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: is not YAML ({' '.join(str(error).split())})") from error
    try:
        parameters = document["/**"]["ros__parameters"] or {}
    except (KeyError, TypeError) as error:
        raise InputError(f"{path}: found no '/**: ros__parameters:', expected a ROS 2 parameter file") from error
    if not isinstance(parameters, dict):
        raise InputError(f"{path}: ros__parameters: found {parameters!r}, expected keys and values")
    return parameters


def write_parameters(values: Mapping[str, Any]) -> bytes:
    """Return the content of a ROS 2 parameter file with these values."""
    document = {"/**": {"ros__parameters": dict(values)}}
    return yaml.dump(document, Dumper=_ParameterDumper, sort_keys=False, encoding="utf-8")


class _ParameterDumper(yaml.SafeDumper):
    """Quotes every text that is a value: ROS' own reader takes more words for truth values than YAML does, as `n`."""

    def represent_str(self, data: str) -> yaml.ScalarNode:
        return self.represent_scalar("tag:yaml.org,2002:str", data, style="'")

    def represent_mapping(self, *arguments: Any, **options: Any) -> yaml.MappingNode:  # noqa: ANN401
        node = super().represent_mapping(*arguments, **options)
        for key, _ in node.value:
            key.style = None
        return node


_ParameterDumper.add_representer(str, _ParameterDumper.represent_str)


def merge(base: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """Return `base` with nested `changes` laid over it; neither is modified."""
    merged = dict(base)
    for key, value in changes.items():
        old = merged.get(key)
        merged[key] = merge(old, value) if isinstance(old, Mapping) and isinstance(value, Mapping) else value
    return merged


def nest(flat: Mapping[str, Any]) -> dict[str, Any]:
    """Turn dotted keys (`{"learning.epochs": 3}`, as ROS parameters are named) into nested mappings.

    Raises:
        InputError: if a key is given both as a value and as the beginning of others.
    """
    nested: dict[str, Any] = {}
    for key, value in flat.items():
        *parents, leaf = key.split(".")
        node = nested
        for parent in parents:
            node = node.setdefault(parent, {})
            if not isinstance(node, dict):
                raise InputError(f"{key}: found {parent!r} with the value {node!r}, expected keys below it")
        node[leaf] = value
    return nested
