# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""Qualities of service of the topics of the pipeline."""

from rclpy.qos import DurabilityPolicy, HistoryPolicy, QoSProfile, ReliabilityPolicy


def in_order(depth: int) -> QoSProfile:
    """Return a reliable quality of service that keeps the last `depth` messages for a slow subscriber."""
    return QoSProfile(
        history=HistoryPolicy.KEEP_LAST,
        depth=depth,
        reliability=ReliabilityPolicy.RELIABLE,
        durability=DurabilityPolicy.VOLATILE,
    )


def recorded(window: int) -> QoSProfile:
    """Return the quality of service of recorded topics.

    Args:
        window: Greatest number of steps that the simulation runs ahead of the recorder.
    """
    return in_order(max(8, window + 2))


LOCK_STEP = in_order(8)
"""Quality of service between nodes that wait for each other at every step."""
NEWEST = in_order(1)
"""Quality of service of topics on which only the newest message is of use."""
LATCHED = QoSProfile(
    history=HistoryPolicy.KEEP_LAST, depth=1, reliability=ReliabilityPolicy.RELIABLE,
    durability=DurabilityPolicy.TRANSIENT_LOCAL,
)  # fmt: skip
"""Quality of service with which a late subscriber gets the last message."""
