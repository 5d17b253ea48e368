# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""Launch files run as commands: by `ros2 launch` where it is installed, else by the interpreter beside this file."""

import importlib.util
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
import rclpy
from rclpy.context import Context
from rclpy.executors import SingleThreadedExecutor
from rclpy.node import Node
from sensor_msgs.msg import PointCloud2

from deepracer_ros.nodes.qos import in_order
from deepracer_ros.training.config import RunConfig

MARK = "DEEPRACER_TEST_LAUNCH"
"""Environment variable by which a test finds all processes of its launch."""
MOVES = 0.3
"""Least speed of a car that is seen to move, m/s."""


def has_ros2_launch():
    """Return whether `ros2 launch` is installed, and this package by colcon."""
    prefixes = [Path(prefix) for prefix in os.environ.get("AMENT_PREFIX_PATH", "").split(os.pathsep) if prefix]
    installed = any((prefix / "lib" / "deepracer_ros" / "deepracer").is_file() for prefix in prefixes)
    return installed and shutil.which("ros2") is not None and importlib.util.find_spec("launch_ros") is not None


@pytest.fixture
def ros2_launch():
    """For a test that needs the real command."""
    if not has_ros2_launch():
        pytest.skip("ros2 launch, or this package by colcon, is not installed")


class Launched:
    """A launch that runs, in a process group of its own, as a terminal has it."""

    def __init__(self, command, folder, environment):
        self.log, self._record = folder / "launch.log", folder / "record.jsonl"
        self._record.touch()
        self._mark = f"{MARK}={folder}".encode()
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                command, cwd=folder, env={**environment, MARK: str(folder)}, stdin=subprocess.DEVNULL, stdout=log,
                stderr=log, start_new_session=True,
            )  # fmt: skip

    @property
    def words(self):
        return self.log.read_text()

    def records(self, kind):
        """Return what the interpreter has recorded of a kind: argument, include or process."""
        records = [json.loads(line) for line in self._record.read_text().splitlines()]
        return [record for record in records if kind in record]

    def interrupt(self):
        """Send SIGINT to all of its processes, as Ctrl-C in a terminal does."""
        os.killpg(self.process.pid, signal.SIGINT)

    def wait(self, seconds=30.0):
        """Wait for the end and return the exit code."""
        return self.process.wait(seconds)

    def members(self):
        """Return its processes that run, by id, with their commands; also those that left its process group."""
        found = {}
        for entry in Path("/proc").iterdir():
            with suppress(OSError):  # it has ended meanwhile, or is no process
                if self._mark in entry.joinpath("environ").read_bytes().split(b"\0"):
                    found[int(entry.name)] = entry.joinpath("cmdline").read_bytes().replace(b"\0", b" ").decode()
        return {pid: command for pid, command in found.items() if command}

    def close(self):
        for pid in self.members():
            os.kill(pid, signal.SIGKILL)
        self.process.wait()


def start(folder, name, *arguments, environment=None, interpreted=False):
    """Start a launch file with arguments; options with two dashes are for the interpreter, which they choose."""
    folder.mkdir()
    words = ["ros2", "launch", "deepracer_ros", name]
    if interpreted or not has_ros2_launch() or any(word.startswith("--") for word in arguments):
        words = [sys.executable, str(Path(__file__).with_name("ros2_launch.py")), name]
        words += ["--record", str(folder / "record.jsonl")]
    own = {"ROS_HOME": str(folder / "ros"), **(environment or {})}
    return Launched([*words, *arguments], folder, {**os.environ, **own})


@pytest.fixture
def launch(tmp_path):
    """Start a launch file with arguments."""
    started = []

    def begin(name, *arguments, **options):
        started.append(start(tmp_path / f"launch-{len(started)}", name, *arguments, **options))
        return started[-1]

    yield begin
    for launched in started:
        launched.close()


@pytest.fixture(scope="session")
def describe(tmp_path_factory):
    """Return what a launch file would start with arguments."""

    def run(name, *arguments, environment=None):
        folder = tmp_path_factory.mktemp("described") / "launch"
        launched = start(folder, name, "--describe", *arguments, environment=environment)
        assert launched.wait() == 0, launched.words
        return launched

    return run


class Watch:
    """What a test sees of the ROS graph."""

    def __init__(self, domain=None):
        self._context = Context()
        rclpy.init(context=self._context, domain_id=domain)
        self.node = Node("watch", context=self._context)
        self._executor = SingleThreadedExecutor(context=self._context)
        self._executor.add_node(self.node)

    def listen(self, kind, topic):
        """Return a list that grows by every message of a topic."""
        messages = []
        self.node.create_subscription(kind, topic, messages.append, in_order(8))
        return messages

    def until(self, condition, launched=None, seconds=90.0):
        """Spin until a condition holds; fail if it does not in time, or if the launch ends."""
        deadline = time.monotonic() + seconds
        while not condition():
            assert launched is None or launched.process.poll() is None, launched.words
            assert time.monotonic() < deadline, launched.words if launched else f"not within {seconds} s"
            self._executor.spin_once(timeout_sec=0.05)

    def cars_move(self, launched, *topics):
        """Wait until each `race/state` topic has shown a car that moves."""
        seen = {topic: self.listen(PointCloud2, topic) for topic in topics}
        self.until(lambda: all(any(speed(message) > MOVES for message in each) for each in seen.values()), launched)

    def close(self):
        self._executor.shutdown()
        self.node.destroy_node()
        rclpy.shutdown(context=self._context)


def speed(message):
    """Return the speed of the first car of a `race/state` message."""
    offset = next(field.offset for field in message.fields if field.name == "speed")
    return float(np.frombuffer(bytes(message.data), np.float32, 1, offset)[0])


@pytest.fixture
def watch_domain():
    """Open a node of the test in a ROS domain; by default the one of the tests."""
    opened = []

    def open_watch(domain=None):
        opened.append(Watch(domain))
        return opened[-1]

    yield open_watch
    for each in opened:
        each.close()


@pytest.fixture
def watch(watch_domain):
    """A node of the test in the ROS graph."""
    return watch_domain()


@pytest.fixture(scope="session")
def model(tmp_path_factory, write_untrained):
    """The folder of an untrained model, which drives at some speed."""
    return write_untrained(tmp_path_factory.mktemp("untrained") / "model", RunConfig())
