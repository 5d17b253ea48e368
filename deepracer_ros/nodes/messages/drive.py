# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""Conversion between drive commands and the JointState messages on `drive`."""

import array
import math

import numpy as np
from builtin_interfaces.msg import Time
from numpy.typing import NDArray
from sensor_msgs.msg import JointState

from deepracer_ros.nodes.messages.errors import MessageError
from deepracer_ros.race.actions import FASTEST


def to_drive(
    steering: NDArray[np.float64], speed: NDArray[np.float64], log_probability: NDArray[np.float32],
    names: list[str], model: str, stamp: Time,
) -> JointState:  # fmt: skip
    """Return the message with the commands of N cars that answers a frame.

    Args:
        steering: (N,) steering angle, rad, positive to the left.
        speed: (N,) speed, m/s.
        log_probability: (N,) log-probability of each command.
        names: N names of the cars.
        model: Version of the model that decided, or another name of the driver.
        stamp: Stamp of the frame.
    """
    message = JointState(name=names)
    message.header.stamp = stamp
    message.header.frame_id = model
    message.position = array.array("d", np.asarray(steering, np.float64).tobytes())
    message.velocity = array.array("d", np.asarray(speed, np.float64).tobytes())
    message.effort = array.array("d", log_probability.astype(np.float64).tobytes())
    return message


def from_drive(
    message: JointState, cars: int, steering_limit: float
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Return the commands of a message on `drive`.

    Args:
        message: The message.
        cars: N, the number of cars.
        steering_limit: Greatest steering angle to either side, rad.

    Returns:
        (N,) steering, rad, positive to the left, (N,) speed, m/s, and (N,) log-probability.

    Raises:
        MessageError: if the message is not for `cars` cars, or a command is not finite or beyond the limits of the car.
    """
    arrays = tuple(np.frombuffer(a, np.float64) for a in (message.position, message.velocity, message.effort))
    if any(len(a) != cars for a in arrays):
        raise MessageError(f"drive: found {[len(a) for a in arrays]} numbers, expected {cars} of each")
    steering, speed, log_probability = arrays
    if not (np.isfinite(steering).all() and np.isfinite(speed).all() and np.isfinite(log_probability).all()):
        raise MessageError("drive: found NaN or infinity, expected finite commands")
    if np.abs(steering).max() > steering_limit + 1e-6 or speed.min() < -FASTEST or speed.max() > FASTEST:
        raise MessageError(
            f"drive: found steering up to {math.degrees(np.abs(steering).max()):.1f} degrees and speeds "
            f"{speed.min():.2f} to {speed.max():.2f} m/s, expected at most {math.degrees(steering_limit):.1f} "
            f"and {FASTEST:g}"
        )
    return steering, speed, log_probability
