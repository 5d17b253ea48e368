# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""The simulation waits for whoever drives, refuses what is unsafe, and in real time stops a car nobody drives."""

import array
import json
import math
import time

import numpy as np
import pytest
from builtin_interfaces.msg import Time
from rclpy.parameter import Parameter
from sensor_msgs.msg import Image, JointState, PointCloud2
from std_msgs.msg import String
from std_srvs.srv import SetBool, Trigger

from deepracer_ros.errors import InputError
from deepracer_ros.nodes.messages.drive import to_drive
from deepracer_ros.nodes.messages.stamps import to_nanoseconds, to_stamp
from deepracer_ros.nodes.messages.state import from_state
from deepracer_ros.nodes.qos import LATCHED
from deepracer_ros.nodes.simulation_node import SimulationNode
from deepracer_ros.nodes.stepper import COMMAND_SECONDS
from deepracer_ros.race.control import CONTROL_PERIOD

CARS = 4


def step_of(message):
    return round(to_nanoseconds(message.header.stamp) * 1e-9 / CONTROL_PERIOD)


class Job:
    """The simulation with a test for agent and recorder."""

    def __init__(self, graph, setting, listen=True):
        self.graph = graph
        self.frames = graph.listen(Image, "camera/image_raw") if listen else []
        self.states = graph.listen(PointCloud2, "race/state") if listen else []
        self.node = graph.add(SimulationNode)
        self._drive = graph.publisher(JointState, "drive")
        self._recorded = graph.publisher(Time, "recorder/recorded")

    @property
    def steps(self):
        """The step numbers of the frames so far."""
        return [step_of(frame) for frame in self.frames]

    @property
    def speeds(self):
        return from_state(self.states[-1], ("progress", "failure"))["speed"]

    def drive(self, step, steering=0.0, speed=1.0, cars=CARS):
        values = (np.full(cars, steering), np.full(cars, speed), np.zeros(cars))
        self._drive.publish(to_drive(*values, [""] * cars, "1", to_stamp(step)))

    def record(self, step):
        self._recorded.publish(to_stamp(step))

    def until_step(self, step):
        self.graph.until(lambda: step in self.steps)


@pytest.fixture
def job(graph, setting):
    def make(**simulation):
        made = setting(simulation=simulation)
        return Job(graph(made), made)

    return make


def test_lock_step_waits_for_the_answer_to_its_frame(job):
    job = job()
    job.until_step(0)
    job.graph.until(lambda: len(job.frames) == 2)  # repeated: its agent may be a new one
    assert job.steps == [0, 0]
    assert job.frames[0].data == job.frames[1].data
    job.drive(7)  # answers another frame
    job.drive(0)
    job.drive(0, steering=0.1)  # a second answer is none
    job.until_step(1)
    assert job.steps.count(1) == 1
    job.drive(1)
    job.until_step(2)
    assert [step_of(state) for state in job.states] == job.steps


UNSAFE = {
    "found NaN": {"speed": math.nan},
    "or infinity": {"steering": math.inf},
    "steering up to 57.3 degrees": {"steering": 1.0},
    "speeds 5.00 to 5.00 m/s": {"speed": 5.0},
    "speeds -5.00 to -5.00 m/s": {"speed": -5.0},
    "found [3, 3, 3] numbers, expected 4": {"cars": 3},
    "found [0, 0, 0] numbers, expected 4": {"cars": 0},
}


def test_an_unsafe_command_is_refused_and_reported(job):
    job = job()
    job.until_step(0)
    for complaint, wrong in UNSAFE.items():
        job.drive(0, **wrong)
        job.graph.until(lambda complaint=complaint: job.graph.complained(complaint))
    message = to_drive(np.zeros(CARS), np.zeros(CARS), np.zeros(CARS), [""] * CARS, "1", to_stamp(0))
    message.effort = array.array("d", [])
    job._drive.publish(message)
    job.graph.until(lambda: job.graph.complained("drive: found [4, 4, 0] numbers, expected 4 of each"))
    assert set(job.steps) == {0}
    assert job.graph.diagnostics["simulation"]["bad_commands"] == str(len(UNSAFE) + 1)
    job.drive(0)
    job.until_step(1)


def test_runs_no_further_ahead_of_the_recorder_than_the_window(graph, setting):
    made = setting(recorded=True, experience={"segment_steps": 1}, simulation={"agent_seconds": 0.2})
    window = made.config.window
    job = Job(graph(made), made)
    second = job.graph.listen(Image, "camera/image_raw")  # as the recorder would
    job.until_step(0)
    job.drive(0)
    job.graph.until(lambda: job.steps == [0, 0])  # the recorder has not all of the first step yet
    job.record(0)
    for step in range(1, window):
        job.until_step(step)
        job.drive(step)
    job.until_step(window)
    job.drive(window)
    job.record(1000)  # of a simulation before this one
    job.graph.until(lambda: job.steps.count(window) == 2)  # the frame is repeated instead
    assert set(job.steps) == set(range(window + 1))
    job.record(1)
    job.until_step(window + 1)
    job.drive(window + 1)
    job.record(0)  # an old message
    job.graph.until(lambda: job.steps.count(window + 1) == 2)
    assert window + 2 not in job.steps
    job.record(2)
    job.until_step(window + 2)
    assert second


def test_real_time_a_car_without_a_fresh_command_stops(job):
    job = job(real_time=True)
    graph = job.graph
    graph.until(lambda: len(job.frames) > 1)  # nobody is waited for
    assert np.all(np.abs(job.speeds) < 0.05)
    while np.min(job.speeds) < 0.8:
        job.drive(0, speed=1.5)
        frames = len(job.frames)
        graph.until(lambda frames=frames: len(job.frames) > frames)
    last = time.monotonic()
    graph.until(lambda: graph.diagnostics["simulation"]["late_commands"] != "0" or np.min(job.speeds) < 0.5)
    graph.until(lambda: np.max(np.abs(job.speeds)) < 0.05)
    assert time.monotonic() - last > COMMAND_SECONDS
    job.drive(0, speed=math.nan)
    graph.until(lambda: graph.complained("drive: found NaN"))
    frames = len(job.frames)
    graph.until(lambda: len(job.frames) > frames + 2)
    assert np.max(np.abs(job.speeds)) < 0.05


def test_real_time_means_fifteen_frames_a_second(job):
    job = job(real_time=True)
    job.graph.until(lambda: job.frames)
    began, before = time.monotonic(), len(job.frames)
    job.graph.until(lambda: len(job.frames) == before + 15)
    assert 0.8 < time.monotonic() - began < 1.6


def call(job, kind, name, request):
    """Call a service of the simulation and return its answer."""
    client = job.graph.probe.create_client(kind, f"simulation/{name}")
    job.graph.until(client.service_is_ready)
    future = client.call_async(request)
    job.graph.until(future.done)
    return future.result()


@pytest.mark.parametrize("real_time", [False, True])
def test_it_pauses_and_goes_on(job, real_time):
    job = job(real_time=real_time)
    job.until_step(0)
    assert call(job, SetBool, "pause", SetBool.Request(data=True)).success
    last = job.steps[-1]
    job.drive(last)
    job.graph.spin(0.3)
    assert job.steps[-1] <= last + 1  # one may have been on its way
    assert call(job, SetBool, "pause", SetBool.Request(data=False)).success
    job.drive(job.steps[-1])
    job.until_step(last + 1)


def test_a_reset_begins_new_episodes_with_the_next_frame(job):
    job = job()
    job.until_step(0)
    for step in range(3):
        job.drive(step)
        job.until_step(step + 1)
    assert call(job, Trigger, "reset", Trigger.Request()).success
    job.drive(3)
    job.until_step(4)
    job.graph.until(lambda: step_of(job.states[-1]) == 4)
    before, after = (from_state(state, ("progress", "failure")) for state in job.states[-2:])
    assert (after["episode"] == before["episode"] + 1).all()
    assert (after["status"] == 0).all()
    assert (before["status"] == 1).all()


def test_an_evaluation_is_an_episode_of_every_car_with_its_results_on_a_topic(job):
    job = job()
    results = job.graph.listen(String, "simulation/evaluation", LATCHED)
    job.until_step(0)
    job.drive(0)
    job.until_step(1)
    answer = call(job, Trigger, "evaluate", Trigger.Request())
    assert (answer.success, answer.message) == (True, "results follow on /simulation/evaluation")
    while not (results and json.loads(results[-1].data)["finished"]):
        step = job.steps[-1]
        job.drive(step, steering=0.5)  # in circles, off the track
        job.until_step(step + 1)
        assert step < 500
        job.graph.spin_all()
    first, last = (json.loads(results[index].data) for index in (0, -1))
    assert first == {
        "finished": False, "laps": 0, "laps_completed": 0, "laps_attempted": 4, "mean_progress": 0.0,
        "mean_lap_seconds": None, "best_lap_seconds": None,
    }  # fmt: skip
    assert (last["laps_completed"], last["laps_attempted"]) == (0, 4)
    assert last["mean_progress"] < 50.0
    before = len(results)
    job.drive(job.steps[-1], steering=0.5)
    job.until_step(job.steps[-1] + 1)
    assert len(results) == before


def test_the_real_time_factor_changes_while_it_runs(job):
    job = job(real_time=True)
    job.graph.until(lambda: job.frames)
    node = job.graph.nodes[-1].node
    (result,) = node.set_parameters([Parameter("simulation.real_time_factor", value=20.0)])
    assert result.successful
    began, before = time.monotonic(), len(job.frames)
    job.graph.until(lambda: len(job.frames) >= before + 30)  # 2 s without the change
    assert time.monotonic() - began < 1.0


def test_without_an_agent_it_says_so(graph, setting):
    made = setting(recorded=True, simulation={"agent_seconds": 0.3})
    graph = graph(made)
    graph.add(SimulationNode)
    with pytest.raises(InputError, match=r"found 0 subscribers within 0.3 s, expected 2 \(agent and recorder\)"):
        graph.until(lambda: False)
