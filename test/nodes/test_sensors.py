# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""A sensor of one's own goes all the way: measured, published, driven by, recorded."""

import numpy as np
import pytest
from builtin_interfaces.msg import Time
from sensor_msgs.msg import Image, JointState, PointCloud2

from deepracer_ros.errors import InputError
from deepracer_ros.experience.reader import ExperienceReader
from deepracer_ros.nodes.agent_node import AgentNode
from deepracer_ros.nodes.messages.images import to_image
from deepracer_ros.nodes.messages.sensors import to_points
from deepracer_ros.nodes.messages.stamps import to_stamp
from deepracer_ros.nodes.recorder_node import RecorderNode
from deepracer_ros.nodes.simulation_node import SimulationNode
from deepracer_ros.race.state import STATE_NAMES
from deepracer_ros.simulation.sensors import CAMERA, SENSORS, STATE, SensorSpec, SensorType

CARS, STEPS = 4, 8
SPEED = SensorSpec((1,), "<f4", "m/s", ("speed",))
READS = [CAMERA, STATE, "SPEEDOMETER"]


def measure_speed(states, referee):
    return states.speed[:, None].astype(np.float32)


@pytest.fixture(autouse=True)
def speedometer(monkeypatch):
    """All that a sensor needs: one function, one line of registration."""
    monkeypatch.setitem(SENSORS, "SPEEDOMETER", SensorType(lambda config: SPEED, measure_speed))


@pytest.fixture
def reading(setting, tmp_path, write_untrained):
    """A run whose model reads the camera, `state` and the sensor."""
    changes = {"sensors": READS, "network": {"reads": list(READS)}}  # YAML would alias one list
    write_untrained(tmp_path / "model", setting(**changes).config)
    return setting(recorded=True, agent={"model": str(tmp_path / "model")}, **changes)


def test_a_registered_sensor_is_published_driven_by_and_recorded(graph, setting, redis_server, reading):
    made = graph(reading)
    points = made.listen(PointCloud2, "sensors/speedometer")
    recorded = made.listen(Time, "recorder/recorded")
    for maker in (AgentNode, RecorderNode, SimulationNode):
        made.add(maker)
    made.until(lambda: len(recorded) >= 3, 20.0)
    assert points[0].fields[0].count == 1
    items = ExperienceReader(reading.config.experience.url, reading.run).take(CARS, CARS, 5.0)
    for segment in (item.segment for item in items):
        assert list(segment.observations) == READS
        speed = segment.observations["SPEEDOMETER"][:, 0]
        state = segment.observations[STATE]
        np.testing.assert_array_equal(speed, state[:, STATE_NAMES.index("speed")])
        assert speed.max() > 0.5
        assert segment.model_version == 0
    assert made.complaints == []


class Sender:
    """The agent with a test for the simulation: observations in any order."""

    def __init__(self, graph, setting):
        self.graph = graph
        self.answers = graph.listen(JointState, "drive")
        self.agent = graph.add(AgentNode)
        self._images = graph.publisher(Image, "camera/image_raw")
        self._speeds = graph.publisher(PointCloud2, "sensors/speedometer")
        graph.until(lambda: graph.probe.count_publishers("drive") == 1)

    def image(self, step):
        self._images.publish(to_image(np.full((CARS, 40, 48), step, np.uint8), to_stamp(step)))

    def speed(self, step, numbers=1):
        values = np.full((CARS, numbers), step, np.float32)
        self._speeds.publish(to_points(values, SensorSpec((numbers,), "<f4", "m/s"), to_stamp(step)))


@pytest.fixture
def sender(graph, setting, tmp_path, write_untrained):
    changes = {"sensors": [CAMERA, STATE, "SPEEDOMETER"], "network": {"reads": [CAMERA, "SPEEDOMETER"]}}
    write_untrained(tmp_path / "model", setting(**changes).config)
    made = setting(agent={"model": str(tmp_path / "model")}, **changes)
    return Sender(graph(made), made)


def test_observations_are_joined_by_their_stamp_in_any_order(sender):
    sender.image(0)
    sender.speed(1)
    sender.graph.spin(0.2)
    assert sender.answers == []
    sender.speed(0)
    sender.graph.until(lambda: len(sender.answers) == 1)
    sender.image(1)
    sender.graph.until(lambda: len(sender.answers) == 2)
    assert [answer.header.stamp for answer in sender.answers] == [to_stamp(0), to_stamp(1)]


def test_an_observation_of_another_shape_is_reported_and_not_driven_by(sender):
    sender.speed(0, numbers=2)
    sender.image(0)
    sender.graph.until(lambda: sender.graph.complained("sensors/speedometer: found"))
    assert sender.answers == []
    sender.speed(0)
    sender.graph.until(lambda: len(sender.answers) == 1)


def test_observations_whose_frame_never_comes_are_bounded_and_counted(sender):
    gatherer = sender.agent.driver._gatherer
    for step in range(20):
        sender.speed(step)
        sender.graph.until(lambda step=step: gatherer.dropped + len(gatherer._pending) == step + 1)
    assert (gatherer.dropped, len(gatherer._pending)) == (12, 8)


def test_a_car_has_cameras_only(graph, setting, tmp_path, write_untrained):
    changes = {"sensors": [CAMERA, STATE], "network": {"reads": [CAMERA, STATE]}}
    write_untrained(tmp_path / "model", setting(**changes).config)
    made = graph(setting(agent={"model": str(tmp_path / "model"), "live_camera": True}, **changes))
    with pytest.raises(InputError, match="model reads FRONT_FACING_CAMERA, state: expected FRONT_FACING_CAMERA alone"):
        AgentNode()
    assert made
