# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""A policy as the frozen graph of TensorFlow 1 that the cars load, written without TensorFlow.

The nodes have the names that DeepRacer's own graphs have: the cars and the tools find input and output by them. The
graph has frames (1, 120, 160, 1) with levels from 0 to 255 as its only input. Its only output is the policy: the
probability of each action, or steering and speed from -1 to 1.
"""

import numpy as np
from numpy.typing import NDArray
from tensorboardX.proto.attr_value_pb2 import AttrValue
from tensorboardX.proto.graph_pb2 import GraphDef
from tensorboardX.proto.tensor_pb2 import TensorProto
from tensorboardX.proto.tensor_shape_pb2 import TensorShapeProto
from tensorboardX.proto.types_pb2 import DT_FLOAT, DT_INT32
from tensorboardX.proto.versions_pb2 import VersionDef

from deepracer_ros.export.car_network import CarNetwork, Linear
from deepracer_ros.formats.metadata import CAMERAS, HEIGHT, WIDTH
from deepracer_ros.learning.config import CAMERA

LEVEL = "main_level/agent/main/online"
INPUTS = tuple(f"{LEVEL}/network_0/{name}/{name}" for name in CAMERAS)
"""Names of the node that takes the frame: today's, and that of the first version of the description."""
INPUT = INPUTS[0]
OUTPUT = f"{LEVEL}/network_1/ppo_head_0/policy"
"""Name of the node with the policy."""
CAMERA_LAYERS = f"{LEVEL}/network_1/{CAMERA}"
LAST_CONVOLUTION = "Conv2d_4"
"""Name of the last convolution, whose output the tools draw as a heat map."""
PRODUCER = 27
"""Version of graphs that TensorFlow 1.15 writes, less than which no reader of today refuses."""


class GraphWriter:
    """Adds nodes to a graph; every method returns the name of its last node."""

    def __init__(self) -> None:
        """Begin with an empty graph."""
        self.graph = GraphDef(versions=VersionDef(producer=PRODUCER))

    def node(self, name: str, operation: str, *inputs: str, **attributes: AttrValue) -> str:
        """Add a node of 32-bit floats.

        Args:
            name: Name of the node, unique in the graph.
            operation: TensorFlow's name of the operation.
            inputs: Names of the nodes that it reads.
            attributes: Its attributes besides the type of its elements.
        """
        node = self.graph.node.add(name=name, op=operation, input=inputs)
        for key, value in {"T": AttrValue(type=DT_FLOAT), **attributes}.items():
            node.attr[key].CopyFrom(value)
        return name

    def constant(self, name: str, values: NDArray[np.float32] | NDArray[np.int32]) -> str:
        """Add a node with numbers."""
        kind = DT_INT32 if values.dtype == np.int32 else DT_FLOAT
        content = np.ascontiguousarray(values).astype(values.dtype.newbyteorder("<")).tobytes()
        tensor = TensorProto(dtype=kind, tensor_shape=_shape(*values.shape), tensor_content=content)
        node = self.graph.node.add(name=name, op="Const")
        node.attr["dtype"].CopyFrom(AttrValue(type=kind))
        node.attr["value"].CopyFrom(AttrValue(tensor=tensor))
        return name

    def number(self, name: str, value: float) -> str:
        """Add a node with one number."""
        return self.constant(name, np.array(value, np.float32))

    def linear(self, name: str, x: str, layer: Linear) -> str:
        """Add a linear layer."""
        weight = self.constant(f"{name}/kernel", layer.weight.T)
        product = self.node(f"{name}/MatMul", "MatMul", x, weight, transpose_a=_truth(False), transpose_b=_truth(False))
        return self._biased(name, product, layer.bias)

    def convolution(self, name: str, x: str, weight: NDArray[np.float32], bias: NDArray[np.float32], step: int) -> str:
        """Add a convolution without padding; `weight` is (features, channels, kernel, kernel), `step` its stride."""
        kernel = self.constant(f"{name}/kernel", weight.transpose(2, 3, 1, 0))
        windows = {**_windows(strides=step), "dilations": _integers(1, 1, 1, 1)}
        return self._biased(name, self.node(f"{name}/Conv2D", "Conv2D", x, kernel, **windows), bias)

    def _biased(self, name: str, x: str, bias: NDArray[np.float32]) -> str:
        return self.node(
            f"{name}/BiasAdd", "BiasAdd", x, self.constant(f"{name}/bias", bias), data_format=_text("NHWC")
        )


def to_frozen_graph(network: CarNetwork) -> bytes:
    """Return a policy as a serialised GraphDef.

    Args:
        network: The layers.
    """
    writer = GraphWriter()
    frame = writer.graph.node.add(name=INPUT, op="Placeholder")
    frame.attr["dtype"].CopyFrom(AttrValue(type=DT_FLOAT))
    frame.attr["shape"].CopyFrom(AttrValue(shape=_shape(1, HEIGHT, WIDTH, 1)))
    x, activation = _pixels(writer, network), network.activation.capitalize()
    last = len(network.convolutions) - 1
    for number, layer in enumerate(network.convolutions):
        name = f"{CAMERA_LAYERS}/{LAST_CONVOLUTION if number == last else f'Conv2d_{number}'}"
        x = writer.convolution(name, x, layer.weight, layer.bias, layer.stride)
        x = writer.node(f"{name}/{activation}", activation, x)
    size = writer.constant(
        f"{CAMERA_LAYERS}/flatten/shape", np.array([-1, network.hidden[0].weight.shape[1]], np.int32)
    )
    x = writer.node(f"{CAMERA_LAYERS}/flatten/Reshape", "Reshape", x, size, Tshape=AttrValue(type=DT_INT32))
    for number, dense in enumerate(network.hidden):
        name = f"{LEVEL}/network_1/middleware_fc_embedder/Dense_{number}"
        x = writer.node(f"{name}/{activation}", activation, writer.linear(name, x, dense))
    _policy(writer, x, network)
    return bytes(writer.graph.SerializeToString(deterministic=True))


def _pixels(writer: GraphWriter, network: CarNetwork) -> str:
    """Add what turns the frame into the pixels of the first convolution: the area resize of OpenCV, and the crop."""
    x, name, side = INPUT, f"{CAMERA_LAYERS}/pixels", network.shrink
    if side > 1:
        mean = writer.node(f"{name}/AvgPool", "AvgPool", x, **_windows(ksize=side, strides=side))
        above = writer.node(f"{name}/above", "Add", mean, writer.number(f"{name}/half", 0.5))
        x = writer.node(f"{name}/Floor", "Floor", above)
        if not network.rounds_up:
            x = _to_even(writer, name, above, x, side)
    if network.crop_top:
        begin = writer.constant(f"{name}/begin", np.array([0, network.crop_top, 0, 0], np.int32))
        size = writer.constant(f"{name}/size", np.array([-1, -1, -1, -1], np.int32))
        x = writer.node(f"{name}/Slice", "Slice", x, begin, size, Index=AttrValue(type=DT_INT32))
    return x


def _to_even(writer: GraphWriter, name: str, above: str, rounded: str, side: int) -> str:
    """Subtract 1 from levels that are odd and were rounded up from half way: `above` has no fraction there."""
    fraction = writer.node(f"{name}/fraction", "Sub", above, rounded)
    parts = writer.node(f"{name}/parts", "Mul", fraction, writer.number(f"{name}/pixels", float(side * side)))
    one = writer.number(f"{name}/one", 1.0)
    minus = writer.node(f"{name}/minus", "Mul", parts, writer.number(f"{name}/sign", -1.0))
    is_half = writer.node(f"{name}/is_half", "Relu", writer.node(f"{name}/left", "Add", minus, one))
    halved = writer.node(f"{name}/halved", "Mul", rounded, writer.number(f"{name}/by", 0.5))
    even = writer.node(f"{name}/pairs", "Floor", halved)
    doubled = writer.node(f"{name}/doubled", "Mul", even, writer.number(f"{name}/two", 2.0))
    is_odd = writer.node(f"{name}/is_odd", "Sub", rounded, doubled)
    return writer.node(f"{name}/even", "Sub", rounded, writer.node(f"{name}/too_much", "Mul", is_half, is_odd))


def _policy(writer: GraphWriter, x: str, network: CarNetwork) -> None:
    head = f"{LEVEL}/network_1/ppo_head_0"
    if not network.is_continuous:
        writer.node(OUTPUT, "Softmax", writer.linear(f"{head}/logits", x, network.head))
        return
    parameters = []
    for name, rows in (("alpha", slice(0, 2)), ("beta", slice(2, 4))):
        layer = Linear(network.head.weight[rows], network.head.bias[rows])
        parameters.append(_above_one(writer, f"{head}/{name}", writer.linear(f"{head}/{name}", x, layer)))
    # The mean of a Beta distribution, alpha / (alpha + beta), from -1 to 1 in place of 0 to 1.
    difference = writer.node(f"{head}/difference", "Sub", *parameters)
    writer.node(OUTPUT, "RealDiv", difference, writer.node(f"{head}/total", "Add", *parameters))


def _above_one(writer: GraphWriter, name: str, x: str) -> str:
    """Add 1 + softplus(x) in operations that every converter has: relu(x) + log(1 + exp(-|x|)) + 1."""
    one = writer.number(f"{name}/one", 1.0)
    size = writer.node(f"{name}/Abs", "Abs", x)
    decay = writer.node(
        f"{name}/Exp", "Exp", writer.node(f"{name}/Neg", "Mul", size, writer.number(f"{name}/sign", -1.0))
    )
    bend = writer.node(f"{name}/Log", "Log", writer.node(f"{name}/inner", "Add", decay, one))
    softplus = writer.node(f"{name}/softplus", "Add", writer.node(f"{name}/Relu", "Relu", x), bend)
    return writer.node(f"{name}/parameter", "Add", softplus, one)


def _shape(*sides: int) -> TensorShapeProto:
    return TensorShapeProto(dim=[TensorShapeProto.Dim(size=side) for side in sides])


def _windows(**sides: int) -> dict[str, AttrValue]:
    """Return the attributes of square windows without padding, by the names of their sides."""
    squares = {name: _integers(1, side, side, 1) for name, side in sides.items()}
    return {**squares, "padding": _text("VALID"), "data_format": _text("NHWC")}


def _integers(*values: int) -> AttrValue:
    return AttrValue(list=AttrValue.ListValue(i=values))


def _text(value: str) -> AttrValue:
    return AttrValue(s=value.encode())


def _truth(value: bool) -> AttrValue:
    return AttrValue(b=value)


def outputs_of(graph: GraphDef) -> list[str]:
    """Return the names of the nodes that no other node reads."""
    read = {name.partition(":")[0].removeprefix("^") for node in graph.node for name in node.input}
    return [node.name for node in graph.node if node.name not in read]
