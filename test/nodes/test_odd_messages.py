# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""Nothing that arrives on a topic ends a node: 10 000 odd messages to all subscriptions, of a seed that is printed."""

import json
import math

import cv2
import numpy as np
import pytest
from builtin_interfaces.msg import Time
from geometry_msgs.msg import Twist
from sensor_msgs.msg import CompressedImage, Image, JointState, PointCloud2, PointField
from std_msgs.msg import String

from deepracer_ros.nodes.agent_node import AgentNode
from deepracer_ros.nodes.messages.encodings import ENCODINGS
from deepracer_ros.nodes.messages.images import to_image
from deepracer_ros.nodes.messages.state import state_type
from deepracer_ros.nodes.qos import LATCHED, LOCK_STEP
from deepracer_ros.nodes.recorder_node import RecorderNode
from deepracer_ros.nodes.simulation_node import SimulationNode

MESSAGES = 10_000
SIZES = (0, 1, 2, 3, 40, 48, 160, 2**16, 2**31, 2**32 - 1)
NUMBERS = (0.0, 0.3, -4.0, 1e30, -1e308, math.nan, math.inf, -math.inf)
TEXTS = ("", "random", "7", "²", "-1", "9" * 400, "{}", "[" * 100_000, '{"run": 1}', "null", "\x00", "é" * 1000)


def stamp(chance):
    return Time(sec=chance.choice((0, 1, -(2**31), 2**31 - 1)), nanosec=chance.choice((0, 66_666_667, 2**32 - 1)))


def some_bytes(chance, size):
    return chance.randbytes(min(size, 5000) if chance.random() < 0.9 else chance.randrange(5000))


def image(chance):
    encoding = chance.choice((*ENCODINGS, "32FC1", "", "é"))
    height, width = chance.choice(SIZES), chance.choice(SIZES)
    kind = ENCODINGS.get(encoding)
    row = width * (kind.values * kind.nbytes if kind else 1)
    step = min(row + chance.choice((0, 0, 0, 1, 7)), 2**32 - 1) if chance.random() < 0.9 else chance.choice(SIZES)
    message = Image(height=height, width=width, encoding=encoding, step=step, is_bigendian=chance.random() < 0.5)
    size = height * step
    message.data = chance.randbytes(size) if size <= 200_000 else some_bytes(chance, size)
    return message


def compressed(chance):
    start = chance.choice((b"", b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff\xc0", b"\xff\xd8\xff\xff", b"GIF89a"))
    return CompressedImage(format=chance.choice(TEXTS), data=start + some_bytes(chance, 500))


def points(chance):
    kind = state_type(("progress", "failure"))
    cars = chance.choice((0, 1, 1, 2, 2**32 - 1))
    message = PointCloud2(height=1, width=cars, point_step=chance.choice((kind.itemsize, 0, 4, 2**32 - 1)))
    message.fields = [PointField(name="values", datatype=chance.randrange(256), count=chance.choice(SIZES))]
    message.data = some_bytes(chance, min(cars, 2) * kind.itemsize)
    return message


def joints(chance):
    message = JointState(name=["car_0"] * chance.randrange(3))
    for name in ("position", "velocity", "effort"):
        setattr(message, name, [chance.choice(NUMBERS) for _ in range(chance.choice((0, 1, 1, 1, 2, 64)))])
    message.header.frame_id = chance.choice(TEXTS)
    return message


def twist(chance):
    message = Twist()
    message.linear.x, message.angular.z = chance.choice(NUMBERS), chance.choice(NUMBERS)
    return message


def text(chance, run):
    words = chance.choice(TEXTS)
    if chance.random() < 0.5:
        version = chance.choice((0, -1, 3, 10**30, 1.5, None, "1", True))
        words = json.dumps({"run": run, "version": version, "sha256": chance.choice(("", "ab", None, 5))})
    return String(data=words)


SOURCES = {
    "camera/image_raw": (Image, image), "camera/image_raw/compressed": (CompressedImage, compressed),
    "race/state": (PointCloud2, points), "drive": (JointState, joints), "cmd_vel": (Twist, twist),
    "recorder/recorded": (Time, stamp), "/model/published": (String, text),
}  # fmt: skip


def quality(topic):
    return LATCHED if topic == "/model/published" else LOCK_STEP


class Bombarded:
    """Nodes of ours and a test that publishes odd messages on all of their topics."""

    def __init__(self, graph, made, topics, makers):
        self.graph, self.run = graph(made), made.run
        for maker in makers:
            self.graph.add(maker)
        self.publishers = {topic: self.graph.publisher(SOURCES[topic][0], topic, quality(topic)) for topic in topics}

    def bombard(self, chance, count):
        topics = list(self.publishers)
        for number in range(count):
            topic = topics[number % len(topics)]
            make = SOURCES[topic][1]
            message = make(chance, self.run) if make is text else make(chance)
            if hasattr(message, "header"):
                message.header.stamp = stamp(chance)
            self.publishers[topic].publish(message)
            if number % len(topics) == 0:  # one of each: the camera's queue holds one
                self.graph.spin_all()


def test_a_whole_job_survives(graph, setting, redis_server, s3, chance):
    made = setting(simulation={"cars": 1})
    topics = set(SOURCES) - {"camera/image_raw/compressed"}
    job = Bombarded(graph, made, sorted(topics), [AgentNode, RecorderNode, SimulationNode])
    job.bombard(chance, MESSAGES)
    agent, recorder, simulation = job.graph.nodes
    stepper = simulation.stepper
    refused = {node.__class__.__name__: node._inputs.refused for node in (agent.driver, recorder, stepper)}
    assert min(refused.values()) > MESSAGES / 20, refused  # they arrived
    step = stepper._step
    job.graph.until(lambda: stepper._step > step + 10, 20.0)  # it still runs


@pytest.mark.parametrize("topic", ["camera/image_raw", "camera/image_raw/compressed"])
def test_a_car_s_agent_survives(graph, setting, chance, tmp_path, untrained, topic):
    transport = "compressed" if topic.endswith("compressed") else "raw"
    agent = {"model": str(untrained), "explore": False, "live_camera": True, "image_transport": transport}
    made = setting(agent=agent, simulation={"cars": 1})
    car = Bombarded(graph, made, [topic], [AgentNode])
    car.bombard(chance, MESSAGES // 4)
    answers = car.graph.listen(JointState, "drive")
    pixels = np.zeros((40, 48, 3), np.uint8)

    def good():
        now = car.graph.probe.get_clock().now().to_msg()
        if transport == "raw":
            return to_image(pixels[None], now)
        message = CompressedImage(data=cv2.imencode(".png", pixels)[1].tobytes())
        message.header.stamp = now
        return message

    car.graph.until(lambda: car.publishers[topic].publish(good()) or answers)
