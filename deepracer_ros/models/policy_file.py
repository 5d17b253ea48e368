# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""A policy as named float32 arrays in safetensors bytes, and the manifest that describes them.

The files hold data only, no pickled code. Every statement of the manifest about the tensors is checked against the
bytes before a policy is used.
"""

import hashlib
import json
import re
import struct
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import safetensors
import safetensors.numpy
from numpy.typing import NDArray

from deepracer_ros.config import from_mapping, to_mapping
from deepracer_ros.errors import InputError

Tensors = Mapping[str, NDArray[np.float32]]

FORMAT = 2
"""Newest manifest format. Format 1 had `observation` (width, height, colour) instead of `reads` and is still read."""
MANIFEST_NAME = "manifest.json"
POLICY_NAME = "policy.safetensors"
_LARGEST_POLICY = 1 << 30


class ModelError(InputError):
    """The model must not be used: it is damaged, does not match its manifest, or is not finite."""


@dataclass(frozen=True)
class Manifest:
    """Description of a model and its origin. `describe` fills in the fields that follow from the tensors.

    Attributes:
        run: Name of the run that trained it.
        architecture: Keys of `NetworkConfig`.
        action_space: Keys of `ActionSpaceConfig`.
        reads: `SensorSpec` (shape, dtype, unit, numbers) of each sensor that the policy reads, by sensor name.
        critic_reads: `SensorSpec` of each sensor that only the value function reads, by sensor name.
        version: Number of the model in its run, from 1; 0 before it is published.
        training_step: Number of learner updates before this model.
        env_steps: Number of environment steps trained on before this model.
        created: Time of creation, ISO 8601, UTC.
        config: Effective configuration of the run, without secrets.
        score_basis: What the score of the model belongs to, a hash of tracks, race and reward; empty if not known.
        evaluation: Result of the model's evaluation: laps, mean progress (%), lap times (s). None if not evaluated.
        sha256: SHA-256 of the safetensors bytes, 64 hexadecimal digits.
        size: Number of safetensors bytes.
        shapes: Shape of each tensor, by tensor name.
        format: Format number of the manifest.
    """

    run: str
    architecture: dict[str, Any]
    action_space: dict[str, Any]
    reads: dict[str, Any]
    critic_reads: dict[str, Any] = field(default_factory=dict)
    version: int = 0
    training_step: int = 0
    env_steps: int = 0
    created: str = ""
    config: dict[str, Any] = field(default_factory=dict)
    score_basis: str = ""
    evaluation: dict[str, Any] | None = None
    sha256: str = ""
    size: int = 0
    shapes: dict[str, list[int]] = field(default_factory=dict)
    format: int = FORMAT

    def __post_init__(self) -> None:
        """Check the values.

        Raises:
            ValueError: if the format is unknown, a number is negative, or `sha256` is not a hash.
        """
        if not 1 <= self.format <= FORMAT:
            raise ValueError(f"key 'format': found {self.format}, expected 1 to {FORMAT}: a newer release wrote it")
        if min(self.version, self.training_step, self.env_steps, self.size) < 0:
            raise ValueError("found a negative version, step or size, expected 0 or more")
        if self.sha256 and not re.fullmatch("[0-9a-f]{64}", self.sha256):
            raise ValueError(f"key 'sha256': found {self.sha256!r}, expected 64 hexadecimal digits")


@dataclass(frozen=True, eq=False)
class Model:
    """A checked policy with its manifest.

    Attributes:
        manifest: Description of the model.
        tensors: float32 arrays by name.
    """

    manifest: Manifest
    tensors: Tensors


def encode_policy(tensors: Tensors) -> bytes:
    """Return the tensors as safetensors bytes.

    Args:
        tensors: float32 arrays by name.

    Raises:
        ModelError: if a tensor is not float32 or not finite, or there is none.
    """
    _check_values(tensors, "policy")
    return safetensors.numpy.save({name: np.ascontiguousarray(tensor) for name, tensor in tensors.items()})


def describe(manifest: Manifest, policy: bytes, tensors: Tensors, version: int) -> Manifest:
    """Return a manifest with the fields filled in that follow from the tensors.

    Args:
        manifest: The manifest to complete; a creation time that it has is kept.
        policy: The tensors as safetensors bytes, for hash and size.
        tensors: float32 arrays by name, for the shapes.
        version: Number of the model in its run.
    """
    values = {name: getattr(manifest, name) for name in manifest.__dataclass_fields__}
    values |= {
        "version": version,
        "sha256": hashlib.sha256(policy).hexdigest(),
        "size": len(policy),
        "shapes": {name: list(tensor.shape) for name, tensor in sorted(tensors.items())},
        "created": manifest.created or time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
    }
    return Manifest(**values)


def encode_manifest(manifest: Manifest) -> bytes:
    """Return the manifest as indented JSON, the content of `manifest.json`."""
    return (json.dumps(to_mapping(manifest), indent=2) + "\n").encode()


def decode_manifest(data: bytes, where: str) -> Manifest:
    """Read and check a manifest; unknown keys are skipped.

    Args:
        data: Content of `manifest.json`.
        where: Source of the bytes for error messages.

    Raises:
        ModelError: if the data is not JSON, a key is missing or has a wrong type, or the format is newer.
    """
    try:
        return from_mapping(Manifest, _upgrade(json.loads(data)), where, tolerant=True)
    except InputError as error:
        raise ModelError(str(error)) from error
    except ValueError as error:
        raise ModelError(f"{where}: is not JSON ({error}), expected a model's manifest") from error


def _upgrade(document: Any) -> Any:  # noqa: ANN401
    """Return a manifest of format 1 with the key `reads`, and any other manifest unchanged."""
    seen = document.get("observation") if isinstance(document, dict) else None
    if not isinstance(seen, dict) or "reads" in document:
        return document
    shape = [seen.get("height"), seen.get("width"), *([3] if seen.get("colour") == "rgb" else [])]
    camera = {"shape": shape, "dtype": "|u1", "unit": "levels"}
    return {**document, "reads": {"FRONT_FACING_CAMERA": camera}}


def read_policy(policy: bytes, manifest: Manifest, where: str) -> Model:
    """Check a policy against its manifest and return the model.

    Args:
        policy: Safetensors bytes.
        manifest: Description that the bytes must match.
        where: Source of the bytes for error messages.

    Raises:
        ModelError: if size, hash, tensor names, shapes or types differ, or a number is not finite.
    """
    if len(policy) != manifest.size:
        raise ModelError(f"{where}: found {len(policy)} bytes, expected {manifest.size} by its manifest")
    found = hashlib.sha256(policy).hexdigest()
    if found != manifest.sha256:
        raise ModelError(f"{where}: sha256 is {found[:12]}..., expected {manifest.sha256[:12]}... by its manifest")
    if len(policy) > _LARGEST_POLICY:
        raise ModelError(f"{where}: found {len(policy)} bytes, expected at most {_LARGEST_POLICY}")
    try:
        tensors = safetensors.numpy.load(policy)
    except (safetensors.SafetensorError, KeyError, ValueError, struct.error) as error:
        raise ModelError(f"{where}: is not safetensors ({error})") from error
    shapes = {name: list(tensor.shape) for name, tensor in tensors.items()}
    if shapes != manifest.shapes:
        names = sorted(shapes.keys() | manifest.shapes.keys())
        name = next(name for name in names if shapes.get(name) != manifest.shapes.get(name))
        raise ModelError(
            f"{where}: tensor {name!r}: found shape {shapes.get(name)}, expected {manifest.shapes.get(name)}"
        )
    _check_values(tensors, where)
    return Model(manifest, tensors)


def _check_values(tensors: Tensors, where: str) -> None:
    """Raise ModelError unless there are tensors, all float32 and finite."""
    if not tensors:
        raise ModelError(f"{where}: found no tensor, expected those of a network")
    for name, tensor in tensors.items():
        if tensor.dtype != np.float32:
            raise ModelError(f"{where}: tensor {name!r}: found {tensor.dtype}, expected float32")
        if not np.isfinite(tensor).all():
            raise ModelError(f"{where}: tensor {name!r}: found NaN or infinity, expected finite numbers")
