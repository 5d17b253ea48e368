"""On a car: one camera of any size is one car, an old frame is not driven by, a NaN is never sent."""

import time

import numpy as np
import pytest
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
    made.add(AgentNode)
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

    return drive


def test_a_fresh_frame_of_any_size_drives_one_car_and_an_old_one_stops_it(driver):
    deadline = time.monotonic() + 10.0
    while not driver(0).velocity[0]:  # until its guard is there
        assert time.monotonic() < deadline
    assert 1.0 <= driver(0).velocity[0] <= 3.0
    late = driver(20)
    assert list(late.velocity) == [0.0]
    assert list(late.position) == [0.0]
    assert len(driver(0).velocity) == 1
