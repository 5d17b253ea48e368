"""A model in a folder: `policy.safetensors` and `manifest.json` side by side."""

import os
import shutil
from pathlib import Path

from deepracer_ros.errors import InputError
from deepracer_ros.models.policy_file import (
    MANIFEST_NAME,
    POLICY_NAME,
    Manifest,
    Model,
    ModelError,
    Tensors,
    decode_manifest,
    describe,
    encode_manifest,
    encode_policy,
    read_policy,
)

FOLDER_NAME = "model"
"""Folder of the final policy in a run folder."""


def read_model_path(path: Path) -> Model:
    """Read and check a model.

    Args:
        path: A folder with the two files, a run folder whose `model/` has them, or one of the files.

    Raises:
        ModelError: if it is absent, damaged or not what its manifest says.
    """
    folder = Path(path)
    if folder.name in (MANIFEST_NAME, POLICY_NAME):
        folder = folder.parent
    if not (folder / MANIFEST_NAME).is_file() and (folder / FOLDER_NAME).is_dir():
        folder = folder / FOLDER_NAME
    try:
        manifest = (folder / MANIFEST_NAME).read_bytes()
        policy = (folder / POLICY_NAME).read_bytes()
    except OSError as error:
        raise ModelError(
            f"{error.filename}: {error.strerror}; expected a model folder with {POLICY_NAME} and {MANIFEST_NAME}, "
            "or a run folder"
        ) from error
    return read_policy(policy, decode_manifest(manifest, str(folder / MANIFEST_NAME)), str(folder / POLICY_NAME))


def write_model_folder(path: Path, tensors: Tensors, manifest: Manifest) -> Manifest:
    """Write a model folder, whole or not at all; one that is there is replaced.

    Args:
        path: The folder; its parent exists.
        tensors: Float32 arrays by name.
        manifest: Its hash, size and shapes are filled in; its version stays.

    Returns:
        The manifest as written.

    Raises:
        ModelError: if a tensor is not float32 or not finite.
        InputError: if it cannot be written.
    """
    path = Path(path)
    policy = encode_policy(tensors)
    described = describe(manifest, policy, tensors, manifest.version)
    temporary, old = path.with_name(f".{path.name}.tmp"), path.with_name(f".{path.name}.old")
    try:
        shutil.rmtree(temporary, ignore_errors=True)
        temporary.mkdir()
        (temporary / POLICY_NAME).write_bytes(policy)
        (temporary / MANIFEST_NAME).write_bytes(encode_manifest(described))
        shutil.rmtree(old, ignore_errors=True)
        if path.exists():
            os.replace(path, old)
        os.replace(temporary, path)
        shutil.rmtree(old, ignore_errors=True)
    except OSError as error:
        shutil.rmtree(temporary, ignore_errors=True)
        raise InputError(
            f"{path}: cannot be written ({error.strerror}); expected a writable folder with free space"
        ) from error
    return described
