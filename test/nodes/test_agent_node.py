# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""The agent answers every frame once, and only good models drive."""

import array
import json
from dataclasses import replace

import boto3
import numpy as np
import pytest
from rcl_interfaces.srv import SetParametersAtomically
from rclpy.parameter import Parameter
from safetensors.numpy import save
from sensor_msgs.msg import Image, JointState
from std_msgs.msg import String

from deepracer_ros.learning.config import NetworkConfig
from deepracer_ros.models.policy_file import describe, encode_manifest
from deepracer_ros.nodes.agent_node import AgentNode
from deepracer_ros.nodes.messages.announcement import to_published
from deepracer_ros.nodes.messages.images import to_image
from deepracer_ros.nodes.messages.stamps import to_stamp
from deepracer_ros.nodes.qos import LATCHED
from deepracer_ros.race.control import CONTROL_PERIOD
from deepracer_ros.simulation.sensors import CAMERA, STATE
from deepracer_ros.training.policies import make_manifest

CARS, HEIGHT, WIDTH = 4, 40, 48

RUN = "run"


def frame(number):
    noise = np.random.default_rng(number).integers(0, 256, (CARS, HEIGHT, WIDTH), dtype=np.uint8)
    return to_image(noise, to_stamp(number))


class Driver:
    """The agent in lock-step with a test that sends the frames."""

    def __init__(self, graph, setting):
        self.graph, self.run = graph, setting.run
        self.answers = graph.listen(JointState, "drive")
        self.agent = graph.add(AgentNode)
        self._images = graph.publisher(Image, "camera/image_raw")
        self._announcements = graph.probe.create_publisher(String, "/model/published", LATCHED)
        graph.until(lambda: graph.probe.count_publishers("drive") == 1)
        self.sent = 0

    def send(self, message=None):
        self._images.publish(message or frame(self.sent))
        self.sent += message is None

    def drive(self):
        """Send a frame and return its answer."""
        before = len(self.answers)
        self.send()
        self.graph.until(lambda: len(self.answers) > before)
        assert len(self.answers) == before + 1
        assert self.answers[-1].header.stamp == to_stamp(self.sent - 1)
        return self.answers[-1]

    def drive_until(self, condition):
        while not condition(self.drive()):
            pass

    def announce(self, manifest=None):
        """Say which model is out, or only that there is something to look for."""
        self._announcements.publish(to_published(manifest, 0.0) if manifest else String(data="{}"))


@pytest.fixture
def driver(graph, setting, s3):
    made = setting()
    return Driver(graph(made), made)


def test_every_frame_has_one_answer_and_no_frame_has_none(driver):
    driver.graph.spin(0.3)
    assert driver.answers == []
    first, second = driver.drive(), driver.drive()
    assert first.header.frame_id == "random"
    assert len(first.name) == len(first.position) == len(first.velocity) == len(first.effort) == CARS
    assert first.position != second.position
    driver.send(frame(1))  # repeated, as by a simulation that has no answer yet: nothing is drawn anew
    driver.graph.until(lambda: len(driver.answers) == 3)
    assert driver.answers[2] == second


def test_a_bad_image_has_no_answer_and_is_reported(driver):
    driver.drive()
    wrong = frame(5)
    wrong.data = array.array("B", wrong.data[:-1])
    driver.send(wrong)
    driver.graph.until(lambda: driver.graph.complained("bytes in rows of"))
    other = frame(6)
    other.encoding = "32FC1"
    driver.send(other)
    driver.graph.until(lambda: driver.graph.complained("32FC1"))
    assert driver.graph.diagnostics["agent"]["bad_frames"] == "2"
    assert len(driver.answers) == 1
    driver.drive()
    driver.graph.until(lambda: driver.graph.diagnostics["agent"]["message"] == "running")


def test_a_model_takes_over_between_two_frames_without_losing_one(driver, setting, random_weights):
    config = driver.agent.config
    store = setting(run=driver.run).store
    driver.drive()
    for version in (1, 2, 3):
        published = store.publish(random_weights(config), make_manifest(config, driver.run, version, 0))
        assert published.version == version
        driver.announce(published)
        driver.drive_until(lambda answer, wanted=str(version): answer.header.frame_id == wanted)
    assert [answer.header.stamp for answer in driver.answers] == [to_stamp(n) for n in range(driver.sent)]
    versions = [answer.header.frame_id for answer in driver.answers]
    assert sorted(versions, key=lambda v: 0 if v == "random" else int(v)) == versions
    latched = driver.graph.listen(String, "agent/model", LATCHED)
    driver.graph.until(lambda: latched)
    said = json.loads(latched[-1].data)
    assert (said["version"], said["sha256"]) == (3, published.sha256)


def test_a_ready_model_drives_the_next_frame(driver, setting, random_weights):
    """What is loaded beside the driving is there at the next frame, so within one control period."""
    config = driver.agent.config
    driver.drive()
    setting(run=driver.run).store.publish(random_weights(config), make_manifest(config, driver.run, 1, 0))
    driver.announce()
    loader = driver.agent.driver._loader
    driver.graph.until(lambda: loader.reloads == 1 and loader.last_seconds > 0.0)
    assert driver.drive().header.frame_id == "1"
    assert CONTROL_PERIOD == 1 / 15


@pytest.fixture
def put(s3):
    """Put an object into the bucket, past the publisher's own checks."""
    client = boto3.client("s3", endpoint_url=s3.endpoint, region_name="us-east-1")
    return lambda key, body: client.put_object(Bucket="deepracer", Key=key, Body=body)


def _described(config, version, tensors):
    policy = save(tensors)
    return policy, describe(make_manifest(config, RUN, 0, 0), policy, tensors, version)


def _bad_models(config, random_weights):
    """Yield what may be wrong with a model, and a part of what the agent says of it."""
    tensors = random_weights(config)
    policy, manifest = _described(config, 2, tensors)
    damaged = bytearray(policy)
    damaged[len(policy) // 2] ^= 1
    yield "sha256", bytes(damaged), manifest
    policy, manifest = _described(config, 3, tensors)
    yield "bytes", policy[:-10], manifest
    other = random_weights(replace(config, network=NetworkConfig(width=64, height=48)))
    yield "do not fit", *_described(config, 4, other)
    bad = {name: array.copy() for name, array in tensors.items()}
    next(iter(bad.values())).flat[0] = np.nan
    yield "NaN", *_described(config, 5, bad)
    huge = {name: np.full_like(array, 3e38) for name, array in tensors.items()}
    yield "not finite", *_described(config, 6, huge)
    more = replace(config, sensors=(CAMERA, STATE), network=replace(config.network, reads=(CAMERA, STATE)))
    yield "expected only sensors that are there", *_described(more, 7, random_weights(more))


def test_bad_models_leave_the_good_one_driving_and_are_reported(driver, setting, put, random_weights):
    config = driver.agent.config
    folder = f"models/{driver.run}"
    setting(run=driver.run).store.publish(random_weights(config), make_manifest(config, driver.run, 1, 0))
    driver.announce()
    driver.drive_until(lambda answer: answer.header.frame_id == "1")
    diagnostics = driver.graph.diagnostics

    def publish(policy, manifest):
        put(f"{folder}/{manifest.version:08d}/policy.safetensors", policy)
        put(f"{folder}/{manifest.version:08d}/manifest.json", encode_manifest(manifest))
        put(f"{folder}/last.json", json.dumps({"version": manifest.version, "sha256": manifest.sha256}).encode())

    cases = [(said, lambda made=made: publish(*made)) for said, *made in _bad_models(config, random_weights)]
    cases.append(("last.json", lambda: put(f"{folder}/last.json", b"{")))
    for said, put_it in cases:
        put_it()
        driver.announce()
        driver.drive_until(lambda _, said=said: driver.graph.complained(said))
        assert driver.drive().header.frame_id == "1"
        assert np.isfinite(driver.answers[-1].position).all()
    assert diagnostics["agent"]["refused_models"] == "6"
    publish(*_described(config, 8, random_weights(config)))
    driver.announce()
    driver.drive_until(lambda answer: answer.header.frame_id == "8")
    driver.drive_until(lambda _: diagnostics["agent"]["message"] == "running")


def choose(driver, **values):
    """Call `~/set_model` and return its answer."""
    client = driver.graph.probe.create_client(SetParametersAtomically, "agent/set_model")
    driver.graph.until(client.service_is_ready)
    parameters = [Parameter(name, value=value).to_parameter_msg() for name, value in values.items()]
    future = client.call_async(SetParametersAtomically.Request(parameters=parameters))
    driver.graph.until(future.done)
    return future.result().result


def test_a_version_that_is_chosen_drives_until_another_one_is(driver, setting, random_weights):
    config, store = driver.agent.config, setting(run=driver.run).store
    for version in (1, 2, 3):
        store.publish(random_weights(config), make_manifest(config, driver.run, version, 0))
    driver.announce()
    driver.drive_until(lambda answer: answer.header.frame_id == "3")
    answer = choose(driver, version=1)
    assert (answer.successful, answer.reason) == (True, "loads version 1")
    driver.drive_until(lambda answer: answer.header.frame_id == "1")
    driver.announce()  # as if it were new
    loader = driver.agent.driver._loader
    reloads = loader.reloads
    driver.drive()
    assert choose(driver, version=9).successful
    driver.drive_until(lambda _: driver.graph.complained("00000009"))
    assert driver.drive().header.frame_id == "1"
    assert loader.reloads == reloads
    assert choose(driver, version=0).reason == "follows the newest model"
    driver.drive_until(lambda answer: answer.header.frame_id == "3")
    for wrong in ({"version": -1}, {"version": "1"}, {}, {"version": 1, "other": 2}):
        answer = choose(driver, **wrong)
        assert not answer.successful
        assert "expected one integer `version`" in answer.reason
