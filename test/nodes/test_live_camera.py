# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""On a car: one camera of any size is one car, an old frame is not driven by, a NaN is never sent."""

import time

import numpy as np
import pytest
from rclpy.parameter import Parameter
from sensor_msgs.msg import Image, JointState

from deepracer_ros.nodes.agent_node import AgentNode
from deepracer_ros.nodes.messages.images import to_image


@pytest.fixture
def driver(graph, setting, untrained):
    live = setting(
        agent={"model": str(untrained), "explore": False, "live_camera": True, "max_age": 5.0},
        simulation={"cars": 1},
    )
    made = graph(live)
    answers = made.listen(JointState, "drive")
    agent = made.add(AgentNode)
    images = made.publisher(Image, "camera/image_raw")
    made.until(lambda: made.probe.count_publishers("drive") == 1)

    def drive(seconds_old):
        """Send a frame that is so old; return its answer."""
        stamp = made.probe.get_clock().now()
        frame = to_image(np.full((1, 480, 640, 3), 90, np.uint8), stamp.to_msg())
        frame.header.stamp.sec -= seconds_old
        images.publish(frame)
        made.until(lambda: answers and answers[-1].header.stamp == frame.header.stamp)
        return answers[-1]

    drive.agent = agent
    return drive


def test_a_fresh_frame_of_any_size_drives_one_car_and_an_old_one_stops_it(driver):
    drive_until(driver, bool)  # its guard is there
    assert 1.0 <= driver(0).velocity[0] <= 3.0
    late = driver(20)
    assert list(late.velocity) == [0.0]
    assert list(late.position) == [0.0]
    assert len(driver(0).velocity) == 1


def test_the_speed_limit_and_the_greatest_age_change_while_it_drives(driver):
    drive_until(driver, lambda speed: speed >= 1.0)
    assert set_to(driver, "agent.speed_limit", 0.5)
    assert driver(0).velocity[0] == 0.5
    assert set_to(driver, "agent.max_age", 0.2)
    assert driver(1).velocity[0] == 0.0
    drive_until(driver, lambda speed: speed == 0.5)  # with another guard
    assert not set_to(driver, "agent.speed_limit", 9.0)
    assert not set_to(driver, "simulation.cars", 2)


def set_to(driver, name, value):
    """Return whether a parameter of the agent took a value."""
    (result,) = driver.agent.node.set_parameters([Parameter(name, value=value)])
    return result.successful


def drive_until(driver, condition):
    deadline = time.monotonic() + 10.0
    while not condition(driver(0).velocity[0]):
        assert time.monotonic() < deadline
