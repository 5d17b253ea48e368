# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""The executor of the nodes: the fastest one that the ROS distribution has."""

from rclpy.executors import Executor, SingleThreadedExecutor


def make_executor() -> Executor:
    """Return an events executor, or a single-threaded executor in a distribution without it (Humble, early Jazzy).

    In lock-step within one process the events executor runs up to five times as many steps per second.
    """
    try:
        from rclpy.experimental.events_executor import EventsExecutor
    except ImportError:
        return SingleThreadedExecutor()
    executor: Executor = EventsExecutor()
    return executor
