"""ROS packages that may be absent: what needs them is then not offered, and nothing else changes."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from rclpy.node import Node


@contextmanager
def where_installed(offered: str, missing: list[str]) -> Iterator[None]:
    """Run a block that imports a ROS package which may be absent; note in `missing` what is then not offered."""
    try:
        yield
    except ImportError as error:
        missing.append(f"{offered} (needs {error.name})")


def report_missing(node: Node, missing: Sequence[str]) -> None:
    """Say once what is not offered."""
    if missing:
        node.get_logger().info(f"not installed, so not offered: {', '.join(missing)}")
