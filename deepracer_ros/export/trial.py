# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""Trial of a graph before it goes to a car: OpenCV runs it on frames, beside the policy that it was made of."""

from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np
from google.protobuf.message import DecodeError
from numpy.typing import NDArray
from tensorboardX.proto.graph_pb2 import GraphDef

from deepracer_ros.config import from_mapping
from deepracer_ros.errors import InputError
from deepracer_ros.export.archive import Archive, describe
from deepracer_ros.export.car_network import CarNetwork
from deepracer_ros.export.conversions import Runner
from deepracer_ros.export.frozen_graph import INPUTS, OUTPUT, outputs_of
from deepracer_ros.formats.metadata import HEIGHT, WIDTH
from deepracer_ros.race.actions import ActionSpaceConfig, DiscreteActions, make_action_coder

Floats = NDArray[np.float32]

FRAMES = 200
"""Number of frames of a trial."""
TOLERANCE = 1e-4
"""Greatest difference of an output from that of the policy."""
SUM_TOLERANCE = 1e-3
"""Greatest difference of the sum of all probabilities from 1."""


@dataclass(frozen=True)
class Trial:
    """Result of a trial.

    Attributes:
        frames: Number of frames.
        difference: Greatest difference of an output from that of the policy; None: there was no policy.
        same: Number of frames for which the same action is most probable; None: there is no list of actions.
    """

    frames: int
    difference: float | None = None
    same: int | None = None

    def __str__(self) -> str:
        """Return the result in one line."""
        if self.difference is None:
            return f"on {self.frames} frames all outputs are as the description says"
        same = "" if self.same is None else f", the same action on {self.same}"
        return f"on {self.frames} frames at most {self.difference:.1g} from the policy{same}"


class Graph:
    """A graph in OpenCV, one frame at a time, as a car runs it."""

    def __init__(self, content: bytes, where: str, form: str = "tensorflow") -> None:
        """Load the graph.

        Args:
            content: The serialised graph.
            where: Its file, for error messages.
            form: "tensorflow" or "onnx".

        Raises:
            InputError: if OpenCV cannot load it.
        """
        self._where = where
        data = np.frombuffer(content, np.uint8)
        before = cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)  # its error is reported below
        try:
            self._net = cv2.dnn.readNetFromONNX(data) if form == "onnx" else cv2.dnn.readNetFromTensorflow(data)
        except cv2.error as error:
            raise InputError(f"{where}: OpenCV cannot load the graph ({_words(error)})") from error
        finally:
            cv2.utils.logging.setLogLevel(before)

    def __call__(self, frame: NDArray[np.uint8]) -> Floats:
        """Return the outputs (K,) for a grey frame (120, 160).

        Raises:
            InputError: if OpenCV cannot run the graph, or an output is not finite.
        """
        try:
            self._net.setInput(frame.astype(np.float32)[None, None])
            outputs = np.asarray(self._net.forward(), np.float32).reshape(-1)
        except cv2.error as error:
            raise InputError(f"{self._where}: OpenCV cannot run the graph ({_words(error)})") from error
        if not np.isfinite(outputs).all():
            raise InputError(f"{self._where}: found NaN or infinity in the outputs, expected finite numbers")
        return outputs


def try_graph(graph: Runner, network: CarNetwork, where: str, tolerance: float = TOLERANCE) -> Trial:
    """Run a graph beside the policy that it was made of.

    Args:
        graph: Computes outputs from a frame.
        network: The layers with the policy.
        where: What the graph is, for error messages.
        tolerance: Greatest difference of an output from that of the policy.

    Raises:
        InputError: if an output differs by more than the tolerance, or another action would be taken.
    """
    worst, same = 0.0, 0
    for frame in trial_frames():
        outputs, expected = graph(frame), network.expected(frame[None])[0]
        if outputs.shape != expected.shape:
            raise InputError(f"{where}: found {len(outputs)} outputs, expected the {len(expected)} of the policy")
        worst = max(worst, float(np.abs(outputs - expected).max()))
        # Of two outputs that are equal but for rounding either may be the greatest.
        same += bool(expected[outputs.argmax()] >= expected.max() - tolerance)
    if worst > tolerance or (same < FRAMES and not network.is_continuous):
        raise InputError(
            f"{where}: differs from the policy by {worst:.1g} and takes {same} of {FRAMES} of its actions, expected "
            f"at most {tolerance:g} and all"
        )
    return Trial(FRAMES, worst, None if network.is_continuous else same)


def try_archive(archive: Archive, where: str, network: CarNetwork | None = None) -> Trial:
    """Check an archive by the rules of the cars, and run its graph.

    Args:
        archive: The archive.
        where: Its file, for error messages.
        network: The policy that it should hold; None: only its outputs are checked by its description.

    Raises:
        InputError: if the graph or the description is wrong, they do not fit each other, or the policy is another one.
    """
    actions = from_mapping(ActionSpaceConfig, describe(archive, where)["actions"], f"{where}: action_space")
    _check_nodes(archive.graph, where)
    graph = Graph(archive.graph, where)
    if network is not None:
        return try_graph(graph, network, where)
    coder = make_action_coder(actions)
    expected = len(coder) if isinstance(coder, DiscreteActions) else coder.size
    for frame in trial_frames():
        outputs = graph(frame)
        if len(outputs) != expected:
            raise InputError(f"{where}: found {len(outputs)} outputs, expected {expected} for its action space")
        if isinstance(coder, DiscreteActions) and abs(float(outputs.sum()) - 1.0) > SUM_TOLERANCE:
            raise InputError(f"{where}: found the sum {outputs.sum():g} of the probabilities, expected 1")
    return Trial(FRAMES)


def trial_frames() -> Iterator[NDArray[np.uint8]]:
    """Yield `FRAMES` grey frames (120, 160), always the same ones: soft shapes, bright stripes and noise."""
    random = np.random.default_rng(0)
    for number in range(FRAMES):
        if number % 4 == 3:
            yield random.integers(0, 256, (HEIGHT, WIDTH), dtype=np.uint8)
            continue
        coarse = random.integers(0, 256, (random.integers(2, 13), random.integers(2, 17)), dtype=np.uint8)
        frame = np.asarray(cv2.resize(coarse, (WIDTH, HEIGHT), interpolation=cv2.INTER_CUBIC), np.uint8)
        if number % 4 != 2:
            ends = random.integers(0, WIDTH, 4).tolist()
            cv2.line(frame, (ends[0], HEIGHT), (ends[1], HEIGHT // 4), 255, 1 + number % 7)
            cv2.line(frame, (ends[2], HEIGHT), (ends[3], HEIGHT // 4), 255, 1 + number % 5)
        yield frame


def _check_nodes(content: bytes, where: str) -> None:
    """Check the names and shapes by which the cars find input and output.

    Raises:
        InputError: if the bytes are no graph, or it has another input or output.
    """
    graph = GraphDef()
    try:
        graph.ParseFromString(content)
    except DecodeError as error:
        raise InputError(f"{where}: the graph cannot be read, expected a frozen graph of TensorFlow 1") from error
    inputs = [node.name for node in graph.node if node.op == "Placeholder"]
    if len(inputs) != 1 or inputs[0] not in INPUTS:
        raise InputError(f"{where}: found the inputs {', '.join(inputs)[:200] or 'none'}, expected only {INPUTS[0]}")
    outputs = outputs_of(graph)
    if outputs != [OUTPUT]:
        raise InputError(f"{where}: found the outputs {', '.join(outputs)[:200] or 'none'}, expected only {OUTPUT}")
    shape = next(node for node in graph.node if node.op == "Placeholder").attr["shape"].shape
    sides = [dim.size for dim in shape.dim]
    if sides and (len(sides) != 4 or sides[0] not in (1, -1) or sides[1:] != [HEIGHT, WIDTH, 1]):
        raise InputError(f"{where}: found frames of shape {sides}, expected [1, {HEIGHT}, {WIDTH}, 1]")


def _words(error: cv2.error) -> str:
    text = " ".join(str(error).split())
    return text if len(text) <= 160 else f"{text[:157]}..."
