# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""Conversions of the graph for the cars by the makers' own tools, with 16-bit weights as the cars have them."""

import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from deepracer_ros.export.frozen_graph import INPUT, OUTPUT
from deepracer_ros.packages import load_package

Runner = Callable[[NDArray[np.uint8]], NDArray[np.float32]]
"""A function from a grey frame (120, 160) to the outputs (K,)."""


def to_openvino(graph: bytes) -> tuple[dict[str, bytes], Runner]:
    """Return the files model.xml and model.bin of OpenVINO by their names, and what runs them.

    Args:
        graph: The frozen graph.

    Raises:
        InputError: if the package openvino is not installed.
    """
    openvino = load_package("openvino", "openvino")
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "graph.pb").write_bytes(graph)
        openvino.save_model(openvino.convert_model(f"{folder}/graph.pb"), f"{folder}/model.xml", compress_to_fp16=True)
        files = {name: (Path(folder) / name).read_bytes() for name in ("model.xml", "model.bin")}
        compiled = openvino.Core().compile_model(f"{folder}/model.xml", "CPU")

    def run(frame: NDArray[np.uint8]) -> NDArray[np.float32]:
        return np.asarray(compiled(_batch(frame))[0], np.float32).reshape(-1)

    return files, run


def to_tflite(graph: bytes) -> tuple[bytes, Runner]:
    """Return a TensorFlow Lite model, and what runs it.

    Args:
        graph: The frozen graph.

    Raises:
        InputError: if the package tensorflow is not installed.
    """
    tensorflow = load_package("tensorflow", "tensorflow-cpu")
    lite = tensorflow.compat.v1.lite
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "graph.pb"
        path.write_bytes(graph)
        converter = lite.TFLiteConverter.from_frozen_graph(str(path), [INPUT], [OUTPUT])
        converter.optimizations = [tensorflow.lite.Optimize.DEFAULT]
        converter.target_spec.supported_types = [tensorflow.float16]
        content = bytes(converter.convert())
    interpreter = tensorflow.lite.Interpreter(model_content=content)
    interpreter.allocate_tensors()
    (source,), (target,) = interpreter.get_input_details(), interpreter.get_output_details()

    def run(frame: NDArray[np.uint8]) -> NDArray[np.float32]:
        interpreter.set_tensor(source["index"], _batch(frame))
        interpreter.invoke()
        return np.asarray(interpreter.get_tensor(target["index"]), np.float32).reshape(-1)

    return content, run


def _batch(frame: NDArray[np.uint8]) -> NDArray[np.float32]:
    return frame.astype(np.float32)[None, :, :, None]
