# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""A real ROS graph around one output."""

import time
from collections.abc import Callable, Iterator

import pytest
import rclpy
from rclpy.executors import SingleThreadedExecutor
from rclpy.node import Node
from rclpy.qos import QoSProfile

DEADLINE = 10.0


class Ros:
    """A node of the simulation's and one that listens, in one executor."""

    def __init__(self) -> None:
        rclpy.init()
        self.node, self.listener = Node("simulation"), Node("listener")
        self._executor = SingleThreadedExecutor()
        self._executor.add_node(self.node)
        self._executor.add_node(self.listener)

    def until(self, done: Callable[[], object], act: Callable[[], object] = lambda: None) -> None:
        deadline = time.monotonic() + DEADLINE
        while not done():
            assert time.monotonic() < deadline
            act()
            self._executor.spin_once(timeout_sec=0.02)

    def listen(self, kind: type, topic: str, qos: QoSProfile | int = 100) -> list:
        heard: list = []
        self.listener.create_subscription(kind, topic, heard.append, qos)
        self.until(lambda: self.node.count_subscribers(topic) > 0 and self.listener.count_publishers(topic) > 0)
        return heard

    def close(self) -> None:
        self._executor.shutdown()
        self.node.destroy_node()
        self.listener.destroy_node()
        rclpy.shutdown()


@pytest.fixture
def ros() -> Iterator[Ros]:
    ros = Ros()
    yield ros
    ros.close()
