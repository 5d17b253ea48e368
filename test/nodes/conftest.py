# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""Nodes in this process or in their own, against a real Redis, a real S3 server and the real ROS graph."""

import itertools
import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import pytest
import rclpy
import yaml
from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus
from rclpy.experimental.events_executor import EventsExecutor
from rclpy.node import Node
from rclpy.signals import SignalHandlerOptions

from deepracer_ros.models.store import ModelStore
from deepracer_ros.nodes import diagnostics
from deepracer_ros.nodes.qos import LOCK_STEP
from deepracer_ros.parameters import merge
from deepracer_ros.training.config import RunConfig, read_config

CARS, STEPS, HEIGHT, WIDTH = 4, 8, 40, 48
SMALL = {
    "tracks": ["oval"],
    "camera": {"width": WIDTH, "height": HEIGHT},
    "network": {"width": WIDTH, "height": HEIGHT},
    "simulation": {"cars": CARS},
    "experience": {"segment_steps": STEPS},
    "learning": {"epochs": 1, "precision": "float32"},
    "trainer": {"batch_segments": 8, "evaluate_every": 1000, "evaluation_starts": 1, "max_staleness": 1000},
}
RUNS = (f"nodes-{number}" for number in itertools.count())


@pytest.fixture(scope="session")
def s3(s3):
    """The shared S3 server, whose keys boto3 finds in this process and in the nodes that it starts."""
    os.environ.update(AWS_ACCESS_KEY_ID=s3.access_key, AWS_SECRET_ACCESS_KEY=s3.secret_key)
    return s3


@dataclass
class Setting:
    """One run's configuration, its parameter file and its stores."""

    config: RunConfig
    run: str
    parameters: Path

    @property
    def store(self):
        return ModelStore(self.config.models, self.run)


def _setting(folder, request, changes):
    values, place = SMALL, {"run": next(RUNS), "folder": str(folder / "run")}
    for fixture, section, key in (("redis_server", "experience", "url"), ("s3", "models", "endpoint")):
        if fixture in request.fixturenames:
            values = merge(values, {section: {key: getattr(request.getfixturevalue(fixture), key)}})
    place |= {name: changes.pop(name) for name in ("run", "recorded", "job", "autostart") if name in changes}
    values = merge(values, changes)
    path = folder / f"{place['run']}.yaml"
    path.write_text(yaml.safe_dump({"/**": {"ros__parameters": {**values, **place}}}))
    return Setting(read_config(values, "test"), place["run"], path)


@pytest.fixture
def setting(tmp_path, request):
    """Make the configuration of a run; the servers are there for a test that asks for them."""
    return lambda **changes: _setting(tmp_path, request, changes)


@pytest.fixture
def untrained(setting, tmp_path, write_untrained):
    """The folder of a model with random weights."""
    return write_untrained(tmp_path / "model", setting().config)


@pytest.fixture(scope="module")
def module_setting(tmp_path_factory, request, redis_server, s3):
    """As `setting`, for the tests of a whole module, with both servers."""
    folder = tmp_path_factory.mktemp("setting")
    return lambda **changes: _setting(folder, request, changes)


def _end_guards():
    """End the command guards of closed agents, which would stop the cars of the next test for half a second."""
    for pid in Path(f"/proc/self/task/{os.getpid()}/children").read_text().split():
        with suppress(ProcessLookupError, FileNotFoundError):  # it has ended meanwhile
            if b"command_guard" in Path(f"/proc/{pid}/cmdline").read_bytes():
                os.kill(int(pid), signal.SIGKILL)


class Graph:
    """Nodes of ours beside a node of the test, spun together in this process."""

    def __init__(self, parameters):
        rclpy.init(
            args=["--ros-args", "--params-file", str(parameters)], signal_handler_options=SignalHandlerOptions.NO
        )
        self.executor = EventsExecutor()
        self.probe = Node("probe")
        self.executor.add_node(self.probe)
        self.nodes = []
        self.diagnostics = {}
        self.complaints = []
        self.probe.create_subscription(DiagnosticArray, "/diagnostics", self._on_diagnostics, 10)

    def _on_diagnostics(self, message):
        for status in message.status:
            values = {value.key: value.value for value in status.values}
            name = status.name.removesuffix(": pipeline")
            self.diagnostics[name] = {"message": status.message, "level": status.level, **values}
            if status.level == DiagnosticStatus.ERROR:
                self.complaints.append(status.message)

    def add(self, maker):
        self.nodes.append(maker())
        self.executor.add_node(self.nodes[-1].node)
        return self.nodes[-1]

    def complained(self, part):
        """Return whether a node has said so on /diagnostics."""
        return any(part in complaint for complaint in self.complaints)

    def listen(self, kind, topic, qos=LOCK_STEP):
        """Return a list that grows by every message of a topic."""
        messages = []
        self.probe.create_subscription(kind, topic, messages.append, qos)
        return messages

    def publisher(self, kind, topic, qos=LOCK_STEP):
        """Return a publisher that has a listener."""
        publisher = self.probe.create_publisher(kind, topic, qos)
        self.until(lambda: publisher.get_subscription_count() > 0)
        return publisher

    def until(self, condition, seconds=30.0):
        """Spin until a condition holds; fail if it does not in time."""
        deadline = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < deadline, f"not within {seconds} s"
            self.executor.spin_once(timeout_sec=0.01)

    def spin_all(self):
        """Spin until nothing is left to do, for 0.1 s at most."""
        deadline = time.monotonic() + 0.1
        while time.monotonic() < deadline:
            began = time.monotonic()
            self.executor.spin_once(timeout_sec=0.0005)
            if time.monotonic() - began > 0.0005:
                return

    def spin(self, seconds):
        """Spin for a time in which nothing is to happen."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self.executor.spin_once(timeout_sec=0.01)

    def close(self):
        for node in self.nodes:
            node.close()
        _end_guards()
        self.executor.shutdown()
        for node in (*(node.node for node in self.nodes), self.probe):
            node.destroy_node()  # else it stays in the graph of the next test
        rclpy.shutdown()


@pytest.fixture
def graph(monkeypatch):
    """Open the graph with the parameters of a setting."""
    monkeypatch.setattr(diagnostics, "DIAGNOSTICS_PERIOD", 0.1)
    opened = []

    def open_graph(setting):
        opened.append(Graph(setting.parameters))
        return opened[-1]

    yield open_graph
    for graph in opened:
        graph.close()


@dataclass
class Child:
    """A node in a process of its own."""

    process: subprocess.Popen
    log: Path

    @property
    def words(self):
        return self.log.read_text()


@pytest.fixture(scope="module")
def module_start(tmp_path_factory):
    """Start a node's module in a process of its own; killed at the end of the module's tests."""
    children, folder = [], tmp_path_factory.mktemp("logs")

    def start_module(name, setting, *arguments):
        log = folder / f"{len(children)}-{name}.log"
        command = [sys.executable, "-m", f"deepracer_ros.nodes.{name}", "--ros-args"]
        command += ["--params-file", str(setting.parameters), "--log-level", "warn", *arguments]
        with log.open("wb") as file:
            process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=file, stderr=file)
        children.append(Child(process, log))
        return children[-1]

    yield start_module
    for child in children:
        child.process.kill()
    for child in children:
        child.process.wait()
