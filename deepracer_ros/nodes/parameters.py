"""ROS parameters: the run's configuration as every node sees it."""

import array

from rclpy.exceptions import ParameterNotDeclaredException
from rclpy.node import Node

from deepracer_ros.config import from_mapping, nest
from deepracer_ros.training.config import RunConfig

ROS_OWN = ("use_sim_time", "start_type_description_service", "qos_overrides")
"""Parameters that rclpy declares by itself."""


def read_config(node: Node) -> RunConfig:
    """Return the configuration out of a node's parameters, given by `--params-file` or `-p`.

    The node must be made with `automatically_declare_parameters_from_overrides=True`. A key
    that is not given has its default.

    Raises:
        InputError: on an unknown key or a value of the wrong type.
    """
    flat = {name: parameter.value for name, parameter in node.get_parameters_by_prefix("").items()}
    own = {
        name: list(value) if isinstance(value, array.array) else value
        for name, value in flat.items()
        if name.split(".")[0] not in (*ROS_OWN, "job")
    }
    return from_mapping(RunConfig, nest(own), f"parameters of {node.get_name()}")


def read_job(node: Node) -> int:
    """Return the parameter `job`: which of the run's simulation jobs this node belongs to; 0 by default."""
    try:
        return int(node.get_parameter("job").value)
    except ParameterNotDeclaredException:
        return 0
