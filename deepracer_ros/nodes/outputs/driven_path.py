# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""The path that car 0 has driven in its current episode."""

import math
from collections import deque

from builtin_interfaces.msg import Time
from geometry_msgs.msg import PoseStamped
from nav_msgs.msg import Path
from rclpy.node import Node

from deepracer_ros.nodes.messages.poses import to_pose
from deepracer_ros.simulation.environment import Outcome

SPACING = 0.05
"""Least distance between two poses of the path, m."""
LONGEST = 1000
"""Greatest number of poses in the path, for at least 50 m."""


class DrivenPath:
    """Publishes the path of car 0 on `path`, from the start of the episode or of the first subscription."""

    def __init__(self, node: Node) -> None:
        """Open the topic."""
        self._publisher = node.create_publisher(Path, "path", 1)
        self._poses: deque[PoseStamped] = deque(maxlen=LONGEST)
        self._episode = -1
        self._is_watched = self._has_grown = False

    def note(self, outcome: Outcome, stamp: Time) -> None:
        """Add the pose of car 0 at every step, if the topic had subscribers at the last `publish`.

        Args:
            outcome: Outcome of the environment's last step.
            stamp: Stamp of the frame.
        """
        if self._is_watched:
            self._has_grown |= self.extend(outcome, stamp)

    def publish(self, outcome: Outcome, stamp: Time) -> None:
        """Publish the path if it grew; without subscribers, clear the path.

        Args:
            outcome: Outcome of the environment's last step.
            stamp: Stamp of the frame.
        """
        self._is_watched = self._publisher.get_subscription_count() > 0
        if not self._is_watched:
            self._poses.clear()
            return
        self.note(outcome, stamp)
        if self._has_grown:
            message = Path(poses=list(self._poses))
            message.header.stamp = stamp
            message.header.frame_id = "map"
            self._publisher.publish(message)
        self._has_grown = False

    def extend(self, outcome: Outcome, stamp: Time) -> bool:
        """Add the pose of car 0 if it moved by `SPACING` or more; return whether it was added.

        Args:
            outcome: Outcome of the environment's last step.
            stamp: Stamp of the frame.
        """
        states, verdict = outcome.states, outcome.verdict
        if self._episode != verdict.episode[0]:
            self._episode = int(verdict.episode[0])
            self._poses.clear()
        pose = to_pose(states, 0)
        if self._poses:
            last = self._poses[-1].pose.position
            if math.hypot(pose.position.x - last.x, pose.position.y - last.y) < SPACING:
                return False
        stamped = PoseStamped(pose=pose)
        stamped.header.stamp = stamp
        stamped.header.frame_id = "map"
        self._poses.append(stamped)
        return True
