"""Reading of a run's configuration from the ROS parameters of a node."""

import array
from collections.abc import Mapping
from dataclasses import fields
from typing import Any, cast

from rcl_interfaces.msg import ParameterDescriptor
from rclpy.node import Node
from rclpy.parameter import Parameter

from deepracer_ros.config import from_mapping, to_mapping
from deepracer_ros.parameters import nest
from deepracer_ros.reference import keys_of
from deepracer_ros.training.config import Place, RunConfig
from deepracer_ros.training.config import read_config as read_run_config

ROS_OWN = ("use_sim_time", "start_type_description_service", "qos_overrides")
"""Parameters that rclpy declares by itself."""

PLACE = tuple(field.name for field in fields(Place))
"""Parameters that only nodes have: the fields of `Place`."""


def read_config(node: Node) -> RunConfig:
    """Return the configuration from the parameters of a node, which are given by `--params-file` or `-p`.

    The node must be created with `automatically_declare_parameters_from_overrides=True`. A key that is not given has
    its default. Every key is then declared with its documentation.

    Raises:
        InputError: on an unknown key or a value of the wrong type.
    """
    parameters = cast("dict[str, Parameter]", node.get_parameters_by_prefix(""))  # rclpy's annotation is wrong
    flat = {name: parameter.value for name, parameter in parameters.items()}
    own = {
        name: list(value) if isinstance(value, array.array) else value
        for name, value in flat.items()
        if name.split(".")[0] not in (*ROS_OWN, *PLACE)
    }
    config = read_run_config(nest(own), f"parameters of {node.get_name()}")
    _describe(node, config)
    return config


def _describe(node: Node, config: RunConfig) -> None:
    """Declare every key with its documentation, so that `ros2 param describe` and `dump` show all keys.

    A key whose value is an empty list or None has no type in ROS and is left out.
    """
    values = to_mapping(config)
    for key in keys_of(RunConfig):
        value = _value(values, key.name)
        if value is None or isinstance(value, dict) or (isinstance(value, list) and not value):
            continue
        words = f"{key.text} [{key.type}]" + (f" in {key.unit}" if key.unit and not key.limits else "")
        descriptor = ParameterDescriptor(description=words, additional_constraints=key.limits, read_only=True)
        if node.has_parameter(key.name) and node.describe_parameter(key.name).read_only:
            continue  # described already
        if node.has_parameter(key.name):
            descriptor.type = node.get_parameter(key.name).type_.value
            node.set_descriptor(key.name, descriptor)
        else:
            node.declare_parameter(key.name, value, descriptor)


def _value(values: Mapping[str, Any], name: str) -> Any:  # noqa: ANN401
    """Return the value of a dotted key in nested mappings."""
    for part in name.split("."):
        values = values[part]
    return values


def read_place(node: Node) -> Place:
    """Return the place of a node in a run: its parameters `run`, `folder`, `job` and `recorded`.

    Raises:
        InputError: on a value of the wrong type, or an invalid run name.
    """
    given = {name: node.get_parameter(name).value for name in PLACE if node.has_parameter(name)}
    return from_mapping(Place, given, f"parameters of {node.get_name()}")
