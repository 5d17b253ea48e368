# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""Conversion between control steps and ROS time."""

from builtin_interfaces.msg import Time

from deepracer_ros.race.control import CONTROL_PERIOD


def to_stamp(step: int) -> Time:
    """Return the simulation time of a control step as a ROS stamp."""
    seconds, nanoseconds = divmod(round(step * CONTROL_PERIOD * 1e9), 1_000_000_000)
    return Time(sec=seconds, nanosec=nanoseconds)


def to_step(stamp: Time) -> int:
    """Return the control step of a ROS stamp in simulation time; the inverse of `to_stamp`."""
    return round(to_nanoseconds(stamp) * 1e-9 / CONTROL_PERIOD)


def to_nanoseconds(stamp: Time) -> int:
    """Return a ROS stamp as a number of nanoseconds."""
    return int(stamp.sec) * 1_000_000_000 + int(stamp.nanosec)
