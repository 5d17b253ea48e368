# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""The health of a node: on `/diagnostics` every second, and in its log when it changes."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus, KeyValue
from rclpy.node import Node

from deepracer_ros.engine.processes import HEALTH_LOGGER, WELL_AGAIN
from deepracer_ros.nodes.timers import every

DIAGNOSTICS_PERIOD = 1.0
"""Period of the diagnostics, s."""
TASK = "pipeline"
"""Name of the task after the node's name, as diagnostic_updater writes it."""
RUNNING = "running"
"""Text of a node without a problem."""


@dataclass(frozen=True)
class Health:
    """The health of a node. The first text that is not empty, in the order of the fields, is its message and level.

    Attributes:
        error: What is wrong; the level is then ERROR.
        stale: What has not arrived for too long; the level is then STALE.
        warning: What impairs the node; the level is then WARN.
        figures: Numbers by name.
    """

    error: str = ""
    stale: str = ""
    warning: str = ""
    figures: Mapping[str, object] = field(default_factory=dict)

    @property
    def level(self) -> bytes:
        """Level of a `DiagnosticStatus`."""
        for text, level in (
            (self.error, DiagnosticStatus.ERROR), (self.stale, DiagnosticStatus.STALE),
            (self.warning, DiagnosticStatus.WARN),
        ):  # fmt: skip
            if text:
                return bytes(level)
        return bytes(DiagnosticStatus.OK)

    @property
    def text(self) -> str:
        """The most important of the texts; empty if there is none."""
        return self.error or self.stale or self.warning


class Diagnostics:
    """Publishes the health of a node, and logs each change of it once."""

    def __init__(self, node: Node, report: Callable[[], Health]) -> None:
        """Start to publish.

        Args:
            node: The node whose health is published.
            report: Returns the health of the node, called once a second.
        """
        self._node, self._report = node, report
        self._logger = node.get_logger().get_child(HEALTH_LOGGER)
        self._said = ""
        self._publisher = node.create_publisher(DiagnosticArray, "/diagnostics", 10)
        self._timer = every(node, DIAGNOSTICS_PERIOD, self.publish)

    def publish(self) -> None:
        """Publish the health now."""
        health = self._report()
        self._log(health)
        status = DiagnosticStatus(
            level=health.level,
            name=f"{self._node.get_fully_qualified_name().lstrip('/')}: {TASK}",
            message=health.text or RUNNING,
            hardware_id="deepracer_ros",
            values=[KeyValue(key=key, value=str(value)) for key, value in health.figures.items()],
        )
        message = DiagnosticArray(status=[status])
        message.header.stamp = self._node.get_clock().now().to_msg()
        self._publisher.publish(message)

    def _log(self, health: Health) -> None:
        if health.text == self._said:
            return
        self._said = health.text
        if health.error:
            self._logger.error(health.error)
        elif health.text:
            self._logger.warning(health.text)
        else:
            self._logger.info(WELL_AGAIN)
