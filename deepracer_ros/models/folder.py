# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""Reading and writing a model folder with `policy.safetensors` and `manifest.json`."""

from collections.abc import Mapping
from pathlib import Path

from deepracer_ros.files import replace_folder
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
from deepracer_ros.names import MODEL_FOLDER
from deepracer_ros.share import share_directory


def model_home(path: Path) -> Path:
    """Return the model folder that a path names: the path itself, or the parent if it is one of the two files."""
    return path.parent if path.name in (MANIFEST_NAME, POLICY_NAME) and not path.is_dir() else path


def shipped_models() -> dict[str, Path]:
    """Return the folders of the models that come with the package, by their names."""
    manifests = (share_directory() / "config" / "models").glob(f"*/{MANIFEST_NAME}")
    return {path.parent.name: path.parent for path in manifests}


def read_model_path(path: Path) -> Model:
    """Read and check a model.

    Args:
        path: A model folder, a run folder with a folder `model/`, one of the two files of a model, or, where there is
            no such file or folder, the name of a model that comes with the package.

    Raises:
        ModelError: if the model is absent, damaged or does not match its manifest.
    """
    folder = model_home(Path(path))
    if not folder.exists():
        folder = shipped_models().get(str(path), folder)
    if not (folder / MANIFEST_NAME).is_file() and (folder / MODEL_FOLDER).is_dir():
        folder = folder / MODEL_FOLDER
    try:
        manifest = (folder / MANIFEST_NAME).read_bytes()
        policy = (folder / POLICY_NAME).read_bytes()
    except OSError as error:
        raise ModelError(
            f"{error.filename}: {error.strerror}; expected a model folder with {POLICY_NAME} and {MANIFEST_NAME}, "
            "or a run folder"
        ) from error
    return read_policy(policy, decode_manifest(manifest, str(folder / MANIFEST_NAME)), str(folder / POLICY_NAME))


def write_model_folder(
    path: Path, tensors: Tensors, manifest: Manifest, beside: Mapping[str, bytes] | None = None
) -> Manifest:
    """Write a model folder as one step; an existing folder is replaced.

    Args:
        path: The folder; its parent must exist.
        tensors: float32 arrays by name.
        manifest: Manifest of the model; hash, size and shapes are filled in, the version is kept.
        beside: Contents of further files by name, for example descriptions in other forms; by default none.

    Returns:
        The manifest as written.

    Raises:
        ModelError: if a tensor is not float32 or not finite.
        InputError: if the folder cannot be written.
    """
    policy = encode_policy(tensors)
    described = describe(manifest, policy, tensors, manifest.version)
    replace_folder(path, {**(beside or {}), POLICY_NAME: policy, MANIFEST_NAME: encode_manifest(described)})
    return described
