# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""Recording of the topics of a job, or of a car, into a ROS 2 bag (MCAP)."""

import time
from collections.abc import Callable, Mapping
from pathlib import Path

from diagnostic_msgs.msg import DiagnosticArray
from geometry_msgs.msg import Twist
from nav_msgs.msg import Odometry
from rclpy.node import Node
from rclpy.qos import QoSProfile, ReliabilityPolicy
from rosbags.rosbag2 import StoragePlugin, Writer, WriterError
from rosbags.typesys import Stores, get_typestore
from rosgraph_msgs.msg import Clock
from sensor_msgs.msg import CameraInfo, CompressedImage, Image, JointState, PointCloud2
from std_msgs.msg import String

from deepracer_ros.errors import InputError
from deepracer_ros.nodes.base import make_node
from deepracer_ros.nodes.timers import every

TOPICS: Mapping[str, type] = {
    "camera/image_raw": Image, "camera/image_raw/compressed": CompressedImage, "camera/camera_info": CameraInfo,
    "drive": JointState, "race/state": PointCloud2, "agent/model": String, "cmd_vel": Twist, "odom": Odometry,
    "joint_states": JointState, "clock": Clock, "/diagnostics": DiagnosticArray,
}  # fmt: skip
"""The topics that are recorded where they exist, with their types."""
LOOK_SECONDS = 0.2
"""Interval at which new topics are looked for, s."""
QUEUE = 1000
"""Messages of a topic that wait while the disk is slow; what does not fit is lost, and ROS says so."""


class BagRecorder:
    """Records messages as they arrive on the wire, without decoding them.

    Attributes:
        node: The ROS node.
    """

    def __init__(self, folder: Path, seconds: float | None, count: dict[str, int]) -> None:
        """Begin a bag.

        Args:
            folder: Folder of the bag; one that exists is an error.
            seconds: Time after which the recording ends, s; None: never.
            count: Gets the number of messages recorded, by topic.

        Raises:
            InputError: if the folder cannot be written.
        """
        self._writer = Writer(folder, version=9, storage_plugin=StoragePlugin.MCAP)
        try:
            folder.parent.mkdir(parents=True, exist_ok=True)
            self._writer.open()
        except (OSError, WriterError) as error:
            raise InputError(f"{folder}: cannot be written ({error}); expected a folder for the bag") from error
        self._count = count
        self._types = get_typestore(Stores.ROS2_JAZZY)
        self.node = make_node("bag_recorder")
        self._end = None if seconds is None else time.monotonic() + seconds
        self._timer = every(self.node, LOOK_SECONDS, self._look)
        self._look()

    @property
    def finished(self) -> bool:
        """Whether the time is over."""
        return self._end is not None and time.monotonic() >= self._end

    def _look(self) -> None:
        """Subscribe to topics that have appeared."""
        for name, kind in TOPICS.items():
            topic = self.node.resolve_topic_name(name)
            if topic not in self._count and self.node.count_publishers(topic):
                self._count[topic] = 0
                quality = quality_of(self.node, topic)
                self.node.create_subscription(kind, topic, self._writing(topic, kind), quality, raw=True)

    def _writing(self, topic: str, kind: type) -> Callable[[bytes], None]:
        package = kind.__module__.partition(".")[0]
        connection = self._writer.add_connection(topic, f"{package}/msg/{kind.__name__}", typestore=self._types)

        def write(content: bytes) -> None:
            self._writer.write(connection, time.time_ns(), content)
            self._count[topic] += 1

        return write

    def close(self) -> None:
        """Finish the bag."""
        self._writer.close()


def quality_of(node: Node, topic: str) -> QoSProfile:
    """Return a quality of service that fits all publishers of a topic."""
    offered = [info.qos_profile for info in node.get_publishers_info_by_topic(topic)]
    quality = QoSProfile(depth=QUEUE)
    if any(profile.reliability != ReliabilityPolicy.RELIABLE for profile in offered):
        quality.reliability = ReliabilityPolicy.BEST_EFFORT
    if offered and all(profile.durability == offered[0].durability for profile in offered):
        quality.durability = offered[0].durability
    return quality
