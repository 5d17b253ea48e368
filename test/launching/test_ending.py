# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""How a launch begins and ends: its ROS domain, missing programs, failures, Ctrl-C, and kill -9."""

import json
import os
import signal
import time

import pytest

from deepracer_ros.engine.domain import DOMAINS
from deepracer_ros.engine.domain import own_domain as command_domain

pytestmark = pytest.mark.timeout(120)  # a busy machine takes long to start the nodes
FREE = {"ROS_DOMAIN_ID": "", "ROS_AUTOMATIC_DISCOVERY_RANGE": ""}
"""The environment of a user who has chosen no domain."""
SMALL = [
    "--set simulation.cars=8", "--set trainer.batch_segments=8", "--set trainer.evaluation_starts=1",
    "--set trainer.perfect_evaluations=0",
]  # fmt: skip


def until(condition, launched, seconds=90.0):
    """Wait until a condition holds; fail if it does not in time, or if the launch failed."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert launched.process.poll() in (None, -signal.SIGKILL), launched.words
        assert time.monotonic() < deadline, launched.words
        time.sleep(0.02)


def test_rviz_and_the_training_share_a_domain_that_no_other_training_has(describe, monkeypatch):
    monkeypatch.delenv("ROS_DOMAIN_ID")
    with command_domain() as first:
        launched = describe("training.launch.py", "view:=true", environment=FREE)
        chosen = [record["environment"] for record in launched.records("process")]
    assert [record["executable"] for record in launched.records("process")] == [
        "robot_state_publisher", "rviz2", "deepracer",
    ]  # fmt: skip
    domain = int(chosen[0]["ROS_DOMAIN_ID"])
    for environment in chosen:
        assert environment["ROS_DOMAIN_ID"] == str(domain)
        assert environment["ROS_AUTOMATIC_DISCOVERY_RANGE"] == "LOCALHOST"
    assert domain in DOMAINS
    assert domain != first
    assert f"ROS_DOMAIN_ID={domain}" in launched.words


def test_the_domain_of_the_user_stays(describe):
    environment = {"ROS_DOMAIN_ID": "77", "ROS_AUTOMATIC_DISCOVERY_RANGE": "SUBNET"}
    launched = describe("training.launch.py", "view:=true", environment=environment)
    for record in launched.records("process"):
        assert environment.items() <= record["environment"].items()


@pytest.mark.parametrize("name", ["training.launch.py", "drive.launch.py", "gazebo.launch.py", "fleet.launch.py"])
def test_a_missing_rviz_is_said_in_one_line_and_nothing_is_started(launch, name):
    launched = launch(name, "--without", "rviz2", "view:=true")
    assert launched.wait() == 1
    assert launched.records("process") == []
    (line,) = [line for line in launched.words.splitlines() if "ERROR" in line]
    assert "found no package rviz2, expected it installed (apt-get install ros-$ROS_DISTRO-rviz2)" in line
    assert "Traceback" not in launched.words


def test_bad_input_ends_the_launch_with_1(launch):
    launched = launch("drive.launch.py", "track:=nowhere")
    assert launched.wait() == 1
    assert "track nowhere: unknown" in launched.words
    assert launch("fleet.launch.py", "cars:=0").wait() == 1
    assert launch("gazebo.launch.py", "gz:=true", "cars:=2").wait() == 1
    launched = launch("training.launch.py", "namespace:=7 cars")
    assert launched.wait() == 1
    assert "namespace: found '7 cars', expected names" in launched.words


def test_a_node_that_ends_is_started_again_where_that_is_wanted(launch, watch, model):
    launched = launch("car.launch.py", f"model:={model}", "use_respawn:=true")

    def agents():
        return {pid for pid, command in launched.members().items() if "agent_node" in command}

    watch.until(lambda: watch.node.count_publishers("/drive") > 0, launched)
    first = agents()
    for pid in first:
        os.kill(pid, signal.SIGKILL)
    watch.until(lambda: agents() and not agents() & first, launched)
    launched.interrupt()
    assert launched.wait() == 0


def test_a_killed_launch_leaves_nothing(launch, watch, model):
    launched = launch("drive.launch.py", "track:=oval", f"model:={model}")
    watch.cars_move(launched, "/race/state")
    assert len(launched.members()) >= 3
    launched.process.kill()
    until(lambda: not launched.members(), launched)


def test_a_training_drives_in_the_domain_of_its_launch_and_ends_with_ctrl_c(launch, watch_domain):
    arguments = f"arguments:={' '.join(SMALL)}"
    launched = launch("training.launch.py", "track:=oval", "name:=short", "namespace:=lab", arguments, environment=FREE)
    state = launched.log.parent / "runs" / "short" / "state.json"
    until(state.exists, launched)
    domain = json.loads(state.read_text())["ros_domain"]
    assert f"ROS_DOMAIN_ID={domain}" in launched.words
    watch_domain(domain).cars_move(launched, "/lab/race/state")
    launched.interrupt()
    assert launched.wait() == 0
    assert "Traceback" not in launched.words
    assert json.loads(state.read_text())["phase"] == "stopped"
    assert launched.members() == {}


def test_an_evaluation_drives_and_its_end_ends_the_launch(launch, model):
    launched = launch("evaluation.launch.py", f"model:={model}", "track:=oval", "laps:=1", "output:=report")
    assert launched.wait(60.0) == 0, launched.words
    assert "of 1 laps completed" in launched.words
