# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""A policy as an ONNX graph, which most inference engines read; it computes the same as the graph for the cars."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from deepracer_ros.export.car_network import CarNetwork, Linear
from deepracer_ros.formats.metadata import HEIGHT, WIDTH
from deepracer_ros.learning.config import CAMERA
from deepracer_ros.packages import load_package

OUTPUT = "policy"
OPERATORS = 17
"""Version of the operators, which engines of 2022 and later have."""
VERSION = 8
"""Version of the file format that belongs to it."""


class OnnxWriter:
    """Collects the nodes of a graph; every method returns the name of what it adds."""

    def __init__(self, onnx: Any) -> None:  # noqa: ANN401
        """Begin with an empty graph.

        Args:
            onnx: The package onnx.
        """
        self._onnx = onnx
        self._nodes: list[Any] = []
        self._constants: list[Any] = []

    def node(self, name: str, operation: str, *inputs: str, **attributes: int | list[int]) -> str:
        """Add a node; `operation` is ONNX' name of what it computes."""
        self._nodes.append(self._onnx.helper.make_node(operation, inputs, [name], name, **attributes))
        return name

    def constant(self, name: str, values: NDArray[np.generic]) -> str:
        """Add numbers."""
        self._constants.append(self._onnx.numpy_helper.from_array(values, name))
        return name

    def weights(self, name: str, weight: NDArray[np.float32], bias: NDArray[np.float32]) -> tuple[str, str]:
        """Add the weights and the bias of a layer."""
        return self.constant(f"{name}_weight", weight), self.constant(f"{name}_bias", bias)

    def linear(self, name: str, x: str, layer: Linear) -> str:
        """Add a linear layer."""
        return self.node(name, "Gemm", x, *self.weights(name, layer.weight, layer.bias), transB=1)

    def above_one(self, name: str, x: str, layer: Linear) -> str:
        """Add one and the softplus of a linear layer."""
        softplus = self.node(f"{name}_softplus", "Softplus", self.linear(f"{name}_output", x, layer))
        return self.node(name, "Add", softplus, self.constant(f"{name}_one", np.array(1.0, np.float32)))

    def finish(self, outputs: int) -> bytes:
        """Return the serialised model from the frame to `outputs` numbers."""
        helper, kind = self._onnx.helper, self._onnx.TensorProto.FLOAT
        frame = helper.make_tensor_value_info(CAMERA, kind, [1, 1, HEIGHT, WIDTH])
        policy = helper.make_tensor_value_info(OUTPUT, kind, [1, outputs])
        graph = helper.make_graph(self._nodes, "deepracer", [frame], [policy], self._constants)
        operators = [helper.make_opsetid("", OPERATORS)]
        model = helper.make_model(graph, opset_imports=operators, ir_version=VERSION, producer_name="deepracer_ros")
        return bytes(model.SerializeToString(deterministic=True))


def to_onnx(network: CarNetwork) -> bytes:
    """Return a policy as a serialised ONNX model.

    Its input `FRONT_FACING_CAMERA` is a frame (1, 1, 120, 160) float32 with levels from 0 to 255, its output `policy`
    the probability of each action (1, K), or steering and speed (1, 2) from -1 to 1.

    Args:
        network: The layers.

    Raises:
        InputError: if the package onnx is not installed.
    """
    writer, activation = OnnxWriter(load_package("onnx", "'deepracer_ros[onnx]'")), network.activation.capitalize()
    x = _pixels(writer, network)
    for number, layer in enumerate(network.convolutions):
        name = f"convolution_{number}"
        stride = [layer.stride, layer.stride]
        x = writer.node(name, "Conv", x, *writer.weights(name, layer.weight, layer.bias), strides=stride)
        x = writer.node(f"{name}_{network.activation}", activation, x)
    x = writer.node("flat", "Flatten", writer.node("rows_columns_channels", "Transpose", x, perm=[0, 2, 3, 1]))
    for number, dense in enumerate(network.hidden):
        name = f"hidden_{number}"
        x = writer.node(f"{name}_{network.activation}", activation, writer.linear(name, x, dense))
    head = network.head
    if not network.is_continuous:
        writer.node(OUTPUT, "Softmax", writer.linear("logits", x, head), axis=1)
        return writer.finish(len(head.bias))
    alpha = writer.above_one("alpha", x, Linear(head.weight[:2], head.bias[:2]))
    beta = writer.above_one("beta", x, Linear(head.weight[2:], head.bias[2:]))
    # The mean of a Beta distribution, alpha / (alpha + beta), from -1 to 1 in place of 0 to 1.
    writer.node(OUTPUT, "Div", writer.node("difference", "Sub", alpha, beta), writer.node("total", "Add", alpha, beta))
    return writer.finish(2)


def _pixels(writer: OnnxWriter, network: CarNetwork) -> str:
    """Add what turns the frame into the pixels of the first convolution: the area resize of OpenCV, and the crop."""
    x, side = CAMERA, network.shrink
    if side > 1:
        x = writer.node("mean", "AveragePool", x, kernel_shape=[side, side], strides=[side, side])
        if network.rounds_up:
            half = writer.constant("half", np.array(0.5, np.float32))
            x = writer.node("pixels", "Floor", writer.node("above", "Add", x, half))
        else:
            x = writer.node("pixels", "Round", x)
    if network.crop_top:
        ends = {"first_row": network.crop_top, "last_row": HEIGHT // side, "axis": 2}
        x = writer.node("road", "Slice", x, *(writer.constant(name, np.array([end])) for name, end in ends.items()))
    return x
