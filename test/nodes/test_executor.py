# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""Nodes run where the ROS distribution has no events executor, and their timers where there is no clock."""

import sys

import pytest
import rclpy
from rclpy.executors import SingleThreadedExecutor
from rclpy.parameter import Parameter

from deepracer_ros.nodes.base import every, make_node
from deepracer_ros.nodes.executor import make_executor


@pytest.fixture
def ros():
    rclpy.init()
    yield
    rclpy.try_shutdown()


def test_without_the_events_executor_there_is_another(ros, monkeypatch):
    monkeypatch.setitem(sys.modules, "rclpy.experimental.events_executor", None)
    executor = make_executor()
    assert type(executor) is SingleThreadedExecutor
    executor.shutdown()


def test_a_timer_runs_in_simulation_time_without_a_clock(ros):
    node, calls = make_node("still"), []
    node.set_parameters([Parameter("use_sim_time", value=True)])
    every(node, 0.01, lambda: calls.append(1))
    executor = make_executor()
    executor.add_node(node)
    for _ in range(200):
        if len(calls) >= 2:
            break
        executor.spin_once(timeout_sec=0.05)
    executor.shutdown()
    node.destroy_node()
    assert len(calls) >= 2
