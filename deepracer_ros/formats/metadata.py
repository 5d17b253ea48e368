# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""DeepRacer's `model_metadata.json`: action space, sensors, network and algorithm."""

from pathlib import Path
from typing import Any

import numpy as np

from deepracer_ros.formats.document import Document, read_document
from deepracer_ros.learning.config import CAR_SIZE
from deepracer_ros.race.actions import (
    FASTEST,
    GREATEST_ANGLE,
    ActionSpaceConfig,
    DiscreteActions,
    make_action_coder,
)

SLOWEST = 0.1
"""Least speed in DeepRacer's action spaces, m/s."""
CAMERAS = ("FRONT_FACING_CAMERA", "observation")
"""Names of the one camera in the versions of the file."""
SHALLOW = "DEEP_CONVOLUTIONAL_NETWORK_SHALLOW"
NETWORKS = {SHALLOW: "shallow", "DEEP_CONVOLUTIONAL_NETWORK": "standard", "DEEP_CONVOLUTIONAL_NETWORK_DEEP": "deep"}
"""Our names of DeepRacer's networks."""
WIDTH, HEIGHT = CAR_SIZE
"""Size of the image that DeepRacer's networks see, pixels."""


def read_metadata(path: Path) -> dict[str, Any]:
    """Read a `model_metadata.json` of version 1 to 6 as keys and values of a configuration.

    Args:
        path: The file.

    Raises:
        InputError: if it cannot be read, a value is wrong, or it names what is not supported.
    """
    return metadata_values(read_document(path))


def metadata_values(document: Document) -> dict[str, Any]:
    """Return the content of a `model_metadata.json` of version 1 to 6 as keys and values of a configuration.

    Args:
        document: The content.

    Raises:
        InputError: if a value is wrong, or it names what is not supported.
    """
    document.number("version", 1, 6, 1)
    document.choice("training_algorithm", ("clipped_ppo",), "clipped_ppo")
    network = document.choice("neural_network", tuple(NETWORKS), SHALLOW)
    sensors = document.get("sensor", [CAMERAS[0]])
    if not isinstance(sensors, list) or len(sensors) != 1 or sensors[0] not in CAMERAS:
        raise document.error("sensor", f"one camera: {CAMERAS[0]}")
    kind = document.choice("action_space_type", ("discrete", "continuous"), "discrete")
    actions = _continuous(document.part("action_space")) if kind == "continuous" else _discrete(document)
    size = {"width": WIDTH, "height": HEIGHT}
    return {"actions": actions, "camera": size, "network": {"size": NETWORKS[network], **size}}


def to_metadata(actions: ActionSpaceConfig, size: str) -> dict[str, Any]:
    """Return a `model_metadata.json` for an action space and a network, with the camera that DeepRacer's tools know.

    Args:
        actions: The action space.
        size: Size of the network; one that DeepRacer does not have is called `DEEP_CONVOLUTIONAL_NETWORK_SHALLOW`.
    """
    coder = make_action_coder(actions)
    space: Any
    if isinstance(coder, DiscreteActions):
        angles = np.degrees(coder.steering).round(9).tolist()
        pairs = enumerate(zip(angles, coder.speed.tolist(), strict=True))
        space = [{"steering_angle": angle, "speed": speed, "index": index} for index, (angle, speed) in pairs]
    else:
        centre, limit = actions.steering_angle_centre, actions.steering_angle_limit
        space = {
            "speed": {"low": actions.speed_low, "high": actions.speed_high},
            "steering_angle": {"low": centre - limit, "high": centre + limit},
        }
    return {
        "action_space": space,
        "sensor": [CAMERAS[0]],
        "neural_network": {ours: theirs for theirs, ours in NETWORKS.items()}.get(size, SHALLOW),
        "training_algorithm": "clipped_ppo",
        "action_space_type": "discrete" if isinstance(space, list) else "continuous",
        "version": "5",
    }


def _continuous(space: Document) -> dict[str, Any]:
    slow, fast = _range(space.part("speed"), SLOWEST, FASTEST)
    right, left = _range(space.part("steering_angle"), -GREATEST_ANGLE, GREATEST_ANGLE)
    return {
        "type": "continuous", "speed_low": slow, "speed_high": fast, "steering_angle_centre": 0.5 * (left + right),
        "steering_angle_limit": 0.5 * (left - right),
    }  # fmt: skip


def _range(part: Document, least: float, most: float) -> tuple[float, float]:
    low, high = part.number("low", least, most), part.number("high", least, most)
    if low >= high:
        raise part.error("low", f"less than high, {high:g}")
    return low, high


def _discrete(document: Document) -> dict[str, Any]:
    actions = document.get("action_space")
    if not isinstance(actions, list) or not actions:
        raise document.error("action_space", "a list of actions with steering_angle and speed")
    parts = [document.item("action_space", number) for number in range(len(actions))]
    if all("index" in part for part in parts):
        parts = sorted(parts, key=lambda part: part.whole("index", 0, len(parts) - 1))
    return {
        "type": "pairs",
        "steering_angles": [part.number("steering_angle", -GREATEST_ANGLE, GREATEST_ANGLE) for part in parts],
        "speeds": [part.number("speed", SLOWEST, FASTEST) for part in parts],
    }
