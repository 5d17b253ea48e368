# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""A run's configuration as the ROS parameters of a node: declared, described, and partly changeable while it runs."""

import array
import difflib
import sys
from collections.abc import Callable, Collection, Mapping
from dataclasses import fields
from typing import Any, cast

from rcl_interfaces.msg import FloatingPointRange, IntegerRange, ParameterDescriptor, SetParametersResult
from rclpy.node import Node
from rclpy.parameter import Parameter

from deepracer_ros.config import from_mapping, to_mapping
from deepracer_ros.errors import InputError
from deepracer_ros.experience.config import hide_password
from deepracer_ros.parameters import merge, nest
from deepracer_ros.reference import Key, keys_of
from deepracer_ros.training.config import RENAMED, Place, RunConfig
from deepracer_ros.training.config import read_config as read_run_config

ROS_OWN = ("use_sim_time", "start_type_description_service", "qos_overrides")
"""Parameters that rclpy declares by itself."""

PLACE = tuple(field.name for field in fields(Place))
"""Parameters that only nodes have: the fields of `Place`."""

TOP_LEVEL = {field.name for field in fields(RunConfig)} | {name.split(".")[0] for name in RENAMED}
"""First parts of the names of all keys, also of earlier releases."""

GREATEST_INTEGER = 2**63 - 1


def read_config(node: Node, changeable: Collection[str] = ()) -> RunConfig:
    """Return the configuration from the parameters of a node, which are given by `--params-file` or `-p`.

    The node must be created with `automatically_declare_parameters_from_overrides=True`. A key that is not given has
    its default. Every key is then declared with its documentation, range and default. Parameters of other nodes, which
    a section `/**` of a parameter file may hold, are named in a warning.

    Args:
        node: The node.
        changeable: Names of the keys that `follow_changes` will accept; all others are read-only.

    Raises:
        InputError: on a misspelt key or a value of the wrong type.
    """
    parameters = cast("dict[str, Parameter]", node.get_parameters_by_prefix(""))  # rclpy's annotation is wrong
    values = {
        name: _plain(parameter.value)
        for name, parameter in parameters.items()
        if name.split(".")[0] not in (*ROS_OWN, *PLACE)
    }
    where = f"parameters of {node.get_name()}"
    foreign = [name for name in values if name.split(".")[0] not in TOP_LEVEL]
    for name in foreign:
        if near := difflib.get_close_matches(name.split(".")[0], TOP_LEVEL, n=1):
            raise InputError(f"{where}: found unknown key {name!r}, perhaps {near[0]!r}")
    if foreign:
        node.get_logger().warning(f"ignored parameters that are no keys of this package: {', '.join(foreign)}")
    config = read_run_config(nest({name: value for name, value in values.items() if name not in foreign}), where)
    _declare(node, config, changeable)
    return config


def _plain(value: Any) -> Any:  # noqa: ANN401
    return list(value) if isinstance(value, array.array) else value


def _declare(node: Node, config: RunConfig, changeable: Collection[str]) -> None:
    """Declare every key with its documentation, so that `ros2 param describe` and `dump` show all keys.

    A key whose value is None or a mapping has no type in ROS and is left out.
    """
    values = to_mapping(config)
    for key in _keys(config):
        value = _value(values, key.name)
        if value is not None and not isinstance(value, dict):
            # Anybody may ask for parameters.
            shown = hide_password(value) if key.secret else value
            _declare_key(node, key, shown, read_only=key.name not in changeable)
    for name in node.get_parameters_by_prefix("reward"):
        # The reward's terms have names that no class declares.
        descriptor = ParameterDescriptor(description="Weight of a reward term.", read_only=True)
        descriptor.type = Parameter.Type.DOUBLE.value
        if not node.describe_parameter(f"reward.{name}").read_only:
            node.set_descriptor(f"reward.{name}", descriptor)


def _declare_key(node: Node, key: Key, value: Any, read_only: bool) -> None:  # noqa: ANN401
    """Declare a parameter with the documentation of its key, in place of one that came from the command line."""
    if node.has_parameter(key.name):
        if node.describe_parameter(key.name).read_only:
            return  # declared already
        node.undeclare_parameter(key.name)
    if value != []:
        descriptor = _describe(key, Parameter.Type.from_parameter_value(value), read_only)
        node.declare_parameter(key.name, value, descriptor, ignore_override=True)
        return
    kind = Parameter.Type.STRING_ARRAY  # ROS takes an empty list for one of bytes
    node.declare_parameter(key.name, kind)
    node.set_parameters([Parameter(key.name, kind, [])])
    node.set_descriptor(key.name, _describe(key, kind, read_only))


def _keys(config: RunConfig) -> list[Key]:
    """Return the documentation of all keys; those of `learning` depend on the learner."""
    own = [key for key in keys_of(RunConfig) if not key.name.startswith("learning.")]
    return [*own, *keys_of(type(config.learning), "learning.")]


def _describe(key: Key, kind: Parameter.Type, read_only: bool) -> ParameterDescriptor:
    words = f"{key.text} [{key.type}]" + (f" in {key.unit}" if key.unit and not key.limits else "")
    descriptor = ParameterDescriptor(
        name=key.name, type=kind.value, description=words, additional_constraints=key.limits, read_only=read_only
    )
    least = key.above if key.least is None else key.least
    if least is None and key.most is None:
        return descriptor
    if kind == Parameter.Type.DOUBLE:
        low = -sys.float_info.max if least is None else float(least)
        high = sys.float_info.max if key.most is None else float(key.most)
        descriptor.floating_point_range = [FloatingPointRange(from_value=low, to_value=high)]
    elif kind == Parameter.Type.INTEGER:
        low = -GREATEST_INTEGER if least is None else int(least)
        high = GREATEST_INTEGER if key.most is None else int(key.most)
        descriptor.integer_range = [IntegerRange(from_value=low, to_value=high, step=1)]
    return descriptor


def _value(values: Mapping[str, Any], name: str) -> Any:  # noqa: ANN401
    """Return the value of a dotted key in nested mappings."""
    for part in name.split("."):
        values = values[part]
    return values


def follow_changes(node: Node, config: RunConfig, apply: Callable[[RunConfig], None]) -> None:
    """Accept changes of the keys that were declared as changeable; a value that is not valid is refused.

    Args:
        node: The node, whose configuration was read by `read_config`.
        config: Its configuration.
        apply: Called with the whole new configuration after each change.
    """
    own = {key.name for key in _keys(config)}
    current = to_mapping(config)

    def change(parameters: list[Parameter]) -> SetParametersResult:
        nonlocal current
        values = {parameter.name: _plain(parameter.value) for parameter in parameters if parameter.name in own}
        if not values:
            return SetParametersResult(successful=True)
        changed = merge(current, nest(values))
        try:
            new = read_run_config(changed, "parameter")
        except InputError as error:
            return SetParametersResult(successful=False, reason=str(error))
        current = changed
        apply(new)
        return SetParametersResult(successful=True)

    node.add_on_set_parameters_callback(change)


def read_place(node: Node) -> Place:
    """Return the place of a node in a run: its parameters `run`, `folder`, `job`, `recorded` and `frame_prefix`.

    Raises:
        InputError: on a value of the wrong type, or an invalid run name.
    """
    given = {name: node.get_parameter(name).value for name in PLACE if node.has_parameter(name)}
    place = from_mapping(Place, given, f"parameters of {node.get_name()}")
    for key in keys_of(Place):
        _declare_key(node, key, getattr(place, key.name), read_only=True)
    return place
