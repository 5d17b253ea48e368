# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""The health of a node turns yellow, red or stale on /diagnostics, and each change is logged once, on /rosout too."""

import itertools
import subprocess
import sys

import numpy as np
import pytest
from builtin_interfaces.msg import Time
from diagnostic_msgs.msg import DiagnosticStatus
from rcl_interfaces.msg import Log
from rclpy.qos import DurabilityPolicy, QoSProfile, ReliabilityPolicy, qos_profile_sensor_data
from sensor_msgs.msg import Image

from deepracer_ros.engine.processes import LOG_FORMAT, Process
from deepracer_ros.nodes.agent_node import AgentNode
from deepracer_ros.nodes.base import make_node
from deepracer_ros.nodes.diagnostics import Diagnostics, Health
from deepracer_ros.nodes.frame_watch import FrameWatch
from deepracer_ros.nodes.messages.images import to_image
from deepracer_ros.nodes.qos import in_order

ROSOUT = QoSProfile(depth=100, durability=DurabilityPolicy.TRANSIENT_LOCAL, reliability=ReliabilityPolicy.RELIABLE)


@pytest.mark.parametrize(
    ("health", "level", "text"),
    [
        (Health(), DiagnosticStatus.OK, ""),
        (Health(warning="w"), DiagnosticStatus.WARN, "w"),
        (Health(stale="s", warning="w"), DiagnosticStatus.STALE, "s"),
        (Health("e", "s", "w"), DiagnosticStatus.ERROR, "e"),
    ],
)
def test_the_worst_text_is_the_level(health, level, text):
    assert (health.level, health.text) == (level, text)


class Patient:
    """A node whose health the test sets."""

    def __init__(self):
        self.node, self.health = make_node("patient"), Health(figures={"pulse": 60})
        self.diagnostics = Diagnostics(self.node, lambda: self.health)

    def close(self):
        pass


def test_each_change_is_published_and_logged_once(graph, setting):
    ward = graph(setting())
    said = ward.listen(Log, "/rosout", ROSOUT)
    patient = ward.add(Patient)

    def shows(level, message):
        seen = ward.diagnostics.get("patient", {})
        return (seen.get("level"), seen.get("message")) == (level, message)

    ward.until(lambda: shows(DiagnosticStatus.OK, "running"))
    for health, level, message in (
        (Health(warning="fever"), DiagnosticStatus.WARN, "fever"),
        (Health(error="no pulse"), DiagnosticStatus.ERROR, "no pulse"),
        (Health(stale="not seen"), DiagnosticStatus.STALE, "not seen"),
        (Health(), DiagnosticStatus.OK, "running"),
    ):
        patient.health = health
        ward.until(lambda level=level, message=message: shows(level, message))
        before = len(said)
        patient.diagnostics.publish()  # logs nothing anew
    ward.until(lambda: len(said) >= 4)
    ours = [(line.level, line.msg) for line in said if line.name == "patient.health"]
    assert ours == [(30, "fever"), (40, "no pulse"), (30, "not seen"), (20, "all is well again")]
    assert before <= len(said)


def test_a_session_reads_the_health_from_the_log_of_a_process(tmp_path):
    """The format is set by the session, so that the lines are its own whatever the user's format is."""
    log = tmp_path / "log"
    lines = ["deepracer [job_1.agent.health] no frame", "deepracer [agent] chat", "deepracer [trainer.health] waits"]
    log.write_text("".join(f"{line}\n" for line in lines))
    process = Process.__new__(Process)
    process._log, process._read_to, process._complaints = log, 0, {}
    assert process.complaints() == ["agent: no frame", "trainer: waits"]
    log.write_text(log.read_text() + "deepracer [trainer.health] all is well again\ndeepracer: file: found 1\n")
    assert process.complaints() == ["agent: no frame"]
    assert process.last_words() == "file: found 1"
    assert LOG_FORMAT.format(name="agent", message="m") == "deepracer [agent] m"


def test_the_log_level_is_that_of_the_command_line():
    code = (
        "from deepracer_ros.nodes.base import make_node; import rclpy; rclpy.init(args=None)\n"
        "node = make_node('quiet'); node.get_logger().get_child('health').warning('yellow')\n"
        "node.get_logger().get_child('health').error('red')"
    )
    command = [sys.executable, "-c", code, "--ros-args", "--log-level", "error"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=True)
    assert "red" in done.stderr
    assert "yellow" not in done.stderr


def test_a_camera_that_is_silent_or_does_not_fit_is_seen(graph, setting, untrained):
    agent = {"model": str(untrained), "explore": False, "live_camera": True}
    car = graph(setting(agent=agent, simulation={"cars": 1}))
    car.add(AgentNode)
    car.until(lambda: car.diagnostics.get("agent", {}).get("level") == DiagnosticStatus.STALE)
    assert car.diagnostics["agent"]["message"].startswith("camera: found no frame for ")
    images = car.publisher(Image, "camera/image_raw", qos_profile_sensor_data)

    stamps = itertools.count(car.probe.get_clock().now().nanoseconds + 10**8, 10**8)  # 10 frames per second
    due = next(stamps)

    def send():
        nonlocal due
        if car.probe.get_clock().now().nanoseconds >= due:
            images.publish(to_image(np.zeros((1, 40, 48), np.uint8), Time(sec=due // 10**9, nanosec=due % 10**9)))
            due = next(stamps)

    car.until(lambda: send() or car.diagnostics["agent"]["level"] == DiagnosticStatus.OK)
    assert float(car.diagnostics["agent"]["frame_age_ms"]) < 200.0


def test_a_publisher_of_another_quality_of_service_is_a_warning(graph, setting, s3):
    made = graph(setting())
    made.add(AgentNode)
    best_effort = QoSProfile(depth=1, reliability=ReliabilityPolicy.BEST_EFFORT)
    made.probe.create_publisher(Image, "camera/image_raw", best_effort)
    made.until(lambda: made.diagnostics.get("agent", {}).get("level") == DiagnosticStatus.WARN)
    assert made.diagnostics["agent"]["message"] == (
        "camera/image_raw: found a publisher with an incompatible quality of service"
    )
    assert in_order(1).reliability == ReliabilityPolicy.RELIABLE


def test_lost_frames_are_counted_by_their_stamps():
    watch, stamp = FrameWatch(), 100.0
    for number in range(100):
        stamp += 1.0 / 30.0 * (3 if number in (50, 70) else 1)
        watch.note(stamp + (0.004 if number % 2 else -0.004), stamp + 0.01)
    assert (watch.frames, watch.lost) == (100, 4)
    watch.note(stamp - 50.0, stamp)  # a clock that jumped is no loss
    watch.note(stamp + 900.0, stamp)
    assert watch.lost == 4
    assert watch.take_oldest() == pytest.approx(50.0)
    assert watch.take_oldest() == 0.0
