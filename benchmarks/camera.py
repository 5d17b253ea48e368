# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""A car's camera: 640x480 RGB at 30 Hz, best effort, to agent_node on a core of its own; lost frames and latency.

python -m benchmarks.camera --seconds 300
"""

import argparse
import os
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import rclpy
from rclpy.experimental.events_executor import EventsExecutor
from rclpy.qos import qos_profile_sensor_data
from sensor_msgs.msg import Image, JointState

from benchmarks.common import default_config, own_ros_domain, untrained_model, write_parameters
from deepracer_ros.nodes.base import make_node
from deepracer_ros.nodes.messages.images import to_image
from deepracer_ros.nodes.messages.stamps import to_nanoseconds
from deepracer_ros.nodes.qos import LOCK_STEP
from deepracer_ros.nodes.transport import PROFILES
from deepracer_ros.share import share_directory

WIDTH, HEIGHT, RATE = 640, 480, 30.0


def main() -> None:
    """Print the number of frames, the number without an answer, and percentiles of the latency, ms."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=300.0, help="duration, s")
    parser.add_argument("--plain", action="store_true", help="without the transport profile of this package")
    options = parser.parse_args()
    for name in PROFILES:
        os.environ.pop(name, None)
        if not options.plain:
            os.environ[name] = str(share_directory() / "config" / "fastdds.xml")
    with own_ros_domain() as folder:
        agent = start_agent(folder)
        try:
            latencies = measure(options.seconds)
        finally:
            agent.terminate()
            agent.wait(10)
    answered = latencies[np.isfinite(latencies)]
    median, late, worst = np.percentile(answered, [50, 99, 100]) if len(answered) else [np.nan] * 3
    print(
        f"{len(latencies)} frames, {len(latencies) - len(answered)} lost; latency ms: median {median:.1f}, "
        f"99 % {late:.1f}, greatest {worst:.1f}"
    )


def start_agent(folder: Path) -> subprocess.Popen[bytes]:
    """Start the agent of a car with an untrained model, on the last core; this process keeps the others."""
    config = default_config(camera={"width": 160, "height": 120})
    agent = {"model": str(untrained_model(config, folder)), "explore": False, "live_camera": True}
    config = default_config(camera={"width": 160, "height": 120}, simulation={"cars": 1}, agent=agent)
    parameters = write_parameters(config, folder)
    command = [sys.executable, "-m", "deepracer_ros.nodes.agent_node", "--ros-args", "--params-file", str(parameters)]
    cores = sorted(os.sched_getaffinity(0))
    process = subprocess.Popen(command)
    if len(cores) > 1:
        os.sched_setaffinity(process.pid, cores[-1:])
        os.sched_setaffinity(0, cores[:-1])
    return process


def measure(seconds: float) -> np.ndarray:
    """Return the time from each frame to its command, ms; NaN for a frame without a command.

    Args:
        seconds: Duration, s.
    """
    rclpy.init()
    node, executor = make_node("camera"), EventsExecutor()
    executor.add_node(node)
    received: dict[int, float] = {}
    publisher = node.create_publisher(Image, "camera/image_raw", qos_profile_sensor_data)
    node.create_subscription(
        JointState,
        "drive",
        lambda m: received.setdefault(to_nanoseconds(m.header.stamp), time.perf_counter()),
        LOCK_STEP,
    )
    noise = np.random.default_rng(0).integers(0, 256, (8, 1, HEIGHT, WIDTH, 3), np.uint8)
    images = [to_image(frames, node.get_clock().now().to_msg()) for frames in noise]
    sent: list[tuple[int, float]] = []

    def send() -> None:
        message = images[len(sent) % len(images)]
        message.header.stamp = node.get_clock().now().to_msg()
        sent.append((to_nanoseconds(message.header.stamp), time.perf_counter()))
        publisher.publish(message)

    started = time.monotonic()
    due = started
    warm = False
    while not warm or time.monotonic() - started < seconds:
        if not warm:
            if time.monotonic() - started > 60.0:
                raise SystemExit("drive: found no agent that answers within 60 s, expected agent_node")
            if len(received) > 2 * RATE:  # the agent runs, and its guard is there
                warm, started = True, time.monotonic()
                sent.clear()
        if time.monotonic() >= due:
            send()
            due += 1.0 / RATE
        executor.spin_once(timeout_sec=max(0.0, due - time.monotonic()))
    ends = time.monotonic() + 1.0
    while time.monotonic() < ends:
        executor.spin_once(timeout_sec=0.1)
    executor.shutdown()
    rclpy.try_shutdown()
    return np.array([1e3 * (received[stamp] - at) if stamp in received else np.nan for stamp, at in sent])


if __name__ == "__main__":
    main()
