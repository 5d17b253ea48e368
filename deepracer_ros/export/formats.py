# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""The formats of an export; each runs beside the policy before anything is written."""

import json
from collections.abc import Callable
from pathlib import Path

from deepracer_ros.export.archive import Archive, check_name, write_archive
from deepracer_ros.export.car_network import CarNetwork
from deepracer_ros.export.conversions import to_openvino, to_tflite
from deepracer_ros.export.frozen_graph import to_frozen_graph
from deepracer_ros.export.onnx_graph import to_onnx
from deepracer_ros.export.trial import Graph, Trial, try_archive, try_graph
from deepracer_ros.files import replace_folder, write_atomically
from deepracer_ros.formats.metadata import to_metadata

HALF_PRECISION = 5e-3
"""Greatest difference of an output from that of the policy with 16-bit weights."""


def export_car(network: CarNetwork, path: Path) -> Trial:
    """Write an archive for the web page of a car.

    Args:
        network: The layers of the policy.
        path: The archive, NAME.tar.gz.

    Raises:
        InputError: if the name is wrong, the graph differs from the policy, or the file cannot be written.
    """
    check_name(path)
    metadata = to_metadata(network.actions, network.size)
    archive = Archive(to_frozen_graph(network), f"{json.dumps(metadata, indent=2)}\n".encode())
    trial = try_archive(archive, str(path), network)
    write_archive(path, archive)
    return trial


def export_onnx(network: CarNetwork, path: Path) -> Trial:
    """Write an ONNX model.

    Args:
        network: The layers of the policy.
        path: The file.

    Raises:
        InputError: if a package is missing, the graph differs from the policy, or the file cannot be written.
    """
    content = to_onnx(network)
    trial = try_graph(Graph(content, str(path), "onnx"), network, str(path))
    write_atomically(path, content)
    return trial


def export_openvino(network: CarNetwork, path: Path) -> Trial:
    """Write a folder with model.xml and model.bin.

    Args:
        network: The layers of the policy.
        path: The folder.

    Raises:
        InputError: if a package is missing, the graph differs from the policy, or the folder cannot be written.
    """
    files, runner = to_openvino(to_frozen_graph(network))
    trial = try_graph(runner, network, str(path), HALF_PRECISION)
    replace_folder(path, files)
    return trial


def export_tflite(network: CarNetwork, path: Path) -> Trial:
    """Write a TensorFlow Lite model.

    Args:
        network: The layers of the policy.
        path: The file.

    Raises:
        InputError: if a package is missing, the graph differs from the policy, or the file cannot be written.
    """
    content, runner = to_tflite(to_frozen_graph(network))
    trial = try_graph(runner, network, str(path), HALF_PRECISION)
    write_atomically(path, content)
    return trial


FORMATS: dict[str, Callable[[CarNetwork, Path], Trial]] = {
    "car": export_car, "onnx": export_onnx, "openvino": export_openvino, "tflite": export_tflite,
}  # fmt: skip
"""Formats by name; a new one needs one more entry, and one in `cli.export.ENDINGS`."""
