# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""A node that tells of each lap and failure in a simulation, as they come."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from sensor_msgs.msg import PointCloud2

from deepracer_ros.nodes.base import make_node
from deepracer_ros.nodes.inputs import Inputs
from deepracer_ros.nodes.messages.errors import MessageError
from deepracer_ros.nodes.messages.state import from_state, terms_of
from deepracer_ros.nodes.qos import in_order
from deepracer_ros.race.status import CUTS, FAILURES, Status

QUEUE = 32
"""Number of messages that may wait: two seconds of a simulation in real time."""


class LapAnnouncer:
    """Listens to `race/state`, and is finished after a number of laps, complete or not.

    Attributes:
        node: The ROS node.
        complete: Number of complete laps.
        failed: Number of episodes that ended without one.
    """

    def __init__(self, most: int, tell: Callable[[str], None] = print) -> None:
        """Begin to listen.

        Args:
            most: Number of laps after which it is finished; 0: never.
            tell: Called with a line for each lap and failure.
        """
        self.node = make_node("lap_announcer")
        self.complete = self.failed = 0
        self._most, self._tell = most, tell
        self._laps: NDArray[np.int64] | None = None
        self._inputs = Inputs(self.node)
        self._inputs.subscribe(PointCloud2, "race/state", self._on_state, in_order(QUEUE))

    @property
    def finished(self) -> bool:
        """Whether the laps are over."""
        return 0 < self._most <= self.complete + self.failed

    def _on_state(self, message: PointCloud2) -> None:
        table = from_state(message, terms_of(message))
        laps = table["lap"].astype(np.int64)
        before = np.zeros_like(laps) if self._laps is None or len(self._laps) != len(laps) else self._laps
        self._laps = laps
        for car, row in enumerate(table):
            name = f"car {car}: " if len(table) > 1 else ""
            status = _status(int(row["status"]))
            if laps[car] > before[car] and status not in FAILURES:
                self.complete += 1
                self._tell(f"{name}lap {self.complete}: {row['lap_seconds']:.2f} s")
            elif status in (*FAILURES, *CUTS) and status != Status.LAP_COMPLETE:
                self.failed += 1
                self._tell(f"{name}{status.name.lower().replace('_', ' ')} after {row['progress']:.0f} % of a lap")

    def close(self) -> None:
        """Nothing is left to release."""


def _status(number: int) -> Status:
    try:
        return Status(number)
    except ValueError as error:
        raise MessageError(f"race/state: found status {number}, expected 0 to {max(Status)}") from error
