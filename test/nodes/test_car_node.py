# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""A real agent, car_node and car_guard around a PWM chip made of files, which holds its last pulse."""

import os
import subprocess
import sys
import time

import pytest
from lifecycle_msgs.msg import Transition
from lifecycle_msgs.srv import ChangeState
from rcl_interfaces.srv import SetParameters
from rclpy.parameter import Parameter
from std_msgs.msg import String
from std_srvs.srv import SetBool

from benchmarks.car_stops import EVENTS, WATCHED, CarTrial
from benchmarks.common import own_ros_domain
from deepracer_ros.car.guard import PIPES

pytestmark = pytest.mark.timeout(180)  # a busy machine takes long to start the nodes


@pytest.fixture(scope="module")
def trial():
    with own_ros_domain() as folder:
        trial = CarTrial(folder, silence=0.3)  # beside other tests a tick may be late
        yield trial
        trial.close()


def until(trial, condition, seconds=20.0):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        trial.drive_on(0.05)


def call(trial, kind, name, request):
    client = trial.node.create_client(kind, name)
    until(trial, client.service_is_ready)
    future = client.call_async(request)
    until(trial, future.done)
    trial.node.destroy_client(client)
    return future.result()


@pytest.mark.parametrize("event", EVENTS)
def test_the_car_stops_whatever_happens(trial, chance, event):
    """How fast is measured by benchmarks.car_stops, on a machine that does nothing else."""
    trial.drive()
    trial.drive_on(chance.uniform(0.0, 0.1))
    assert trial.stop_after(event) < WATCHED - 0.05


def test_a_disarmed_car_stands_until_it_is_armed_again(trial):
    trial.drive()
    assert call(trial, SetBool, "/car/arm", SetBool.Request(data=False)).message == "disarmed"
    trial.drive_on(0.2)
    stopped = trial.moved_at
    trial.drive_on(0.3)
    assert trial.moved_at == stopped
    assert call(trial, SetBool, "/car/arm", SetBool.Request(data=True)).success
    trial.drive()


def test_the_greatest_throttle_changes_while_the_car_drives(trial):
    trial.drive()
    value = Parameter("gate.throttle", value=0.0).to_parameter_msg()
    answer = call(trial, SetParameters, "/car/set_parameters", SetParameters.Request(parameters=[value]))
    assert answer.results[0].successful
    trial.drive_on(0.2)
    stopped = trial.moved_at
    trial.drive_on(0.3)
    assert trial.moved_at == stopped
    value = Parameter("gate.throttle", value=0.5).to_parameter_msg()
    call(trial, SetParameters, "/car/set_parameters", SetParameters.Request(parameters=[value]))
    trial.drive()


def test_a_deactivated_car_has_no_power_and_an_activated_one_must_be_armed(trial):
    trial.drive()
    for transition, power in ((Transition.TRANSITION_DEACTIVATE, "1"), (Transition.TRANSITION_ACTIVATE, "0")):
        request = ChangeState.Request(transition=Transition(id=transition))
        assert call(trial, ChangeState, "/car/change_state", request).success
        until(trial, lambda power=power: trial.power == power)
    stopped = trial.moved_at
    trial.drive_on(0.5)
    assert trial.moved_at == stopped


def car_node(trial, *arguments, guarded=True):
    command = [sys.executable, "-m", "deepracer_ros.nodes.car_guard" if guarded else "deepracer_ros.nodes.car_node"]
    command += ["--ros-args", "--params-file", str(trial.folder / "car.yaml"), "-r", "__ns:=/other", *arguments]
    environment = {name: value for name, value in os.environ.items() if name != PIPES}
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["-p", "car.calibration:=absent.json"], "absent.json: cannot be read"),
        (["-p", "car.pwm:=/absent"], "car.pwm: /absent: found no such folder"),
        (["-p", "gate.throttle:=2.0"], "gate.throttle: found 2"),
        (["-p", "gate.brake:=0.5"], "brake"),
    ],
)
def test_mistakes_get_one_line(trial, arguments, words):
    answer = car_node(trial, *arguments)
    assert answer.returncode == 2
    assert words in answer.stderr
    assert "Traceback" not in answer.stderr


def test_it_starts_only_under_its_guard(trial):
    answer = car_node(trial, guarded=False)
    assert answer.returncode == 2
    assert "found no car_guard" in answer.stderr


def test_it_does_not_start_beside_the_cars_own_software(trial):
    other = trial.node.create_publisher(String, "/ctrl_pkg/servo_msg", 1)
    try:
        answer = car_node(trial)
    finally:
        trial.node.destroy_publisher(other)
    assert answer.returncode == 2
    assert "/ctrl_pkg/servo_msg: found the car's own software" in answer.stderr
