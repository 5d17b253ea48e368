# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

import dataclasses
import hashlib
import json

import numpy as np
import pytest

from deepracer_ros.errors import InputError
from deepracer_ros.models.policy_file import (
    ModelError,
    decode_manifest,
    describe,
    encode_manifest,
    encode_policy,
    read_policy,
)


@pytest.fixture
def policy(tensors):
    return encode_policy(tensors)


@pytest.fixture
def described(manifest, policy, tensors):
    return describe(manifest, policy, tensors, 7)


def test_a_policy_is_read_back_as_it_was(tensors, policy, described):
    model = read_policy(policy, described, "model")
    assert model.tensors.keys() == tensors.keys()
    for name, tensor in tensors.items():
        np.testing.assert_array_equal(model.tensors[name], tensor)


def test_the_manifest_describes_the_bytes(policy, described):
    assert described.version == 7
    assert described.sha256 == hashlib.sha256(policy).hexdigest()
    assert described.size == len(policy)
    assert described.shapes == {"convolution.weight": [2, 1, 3, 3], "head.bias": [5]}
    assert described.created.endswith("Z")
    assert decode_manifest(encode_manifest(described), "m") == described


def test_tensors_need_not_be_contiguous(tensors, manifest):
    turned = {"weight": np.arange(6, dtype=np.float32).reshape(2, 3).T}
    policy = encode_policy(turned)
    model = read_policy(policy, describe(manifest, policy, turned, 1), "model")
    np.testing.assert_array_equal(model.tensors["weight"], [[0, 3], [1, 4], [2, 5]])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda policy: policy[:-1], "found .* bytes, expected"),
        (lambda policy: policy[:-1] + bytes([policy[-1] ^ 1]), "sha256 is"),
        (lambda policy: b"", "found 0 bytes"),
    ],
)
def test_other_bytes_than_the_manifests_are_refused(policy, described, change, message):
    with pytest.raises(ModelError, match=message) as caught:
        read_policy(change(policy), described, "model")
    assert "\n" not in str(caught.value)


def resign(manifest, policy):
    """Return the manifest of somebody who hashed the damaged bytes."""
    return dataclasses.replace(manifest, sha256=hashlib.sha256(policy).hexdigest(), size=len(policy))


@pytest.mark.parametrize("size", [0, 4, 8, 100])
def test_bytes_that_are_no_safetensors_are_refused(policy, described, size):
    for damaged in (policy[:size], b"\xff" * size):
        with pytest.raises(ModelError, match="is not safetensors|expected shape|found shape|no tensor"):
            read_policy(damaged, resign(described, damaged), "model")


def test_shapes_other_than_declared_are_refused(tensors, described):
    other = encode_policy({**tensors, "head.bias": np.zeros(6, np.float32)})
    with pytest.raises(ModelError, match=r"'head.bias': found shape \[6\], expected \[5\]"):
        read_policy(other, resign(described, other), "model")
    fewer = encode_policy({"head.bias": tensors["head.bias"]})
    with pytest.raises(ModelError, match=r"'convolution.weight': found shape None, expected \[2, 1, 3, 3\]"):
        read_policy(fewer, resign(described, fewer), "model")


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_numbers_that_are_not_finite_are_neither_written_nor_read(tensors, described, value):
    import safetensors.numpy

    tensors["head.bias"][2] = value
    with pytest.raises(ModelError, match="'head.bias': found NaN or infinity"):
        encode_policy(tensors)
    policy = safetensors.numpy.save(tensors)
    with pytest.raises(ModelError, match="'head.bias': found NaN or infinity"):
        read_policy(policy, resign(described, policy), "model")


def test_types_other_than_float32_are_refused(tensors):
    with pytest.raises(ModelError, match="found float64, expected float32"):
        encode_policy({**tensors, "head.bias": np.zeros(5)})
    with pytest.raises(ModelError, match="found no tensor"):
        encode_policy({})


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"format": 3}, "key 'format': found 3, expected 1 to 2"),
        ({"version": "7"}, "version: found '7', expected a whole number"),
        ({"version": -1}, "negative"),
        ({"architecture": None}, "architecture: found None, expected keys and values"),
        ({"sha256": "../.."}, "sha256"),
        ({"reads": ["FRONT_FACING_CAMERA"]}, "reads: found .*, expected keys and values"),
    ],
)
def test_manifests_are_checked_by_key_and_type(described, changes, message):
    document = json.loads(encode_manifest(described)) | changes
    with pytest.raises(ModelError, match=message):
        decode_manifest(json.dumps(document).encode(), "manifest.json")


def test_keys_of_a_newer_release_are_left_out(described):
    document = json.loads(encode_manifest(described)) | {"surprise": 1}
    assert decode_manifest(json.dumps(document).encode(), "manifest.json") == described


@pytest.mark.parametrize("data", [b"", b"{", b"[]", b"null", b"\xff\xfe"])
def test_what_is_no_manifest_is_refused(data):
    with pytest.raises(ModelError, match=r"^manifest.json: "):
        decode_manifest(data, "manifest.json")
    assert issubclass(ModelError, InputError)
