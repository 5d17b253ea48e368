# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""Handling of optional ROS packages: interfaces that need a missing package are not offered."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from rclpy.node import Node


@contextmanager
def where_installed(offered: str, missing: list[str]) -> Iterator[None]:
    """Run a block that imports an optional ROS package, and record the interface if the package is missing.

    Args:
        offered: Names of the interfaces that the block opens.
        missing: List to which the interfaces and the missing package are appended.
    """
    try:
        yield
    except ImportError as error:
        missing.append(f"{offered} (needs {error.name})")


def report_missing(node: Node, missing: Sequence[str]) -> None:
    """Log the interfaces that are not offered; nothing if there are none.

    Args:
        node: ROS node whose logger is used.
        missing: List that `where_installed` filled.
    """
    if missing:
        node.get_logger().info(f"not installed, so not offered: {', '.join(missing)}")
