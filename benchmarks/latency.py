# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""Latency from camera frame to drive command: agent_node in its own process, one car, 160x120 grey frames."""

import subprocess
import sys
import time

import numpy as np
import rclpy
from rclpy.experimental.events_executor import EventsExecutor
from sensor_msgs.msg import Image, JointState

from benchmarks.common import default_config, own_ros_domain, untrained_model, write_parameters
from deepracer_ros.nodes.base import make_node
from deepracer_ros.nodes.messages.images import to_image
from deepracer_ros.nodes.messages.stamps import to_stamp
from deepracer_ros.nodes.qos import LOCK_STEP

FRAMES, WARM_UP = 1000, 50
RATE = 60.0


def main() -> None:
    """Print the 99th percentile of the latency, ms, on the last line."""
    with own_ros_domain() as folder:
        config = default_config(camera={"width": 160, "height": 120})
        model = untrained_model(config, folder)
        config = default_config(
            camera={"width": 160, "height": 120},
            simulation={"cars": 1},
            agent={"model": str(model), "explore": False},
        )
        parameters = write_parameters(config, folder)
        agent = subprocess.Popen(
            [sys.executable, "-m", "deepracer_ros.nodes.agent_node", "--ros-args", "--params-file", str(parameters)]
        )
        try:
            print(f"{np.percentile(measure(), 99):.3f}")
        finally:
            agent.terminate()
            agent.wait(10)


def measure() -> np.ndarray:
    """Return the latency of each frame, ms."""
    rclpy.init()
    node, executor = make_node("camera"), EventsExecutor()
    executor.add_node(node)
    answered: list[int] = []
    publisher = node.create_publisher(Image, "camera/image_raw", LOCK_STEP)
    node.create_subscription(JointState, "drive", lambda m: answered.append(m.header.stamp.nanosec), LOCK_STEP)
    deadline = time.monotonic() + 30.0
    while not (publisher.get_subscription_count() and node.count_publishers("drive")):
        if time.monotonic() > deadline:
            raise SystemExit("drive: found no agent within 30 s, expected agent_node")
        executor.spin_once(timeout_sec=0.05)
    frames = np.random.default_rng(0).integers(0, 256, (1, 120, 160), np.uint8)
    milliseconds = []
    for number in range(FRAMES + WARM_UP):
        message = to_image(frames, to_stamp(number))
        began = time.perf_counter()
        publisher.publish(message)
        while not answered or answered[-1] != message.header.stamp.nanosec:
            if time.perf_counter() - began > 2.0:
                raise SystemExit(f"drive: found no answer to frame {number} within 2 s, expected one")
            executor.spin_once(timeout_sec=0.5)
        milliseconds.append(1e3 * (time.perf_counter() - began))
        while (left := began + 1.0 / RATE - time.perf_counter()) > 0.0:
            executor.spin_once(timeout_sec=left)
    executor.shutdown()
    rclpy.try_shutdown()
    return np.array(milliseconds[WARM_UP:])


if __name__ == "__main__":
    main()
