# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""Conversion between observations of any sensor and PointCloud2 messages with one point per car."""

import array
from typing import Any

import numpy as np
from builtin_interfaces.msg import Time
from numpy.typing import NDArray
from sensor_msgs.msg import PointCloud2, PointField

from deepracer_ros.nodes.messages.errors import MessageError
from deepracer_ros.simulation.sensors import SensorSpec

_TYPES = {
    "|i1": PointField.INT8,
    "|u1": PointField.UINT8,
    "<i2": PointField.INT16,
    "<u2": PointField.UINT16,
    "<i4": PointField.INT32,
    "<u4": PointField.UINT32,
    "<f4": PointField.FLOAT32,
    "<f8": PointField.FLOAT64,
}


def sensor_topic(name: str) -> str:
    """Return the topic of a sensor other than the camera and `state`: `sensors/` and the name in lower case."""
    return f"sensors/{name.lower()}"


def to_points(observations: NDArray[Any], spec: SensorSpec, stamp: Time) -> PointCloud2:
    """Return the message with the observations of a sensor; its field `values` has all numbers of one car.

    Args:
        observations: (N, *shape) observations of N cars.
        spec: Shape and type of one observation.
        stamp: Stamp of the frame.
    """
    data = np.ascontiguousarray(observations, dtype=spec.dtype)
    field = PointField(name="values", offset=0, datatype=_TYPES[spec.dtype], count=spec.nbytes // data.itemsize)
    message = PointCloud2(height=1, width=len(data), fields=[field], point_step=spec.nbytes, is_dense=True)
    message.row_step = data.nbytes
    message.header.stamp = stamp
    message.data = array.array("B", data.tobytes())
    return message


def from_points(message: PointCloud2, spec: SensorSpec, name: str) -> NDArray[Any]:
    """Return the observations (N, *shape) in a message of `to_points`, as a view of its data.

    Args:
        message: The message.
        spec: Shape and type of one observation.
        name: Name of the sensor.

    Raises:
        MessageError: if the observations have another shape or type, there are none, or one is not finite.
    """
    types = [field.datatype for field in message.fields]
    if (
        message.point_step != spec.nbytes
        or len(message.data) != message.width * spec.nbytes
        or types != [_TYPES[spec.dtype]]
    ):
        raise MessageError(
            f"{sensor_topic(name)}: found {len(message.data)} bytes of {message.point_step} each, "
            f"expected {message.width} of {spec.nbytes} ({spec.dtype} {spec.shape})"
        )
    values = np.frombuffer(message.data, spec.dtype).reshape(message.width, *spec.shape)
    if not message.width or (values.dtype.kind == "f" and not np.isfinite(values).all()):
        raise MessageError(f"{sensor_topic(name)}: found no car, NaN or infinity, expected finite numbers")
    return values
