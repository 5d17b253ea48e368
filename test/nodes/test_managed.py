# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""Agent and simulation are managed nodes: active they drive, any other state stops, and they share a process."""

from functools import partial

import numpy as np
import pytest
from geometry_msgs.msg import Twist
from lifecycle_msgs.msg import Transition
from lifecycle_msgs.srv import ChangeState, GetState
from rclpy.node import Node
from rclpy.qos import qos_profile_sensor_data
from sensor_msgs.msg import Image, PointCloud2
from std_srvs.srv import Trigger

from deepracer_ros.nodes.agent_node import AgentNode
from deepracer_ros.nodes.messages.images import to_image
from deepracer_ros.nodes.messages.state import from_state
from deepracer_ros.nodes.simulation_node import SimulationNode
from deepracer_ros.simulation.sensors import CAMERA, STATE


class Lifecycle:
    """A lifecycle manager of one node."""

    def __init__(self, graph, name):
        self.graph = graph
        services = (("change_state", ChangeState), ("get_state", GetState), ("reload_model", Trigger))
        self._clients = {service: graph.probe.create_client(kind, f"{name}/{service}") for service, kind in services}

    def call(self, name, request):
        client = self._clients[name]
        self.graph.until(client.service_is_ready)
        future = client.call_async(request)
        self.graph.until(future.done)
        return future.result()

    def change(self, transition):
        """Return whether a transition succeeded, and the state after it."""
        answer = self.call("change_state", ChangeState.Request(transition=Transition(id=transition)))
        return answer.success, self.state

    @property
    def state(self):
        return self.call("get_state", GetState.Request()).current_state.label


class Manager(Lifecycle):
    """A lifecycle manager, a camera and a receiver around the agent of one car."""

    def __init__(self, graph, made):
        super().__init__(graph(made), "agent")
        self.agent = self.graph.add(AgentNode)
        self.speeds = []
        probe = self.graph.probe
        probe.create_subscription(Twist, "cmd_vel", lambda message: self.speeds.append(message.linear.x), 10)
        self._images = probe.create_publisher(Image, "camera/image_raw", qos_profile_sensor_data)

    def send(self):
        self._images.publish(to_image(np.full((1, 40, 48), 90, np.uint8), self.graph.probe.get_clock().now().to_msg()))
        self.graph.spin_all()

    def drive(self, moving):
        """Send frames until the newest command is that of a car that moves, or stands."""
        before = len(self.speeds)
        self.graph.until(lambda: self.send() or (len(self.speeds) > before and (self.speeds[-1] != 0.0) == moving))


@pytest.fixture
def manager(graph, setting, untrained):
    def make(model=untrained, **place):
        agent = {"model": str(model), "explore": False, "live_camera": True, "max_age": 2.0}
        return Manager(graph, setting(agent=agent, simulation={"cars": 1}, **place))

    return make


def test_it_starts_by_itself_stops_at_deactivation_and_drives_again(manager):
    manager = manager()
    assert isinstance(manager.agent, Node)
    assert manager.state == "active"
    manager.drive(moving=True)
    assert manager.change(Transition.TRANSITION_DEACTIVATE) == (True, "inactive")
    manager.graph.until(lambda: manager.speeds[-1] == 0.0)
    stopped = len(manager.speeds)
    for _ in range(5):
        manager.send()
    assert not any(manager.speeds[stopped:])
    assert manager.change(Transition.TRANSITION_ACTIVATE) == (True, "active")
    manager.drive(moving=True)


def test_a_lifecycle_manager_starts_it_and_cleans_it_up(manager):
    manager = manager(autostart=False)
    assert manager.state == "unconfigured"
    assert manager.graph.probe.count_subscribers("camera/image_raw") == 0
    for transition, state in (
        (Transition.TRANSITION_CONFIGURE, "inactive"), (Transition.TRANSITION_ACTIVATE, "active"),
    ):  # fmt: skip
        assert manager.change(transition) == (True, state)
    manager.drive(moving=True)
    for transition, state in (
        (Transition.TRANSITION_DEACTIVATE, "inactive"), (Transition.TRANSITION_CLEANUP, "unconfigured"),
        (Transition.TRANSITION_CONFIGURE, "inactive"), (Transition.TRANSITION_ACTIVATE, "active"),
    ):  # fmt: skip
        assert manager.change(transition) == (True, state)
    manager.drive(moving=True)
    assert manager.change(Transition.TRANSITION_ACTIVE_SHUTDOWN) == (True, "finalized")
    manager.graph.until(lambda: manager.speeds[-1] == 0.0)


def test_a_model_that_cannot_be_read_leaves_it_unconfigured(manager, tmp_path):
    manager = manager(model=tmp_path / "absent", autostart=False)
    assert manager.change(Transition.TRANSITION_CONFIGURE) == (False, "unconfigured")


def test_the_model_is_read_again_on_request(manager, untrained):
    manager = manager()
    answer = manager.call("reload_model", Trigger.Request())
    assert (answer.success, answer.message) == (True, "drives with version 0")
    (untrained / "policy.safetensors").write_bytes(b"")
    answer = manager.call("reload_model", Trigger.Request())
    assert not answer.success
    assert "policy.safetensors" in answer.message
    manager.drive(moving=True)  # with the old model


def test_a_model_that_reads_other_sensors_is_refused_and_the_old_one_drives(
    manager, untrained, setting, tmp_path, write_untrained
):
    manager = manager()
    setting_of_other = setting(sensors=[CAMERA, STATE], network={"reads": [CAMERA, STATE]})
    write_untrained(tmp_path / "other", setting_of_other.config)
    for path in (tmp_path / "other").iterdir():
        (untrained / path.name).write_bytes(path.read_bytes())
    answer = manager.call("reload_model", Trigger.Request())
    assert not answer.success
    assert f"found {CAMERA}, {STATE}, expected only sensors that are there: {CAMERA}" in answer.message
    manager.drive(moving=True)


def test_the_simulation_s_time_goes_on_only_while_it_is_active(graph, setting):
    made = graph(setting(simulation={"real_time": True}, autostart=False))
    simulation = made.add(SimulationNode)
    cycle, frames = Lifecycle(made, "simulation"), made.listen(Image, "camera/image_raw")
    assert (cycle.state, made.probe.count_publishers("camera/image_raw")) == ("unconfigured", 0)
    for _ in range(2):
        assert cycle.change(Transition.TRANSITION_CONFIGURE) == (True, "inactive")
        made.until(lambda: made.probe.count_publishers("camera/image_raw") == 1)
        before = len(frames)
        made.spin(0.2)
        assert len(frames) == before
        assert cycle.change(Transition.TRANSITION_ACTIVATE) == (True, "active")
        made.until(lambda before=before: len(frames) > before)
        assert cycle.change(Transition.TRANSITION_DEACTIVATE) == (True, "inactive")
        made.spin(0.2)
        before = len(frames)
        made.spin(0.2)
        assert len(frames) == before
        assert cycle.change(Transition.TRANSITION_CLEANUP) == (True, "unconfigured")
        made.until(lambda: made.probe.count_publishers("camera/image_raw") == 0)
    assert simulation.stepper is None
    assert cycle.change(Transition.TRANSITION_UNCONFIGURED_SHUTDOWN) == (True, "finalized")


def test_three_cars_in_one_process_are_composed_by_namespace(graph, setting, untrained):
    agent = {"model": str(untrained), "explore": False}
    made = graph(setting(simulation={"cars": 1, "real_time": True, "real_time_factor": 10.0}, agent=agent))
    names = [f"car_{number}" for number in (1, 2, 3)]
    states = {name: made.listen(PointCloud2, f"{name}/race/state") for name in names}
    for name in names:
        made.add(partial(AgentNode, namespace=name))
        made.add(partial(SimulationNode, namespace=name))
    terms = ("progress", "failure")
    made.until(
        lambda: all(any(from_state(state, terms)["speed"][0] > 0.3 for state in seen) for seen in states.values())
    )
    running = set(made.probe.get_node_names_and_namespaces())
    assert {(node, f"/{name}") for node in ("agent", "simulation") for name in names} <= running


def test_a_destroyed_node_leaves_no_service_behind(manager):
    manager = manager()
    probe = manager.graph.probe
    agent, services = manager.agent, ("agent/change_state", "agent/get_state", "agent/reload_model")
    manager.graph.until(lambda: all(map(probe.count_services, services)))
    manager.graph.executor.remove_node(agent)
    agent.close()
    agent.destroy_node()
    manager.graph.until(lambda: not any(map(probe.count_services, services)), seconds=5.0)
