# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""What the recorder acknowledges is in Redis, whatever Redis does, and whenever the recorder came."""

import array
import time

import numpy as np
import pytest
from builtin_interfaces.msg import Time
from sensor_msgs.msg import Image, JointState, PointCloud2

from deepracer_ros.experience.reader import ExperienceReader
from deepracer_ros.nodes.messages.drive import to_drive
from deepracer_ros.nodes.messages.images import to_image
from deepracer_ros.nodes.messages.stamps import to_nanoseconds, to_stamp
from deepracer_ros.nodes.messages.state import state_block, state_type
from deepracer_ros.nodes.qos import recorded
from deepracer_ros.nodes.recorder_node import RecorderNode
from deepracer_ros.race.control import CONTROL_PERIOD
from deepracer_ros.race.state import STATE_NAMES
from deepracer_ros.race.status import Status
from deepracer_ros.services.redis_server import LocalRedis
from deepracer_ros.simulation.sensors import CAMERA

CARS, STEPS, HEIGHT, WIDTH = 4, 8, 40, 48
STATE_TYPE = state_type(("progress", "failure"))


def image_of(step, cars=CARS, height=HEIGHT):
    return to_image(np.full((cars, height, WIDTH), step % 256, np.uint8), to_stamp(step))


def state_of(step, cars=CARS):
    table = np.zeros(cars, STATE_TYPE)
    state_block(table)[:] = np.arange(cars)[:, None] + 0.5 * step
    table["term_progress"], table["term_failure"] = step + 1, -1
    table["status"], table["reward"] = Status.IN_PROGRESS, step
    message = PointCloud2(height=1, width=cars, point_step=STATE_TYPE.itemsize)
    message.header.stamp = to_stamp(step)
    message.data = array.array("B", table.tobytes())
    return message


def drive_of(step, cars=CARS):
    message = to_drive(np.full(cars, 0.01), np.full(cars, 1.0), np.zeros(cars), [""] * cars, "3", to_stamp(step))
    return message


class Course:
    """The recorder, with a test for simulation and agent."""

    def __init__(self, graph, setting):
        self.graph, self.config = graph, setting.config
        self.acknowledged = []
        graph.probe.create_subscription(Time, "recorder/recorded", self._on_recorded, 10)
        self.node = graph.add(RecorderNode)
        self.reader = ExperienceReader(self.config.experience.url, setting.run)
        quality = recorded(STEPS + 8)
        self._images = graph.publisher(Image, "camera/image_raw", quality)
        self._states = graph.publisher(PointCloud2, "race/state", quality)
        self._drives = graph.publisher(JointState, "drive", quality)
        graph.until(lambda: graph.probe.count_publishers("recorder/recorded") == 1)

    def _on_recorded(self, message):
        self.acknowledged.append(round(to_nanoseconds(message) * 1e-9 / CONTROL_PERIOD))

    def send(self, *messages):
        for message in messages:
            kinds = {Image: self._images, PointCloud2: self._states, JointState: self._drives}
            kinds[type(message)].publish(message)

    def step(self, step):
        self.send(state_of(step), image_of(step), drive_of(step))

    def until_acknowledged(self, step, seconds=10.0):
        self.graph.until(lambda: self.acknowledged and self.acknowledged[-1] == step, seconds)

    def drive_to(self, first, last):
        """Drive from one step to another as fast as the simulation may: the window ahead of the recorder."""
        for step in range(first, last + 1):
            self.graph.until(lambda step=step: step - (self.acknowledged or [first])[-1] <= STEPS + 8)
            self.step(step)

    def take(self, count):
        taken = self.reader.take(count, count, 5.0)
        self.reader.acknowledge([item.stream_id for item in taken])
        return [item.segment for item in taken]


@pytest.fixture
def course(graph, setting, redis_server):
    def make(**changes):
        made = setting(**changes)
        return Course(graph(made), made)

    return make


def check_course(segments, first=0):
    """Check that the segments of each car follow one another and hold what was driven."""
    for car in range(CARS):
        mine = [segment for segment in segments if segment.car == car]
        assert [segment.sequence for segment in mine] == list(range(len(mine)))
        for segment in mine:
            start = first + segment.sequence * STEPS
            np.testing.assert_array_equal(
                segment.observations[CAMERA][:, 0, 0], np.arange(start, start + STEPS + 1) % 256
            )
            np.testing.assert_array_equal(segment.reward, np.arange(start + 1, start + STEPS + 1))
            np.testing.assert_array_equal(segment.terms["progress"] + segment.terms["failure"], segment.reward)
            state = car + 0.5 * np.arange(start, start + STEPS + 1)
            np.testing.assert_array_equal(segment.observations["state"], np.tile(state[:, None], len(STATE_NAMES)))
            assert segment.model_version == 3


def test_acknowledges_what_is_in_redis(course):
    course = course()
    course.drive_to(0, STEPS - 1)
    course.graph.until(lambda: course.acknowledged == [0])
    assert course.reader.status().appended == 0
    course.step(STEPS)
    course.until_acknowledged(STEPS)
    assert course.reader.status().appended == CARS
    course.drive_to(STEPS + 1, 2 * STEPS)
    course.until_acknowledged(2 * STEPS)
    assert course.reader.status().appended == 2 * CARS
    check_course(course.take(2 * CARS))


def test_begins_at_the_first_whole_step(course):
    course = course()
    course.send(image_of(40), drive_of(40))  # its state was published before the recorder came
    course.drive_to(41, 41 + STEPS)
    course.until_acknowledged(41 + STEPS)
    assert course.acknowledged == [41, 41 + STEPS]
    check_course(course.take(CARS), first=41)


def test_follows_a_simulation_that_began_anew(course):
    course = course()
    course.drive_to(0, STEPS + 4)
    course.until_acknowledged(STEPS)
    course.drive_to(0, STEPS)
    course.graph.until(lambda: course.acknowledged == [0, STEPS, 0, STEPS])
    segments = course.take(2 * CARS)
    assert sorted(segment.sequence for segment in segments) == [0] * CARS + [1] * CARS
    for segment in segments:
        np.testing.assert_array_equal(segment.observations[CAMERA][:, 0, 0], np.arange(STEPS + 1))


def test_what_fits_not_is_refused_and_reported(course):
    course = course()
    course.step(0)
    nan = drive_of(1)
    nan.velocity[2] = np.nan
    foreign = PointCloud2(height=1, width=1, point_step=12, data=array.array("B", bytes(12)))
    foreign.header.stamp = to_stamp(1)
    wrong = {
        "FRONT_FACING_CAMERA: found (3, 40, 48)": image_of(1, cars=3),
        "FRONT_FACING_CAMERA: found (1, 30, 48)": image_of(1, cars=1, height=30),
        "race/state: found 5 cars": state_of(1, cars=5),
        "race/state: found 12 bytes": foreign,
        "drive: found [0, 0, 0] numbers": drive_of(1, cars=0),
        "drive: found NaN": nan,
    }
    for complaint, message in wrong.items():
        course.send(message)
        course.graph.until(lambda complaint=complaint: course.graph.complained(complaint))
    course.drive_to(1, STEPS)
    course.until_acknowledged(STEPS)
    check_course(course.take(CARS))
    assert course.graph.diagnostics["recorder"]["bad_messages"] == str(len(wrong))


def test_a_redis_without_memory_is_waited_for(course, redis_server):
    course = course()
    course.reader.status()
    course.drive_to(0, STEPS - 1)
    course.graph.until(lambda: course.acknowledged == [0])
    client = course.reader._connection.client
    before = client.config_get("maxmemory")["maxmemory"]
    client.config_set("maxmemory", 1)
    try:
        course.drive_to(STEPS, STEPS + 3)
        course.graph.until(lambda: course.graph.complained("refuses writes"))
        assert course.acknowledged == [0]
        assert course.reader.status().appended == 0
    finally:
        client.config_set("maxmemory", before)
    course.until_acknowledged(STEPS)
    check_course(course.take(CARS))
    course.graph.until(lambda: course.graph.diagnostics["recorder"]["message"] == "running")


def test_experience_that_nobody_takes_stops_the_course(course):
    course = course(experience={"capacity_segments": CARS})
    course.drive_to(0, 2 * STEPS)
    course.graph.until(lambda: course.graph.diagnostics.get("recorder", {}).get("waiting", "").startswith("full: "))
    assert course.acknowledged == [0]
    assert course.graph.complaints == []  # the trainer will take it
    first = course.take(CARS)
    course.until_acknowledged(STEPS)
    second = course.take(CARS)
    course.until_acknowledged(2 * STEPS)
    check_course(first + second)


def test_a_killed_redis_loses_nothing_that_was_acknowledged(graph, setting, tmp_path):
    with LocalRedis(tmp_path / "redis") as server:
        made = setting(experience={"url": server.url})
        course = Course(graph(made), made)
        for part in range(4):
            course.drive_to(part * 20, part * 20 + 19)
            server.kill()
            if part < 3:
                server.restart()
        course.step(80)
        course.graph.until(lambda: course.node._writer.retries > 0)  # it asks a server that is away again
        server.restart()
        course.until_acknowledged(80)
        assert course.acknowledged == list(range(0, 81, STEPS))
        assert course.node._writer.retries > 0
        segments = course.take(10 * CARS)
        check_course(segments)
        assert len(segments) == 10 * CARS
        assert course.reader.status().segments == 0


def test_stops_at_once_without_redis_and_acknowledges_nothing(graph, setting, tmp_path):
    with LocalRedis(tmp_path / "redis") as server:
        made = setting(experience={"url": server.url})
        course = Course(graph(made), made)
        server.kill()
        course.drive_to(0, STEPS)
        course.graph.until(lambda: course.node._writer.retries > 0)
        began = time.monotonic()
        course.node.close()
        assert time.monotonic() - began < 3.0
        course.graph.spin(0.1)
        assert course.acknowledged == [0]
