# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""ROS 2 parameter files, and nested keys laid over one another."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from deepracer_ros.errors import InputError


class _Loader(yaml.SafeLoader):
    """Refuses a key that stands twice in one mapping, which YAML forbids and PyYAML lets pass.

    It takes `1e-06` for a number, as ROS and YAML 1.2 do; for PyYAML this is text.
    """

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        found: set[Any] = set()
        for name, _ in node.value:
            key = self.construct_object(name, deep=True)
            if isinstance(key, str) and key in found:
                raise yaml.constructor.ConstructorError(
                    None, None, f"found key {key!r} twice, expected it once", name.start_mark
                )
            found.add(key if isinstance(key, str) else id(name))
        return super().construct_mapping(node, deep)


_Loader.add_implicit_resolver(
    "tag:yaml.org,2002:float", re.compile(r"[-+]?(\d+\.?\d*|\.\d+)[eE][-+]?\d+$"), list("-+.0123456789")
)


def parse_value(text: str) -> Any:  # noqa: ANN401
    """Return the value that a text means in a parameter file.

    Raises:
        yaml.YAMLError: if it is not YAML.
    """
    return yaml.load(text, _Loader)  # noqa: S506 - a SafeLoader


def read_parameters(path: Path) -> dict[str, Any]:
    """Read the `/**: ros__parameters:` mapping of a ROS 2 parameter file.

    Raises:
        InputError: if the file is absent, is not YAML, or is not a ROS 2 parameter file.
    """
    try:
        document = parse_value(path.read_text())
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
    """Return the content of a ROS 2 parameter file with these values.

    Empty lists and mappings are left out: the parameter reader of ROS cannot infer their type, and the keys that may
    be empty have empty defaults.
    """
    document = {"/**": {"ros__parameters": _without_empty(values)}}
    return yaml.dump(document, Dumper=_ParameterDumper, sort_keys=False, encoding="utf-8")


def _without_empty(values: Mapping[str, Any]) -> dict[str, Any]:
    plain = {name: _without_empty(value) if isinstance(value, Mapping) else value for name, value in values.items()}
    return {name: value for name, value in plain.items() if value not in ([], {}, (), None)}


class _ParameterDumper(yaml.SafeDumper):
    """Quotes every text value: the parameter reader of ROS takes more words, such as `n`, for booleans than PyYAML."""

    def represent_str(self, data: str) -> yaml.ScalarNode:
        return self.represent_scalar("tag:yaml.org,2002:str", data, style="'")

    def represent_mapping(self, *arguments: Any, **options: Any) -> yaml.MappingNode:  # noqa: ANN401
        node = super().represent_mapping(*arguments, **options)
        for name, _ in node.value:
            name.style = None
        return node


_ParameterDumper.add_representer(str, _ParameterDumper.represent_str)


def merge(base: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """Return a copy of the nested mapping `base` in which the values of `changes` replace or extend those of `base`."""
    merged = dict(base)
    for name, value in changes.items():
        old = merged.get(name)
        merged[name] = merge(old, value) if isinstance(old, Mapping) and isinstance(value, Mapping) else value
    return merged


def nest(flat: Mapping[str, Any]) -> dict[str, Any]:
    """Turn dotted keys, the names of ROS parameters such as `{"learning.epochs": 3}`, into nested mappings.

    Raises:
        InputError: if a key has a value and is also the prefix of another key.
    """
    nested: dict[str, Any] = {}
    for name, value in flat.items():
        *parents, leaf = name.split(".")
        node = nested
        for parent in parents:
            node = node.setdefault(parent, {})
            if not isinstance(node, dict):
                raise InputError(f"{name}: found {parent!r} with the value {node!r}, expected keys below it")
        node[leaf] = value
    return nested
