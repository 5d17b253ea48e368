# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""Timers and rates of nodes."""

import time
from collections.abc import Callable

from rclpy.clock import Clock
from rclpy.clock_type import ClockType
from rclpy.node import Node
from rclpy.timer import Timer


def every(node: Node, seconds: float, callback: Callable[[], object]) -> Timer:
    """Return a timer on the steady clock, which neither `use_sim_time` nor a change of the system time stops.

    Args:
        node: The node that the timer belongs to.
        seconds: Period, s.
        callback: Called once per period.
    """
    return node.create_timer(seconds, callback, clock=Clock(clock_type=ClockType.STEADY_TIME))


class Rate:
    """Number of events per second since the last reading.

    Attributes:
        count: Total number of events; the owner increases it.
    """

    def __init__(self) -> None:
        """Start counting."""
        self.count = 0
        self._asked, self._at = 0, time.monotonic()

    def take(self) -> float:
        """Return the events per second since the last call, and start a new period."""
        now, since = time.monotonic(), self.count - self._asked
        rate = since / max(now - self._at, 1e-9)
        self._asked, self._at = self.count, now
        return round(rate, 1)


class Increase:
    """How much a counter has grown since the last reading."""

    def __init__(self) -> None:
        """Start at 0."""
        self._before = 0

    def take(self, count: int) -> int:
        """Return the growth since the last call.

        Args:
            count: The counter now.
        """
        grown, self._before = count - self._before, count
        return grown
