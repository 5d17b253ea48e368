"""A policy as data: named float32 arrays in safetensors bytes, and a manifest that describes them.

Nothing here is code: no pickle, and every claim of the manifest is checked against the bytes before
anybody uses them.
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
"""1 had `observation` (width, height, colour) in place of `reads`; it is still read."""
MANIFEST_NAME = "manifest.json"
POLICY_NAME = "policy.safetensors"
_LARGEST_POLICY = 1 << 30


class ModelError(InputError):
    """A model that must not drive: damaged, not what its manifest says, or not finite."""


@dataclass(frozen=True)
class Manifest:
    """What a model is and where it comes from. `describe` fills in what follows from the tensors.

    Attributes:
        run: Name of the run that trained it.
        architecture: Of the network, as the learner reads it.
        action_space: As the learner reads it.
        reads: What the policy reads: `SensorSpec` of each sensor (shape, dtype, unit, numbers), by its name.
        critic_reads: What the value reads besides.
        version: Number in the run, from 1; 0 before it is published.
        training_step: Updates of the learner that led to it.
        env_steps: Environment steps that led to it.
        created: When, in ISO 8601, UTC.
        config: The effective configuration of the run.
        evaluation: What its evaluation came to: laps, mean progress (%), lap times (s). None if it was not evaluated.
        sha256: Of the safetensors bytes, hexadecimal.
        size: Of the safetensors bytes.
        shapes: Of every tensor.
        format: Of this manifest.
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
    evaluation: dict[str, Any] | None = None
    sha256: str = ""
    size: int = 0
    shapes: dict[str, list[int]] = field(default_factory=dict)
    format: int = FORMAT

    def __post_init__(self) -> None:
        """Check the values."""
        if not 1 <= self.format <= FORMAT:
            raise ValueError(f"key 'format': found {self.format}, expected 1 to {FORMAT}: a newer release wrote it")
        if min(self.version, self.training_step, self.env_steps, self.size) < 0:
            raise ValueError("found a negative version, step or size, expected 0 or more")
        if self.sha256 and not re.fullmatch("[0-9a-f]{64}", self.sha256):
            raise ValueError(f"key 'sha256': found {self.sha256!r}, expected 64 hexadecimal digits")


@dataclass(frozen=True, eq=False)
class Model:
    """A checked policy with its manifest."""

    manifest: Manifest
    tensors: Tensors


def encode_policy(tensors: Tensors) -> bytes:
    """Return the tensors as safetensors bytes.

    Raises:
        ModelError: if one is not float32 or not finite.
    """
    _check_values(tensors, "policy")
    return safetensors.numpy.save({name: np.ascontiguousarray(tensor) for name, tensor in tensors.items()})


def describe(manifest: Manifest, policy: bytes, tensors: Tensors, version: int) -> Manifest:
    """Return the manifest with version, hash, size, shapes and (unless it has one) the time filled in."""
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
    """Return the manifest as JSON for people and programs."""
    return (json.dumps(to_mapping(manifest), indent=2) + "\n").encode()


def decode_manifest(data: bytes, where: str) -> Manifest:
    """Read and check a manifest.

    Raises:
        ModelError: if it is not JSON, a key is missing or of another type, or its format is newer. Unknown keys are
            left out.
    """
    try:
        return from_mapping(Manifest, _upgrade(json.loads(data)), where, tolerant=True)
    except InputError as error:
        raise ModelError(str(error)) from error
    except ValueError as error:
        raise ModelError(f"{where}: is not JSON ({error}), expected a model's manifest") from error


def _upgrade(document: Any) -> Any:  # noqa: ANN401
    """Return a manifest of the first format with `reads`; others as they are."""
    seen = document.get("observation") if isinstance(document, dict) else None
    if not isinstance(seen, dict) or "reads" in document:
        return document
    shape = [seen.get("height"), seen.get("width"), *([3] if seen.get("colour") == "rgb" else [])]
    camera = {"shape": shape, "dtype": "|u1", "unit": "levels"}
    return {**document, "reads": {"FRONT_FACING_CAMERA": camera}}


def read_policy(policy: bytes, manifest: Manifest, where: str) -> Model:
    """Check the policy against its manifest and return it.

    Args:
        policy: Safetensors bytes.
        manifest: What they should be.
        where: What they were read from, for error messages.

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
