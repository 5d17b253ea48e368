# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

import math

import cv2
import numpy as np
import pytest
from tensorboardX.proto.graph_pb2 import GraphDef

from deepracer_ros.errors import InputError
from deepracer_ros.export.frozen_graph import INPUT, OUTPUT, outputs_of, to_frozen_graph
from deepracer_ros.export.onnx_graph import to_onnx
from deepracer_ros.export.trial import TOLERANCE, Graph, try_graph

from .conftest import CONTINUOUS, DISCRETE

NETWORKS = {
    "small": {"size": "small", "width": 80, "height": 60},
    "tiny quarter": {"size": "tiny", "width": 40, "height": 30},
    "tiny cropped": {"size": "tiny", "width": 80, "height": 60, "crop_top": 12},
    "shallow": {"size": "shallow", "width": 160, "height": 120},
    "standard cropped": {"size": "standard", "width": 80, "height": 60, "crop_top": 20},
}


@pytest.mark.parametrize("network", NETWORKS.values(), ids=NETWORKS)
@pytest.mark.parametrize("actions", [CONTINUOUS, DISCRETE], ids=["continuous", "discrete"])
def test_graphs_compute_what_the_policy_does(make_network, network, actions):
    layers = make_network(actions, **network)
    for form, content in (("tensorflow", to_frozen_graph(layers)), ("onnx", to_onnx(layers))):
        trial = try_graph(Graph(content, "graph", form), layers, "graph")
        assert trial.difference < TOLERANCE
        assert trial.same == (None if layers.is_continuous else trial.frames)


def test_the_actions_of_the_trial_differ(make_network):
    """Else a graph that ignores its input would pass."""
    layers = make_network(DISCRETE, size="small", width=80, height=60)
    graph = Graph(to_frozen_graph(layers), "graph")
    random = np.random.default_rng(1)
    chosen = {int(graph(random.integers(0, 256, (120, 160), dtype=np.uint8)).argmax()) for _ in range(50)}
    flat = {int(graph(np.full((120, 160), level, np.uint8)).argmax()) for level in range(0, 256, 5)}
    assert len(chosen | flat) > 1


def constant_outputs(make_network, actions, bias):
    """Return the outputs of a graph whose head ignores the frame."""
    count = len(bias)
    head = {"policy.weight": np.zeros((count, 128), np.float32), "policy.bias": np.array(bias, np.float32)}
    layers = make_network(actions, head, size="small", width=80, height=60)
    return Graph(to_frozen_graph(layers), "graph")(np.zeros((120, 160), np.uint8))


def test_probabilities_by_hand(make_network):
    outputs = constant_outputs(make_network, DISCRETE, np.log([1.0, 2.0, 3.0, 4.0, 5.0, 5.0]))
    np.testing.assert_allclose(outputs, [0.05, 0.1, 0.15, 0.2, 0.25, 0.25], atol=1e-6)


def test_steering_and_speed_by_hand(make_network):
    """softplus(log(e^x - 1)) is x: alpha 4 and 2, beta 2 and 4, so the means are 2/3 and 1/3, from -1 to 1 +-1/3."""
    three, one = math.log(math.e**3 - 1.0), math.log(math.e - 1.0)
    outputs = constant_outputs(make_network, CONTINUOUS, [three, one, one, three])
    np.testing.assert_allclose(outputs, [1.0 / 3.0, -1.0 / 3.0], atol=1e-6)
    far = constant_outputs(make_network, CONTINUOUS, [80.0, -80.0, -80.0, 80.0])  # no overflow far from 0
    np.testing.assert_allclose(far, [80.0 / 82.0, -80.0 / 82.0], atol=1e-5)


@pytest.mark.parametrize(("width", "height", "side"), [(80, 60, 2), (40, 30, 4)])
def test_pixels_half_way_between_two_levels_are_those_of_opencv(make_network, width, height, side):
    """A frame of such squares only: any other rounding moves every pixel by a level."""
    layers = make_network(size="tiny", width=width, height=height)
    levels = np.random.default_rng(2).integers(0, 255, (height, width), dtype=np.uint8)
    frame = np.repeat(np.repeat(levels, side, axis=0), side, axis=1)
    squares = frame.reshape(height, side, width, side)
    squares[:, : side // 2] += 1
    mean = squares.mean(axis=(1, 3))
    assert (mean % 1.0 == 0.5).all()
    seen = cv2.resize(frame, (width, height), interpolation=cv2.INTER_AREA)
    assert (seen == (np.floor(mean + 0.5) if layers.rounds_up else np.rint(mean))).all()
    for form, content in (("tensorflow", to_frozen_graph(layers)), ("onnx", to_onnx(layers))):
        outputs = Graph(content, "graph", form)(frame)
        np.testing.assert_allclose(outputs, layers.expected(frame[None])[0], atol=1e-5)


def test_names_and_shapes_are_deepracers(make_network):
    graph = GraphDef()
    graph.ParseFromString(to_frozen_graph(make_network(size="small", width=80, height=60)))
    (frame,) = (node for node in graph.node if node.op == "Placeholder")
    assert frame.name == INPUT == "main_level/agent/main/online/network_0/FRONT_FACING_CAMERA/FRONT_FACING_CAMERA"
    assert [side.size for side in frame.attr["shape"].shape.dim] == [1, 120, 160, 1]
    assert outputs_of(graph) == [OUTPUT] == ["main_level/agent/main/online/network_1/ppo_head_0/policy"]
    names = [node.name for node in graph.node]
    assert len(set(names)) == len(names)
    assert "main_level/agent/main/online/network_1/FRONT_FACING_CAMERA/Conv2d_4/Conv2D" in names


def test_the_same_model_gives_the_same_bytes(make_network):
    first, second = (to_frozen_graph(make_network(size="tiny", width=40, height=30)) for _ in range(2))
    assert first == second


REFUSED = [
    ({"size": "small", "width": 80, "height": 60, "colour": "rgb"}, CONTINUOUS, "network.colour: found rgb"),
    ({"size": "small", "width": 80, "height": 60, "stack_size": 2}, CONTINUOUS, "network.stack_size: found 2"),
    ({"size": "deep", "width": 160, "height": 120}, CONTINUOUS, "network.size: found deep"),
    ({"size": "small", "width": 64, "height": 48}, CONTINUOUS, "network.width, height: found 64 x 48"),
    ({"size": "small", "width": 80, "height": 80}, CONTINUOUS, "network.width, height: found 80 x 80"),
    ({"size": "small", "width": 320, "height": 240}, CONTINUOUS, "network.width, height: found 320 x 240"),
    ({"size": "small", "reads": ["state"]}, CONTINUOUS, "network.reads: found state"),
    (
        {"size": "small", "width": 80, "height": 60},
        {"type": "continuous", "steering_angle_centre": 5.0, "steering_angle_limit": 20.0},
        "actions.steering_angle_centre: found 5",
    ),
]


@pytest.mark.parametrize(("network", "actions", "words"), REFUSED, ids=[words for _, _, words in REFUSED])
def test_what_no_car_runs_is_refused_in_one_line(make_network, network, actions, words):
    with pytest.raises(InputError) as caught:
        make_network(actions, **network)
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)
