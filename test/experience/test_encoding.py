# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

import dataclasses
import json
import struct

import numpy as np
import pytest

from deepracer_ros.errors import InputError
from deepracer_ros.experience.encoding import STEP, decode, encode, encoded_size, layout

CAMERA = "FRONT_FACING_CAMERA"


def assert_arrays_equal(found, expected):
    np.testing.assert_array_equal(found, expected)
    assert found.dtype == expected.dtype


def assert_equal(found, expected):
    for field in dataclasses.fields(expected):
        value, other = getattr(expected, field.name), getattr(found, field.name)
        if isinstance(value, np.ndarray):
            assert_arrays_equal(other, value)
        elif isinstance(value, dict):
            assert list(other) == list(value)
            for name, array in value.items():
                assert_arrays_equal(other[name], array)
        else:
            assert other == value


@pytest.mark.parametrize("shape", [(6, 8), (6, 8, 3), (1, 1, 1)])
@pytest.mark.parametrize(("steps", "terms"), [(1, ()), (7, ("progress", "failure"))])
def test_decode_is_the_inverse_of_encode(make_segment, shape, steps, terms):
    segment = make_segment(5, 3, "wörker", steps, shape, -1, "reinvent", terms)
    assert_equal(decode(bytes(encode(segment))), segment)


def test_any_named_observations_come_back(make_segment):
    """A second and a third sensor of other types travel like the camera."""
    observations = {
        "LIDAR": np.linspace(0.0, 2.0, 5 * 8, dtype="<f4").reshape(5, 8),
        "depth": np.arange(5 * 6, dtype="<u2").reshape(5, 2, 3),
    }
    segment = dataclasses.replace(make_segment(), observations=observations)
    assert_equal(decode(bytes(encode(segment))), segment)


def test_sizes_by_hand(make_segment):
    segment = make_segment(steps=4, worker="worker", track="oval", terms=("progress",))
    observations = '{"FRONT_FACING_CAMERA":["|u1",[6,8]],"state":["<f4",[3]]}'
    directory = '{"worker":"worker","track":"oval","terms":["progress"],"observations":' + observations + "}"
    # 36 bytes of header and 128 of directory, padded to 168; 4 rows of 24 + 4 bytes, padded to 280; 5 frames of 48;
    # 5 x 3 numbers of 4 bytes, padded to 584.
    assert len(directory) == 128
    where = layout(segment)
    assert (where.table, where.row.itemsize) == (168, 28)
    assert {name: block.start for name, block in where.blocks.items()} == {CAMERA: 280, "state": 520}
    assert where.size == 584
    encoded = encode(segment)
    assert len(encoded) == 584
    assert bytes(encoded[:4]) == b"DRSG"
    assert json.loads(bytes(encoded[36:164])) == json.loads(directory)
    assert STEP.itemsize == 24
    assert struct.unpack_from("<f", encoded, 168 + 28) == (segment.steering[1],)
    assert struct.unpack_from("<f", encoded, 168 + 28 + 24) == (segment.terms["progress"][1],)
    assert bytes(encoded[280:328]) == segment.observations[CAMERA][0].tobytes()
    kinds = {CAMERA: ("|u1", (6, 8)), "state": ("<f4", (3,))}
    assert encoded_size(kinds, ("progress",), 4, "worker", "oval") == 584


def test_id_names_worker_car_and_sequence(make_segment):
    assert make_segment(7, 2, "w1").id == "w1:2:7"


def test_arrays_of_all_cars_need_not_be_contiguous(make_segment):
    frames = np.arange(5 * 3 * 48, dtype=np.uint32).astype(np.uint8).reshape(5, 3, 6, 8)
    numbers = np.arange(5 * 3 * 2, dtype=np.float32).reshape(5, 3, 2)
    floats = np.arange(12, dtype=np.float32).reshape(4, 3)
    observations = {CAMERA: frames[:, 1], "state": numbers[:, 1]}
    segment = dataclasses.replace(make_segment(), observations=observations, steering=floats[:, 1])
    found = decode(encode(segment))
    np.testing.assert_array_equal(found.steering, [1, 4, 7, 10])
    np.testing.assert_array_equal(found.observations[CAMERA], frames[:, 1])
    np.testing.assert_array_equal(found.observations["state"], numbers[:, 1])


def test_arrays_are_read_only_views_of_the_bytes(make_segment):
    data = bytes(encode(make_segment()))
    segment = decode(data)
    memory = np.frombuffer(data, np.uint8)
    for array in (*segment.observations.values(), segment.reward, segment.valid):
        assert np.shares_memory(array, memory)
        assert not array.flags.writeable


def test_encode_uses_the_memory_it_is_given(make_segment):
    segment = make_segment()
    memory = np.full(layout(segment).size, 255, np.uint8)
    encoded = encode(segment, memory)
    assert np.shares_memory(np.asarray(encoded), memory)
    assert bytes(encoded) == bytes(encode(segment))


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda data: data[:20], "found 20 bytes"),
        (lambda data: b"", "found 0 bytes"),
        (lambda data: b"PK" + data[2:], "begins with"),
        (lambda data: data[:4] + b"\x01\0" + data[6:], "has format 1, expected 2"),
        (lambda data: data[:-1], "found 559 bytes, expected 560"),
        (lambda data: data + b"\0", "found 561 bytes, expected 560"),
        (lambda data: data[:170] + bytes([data[170] ^ 1]) + data[171:], "checksum"),  # a step
        (lambda data: data[:12] + bytes([data[12] ^ 1]) + data[13:], "checksum"),  # the sequence
        (lambda data: data[:-9] + bytes([data[-9] ^ 1]) + data[-8:], "checksum"),  # a number of `state`
        (lambda data: data[:28] + b"\xff\xff\xff\xff" + data[32:], "found a directory of 4294967295 bytes"),
        (lambda data: data[:36] + b"[" + data[37:], "its directory cannot be read"),
        (lambda data: data.replace(b"[6,8]", b"[6,0]"), "its directory cannot be read"),
        (lambda data: data.replace(b"|u1", b"|O8"), "its directory cannot be read"),
        (lambda data: data[:6] + b"\xff\xff" + data[8:], "expected"),
    ],
)
def test_damaged_bytes_are_refused_in_one_line(make_segment, damage, message):
    with pytest.raises(InputError, match=message) as caught:
        decode(damage(bytes(encode(make_segment()))), "segment w:0:0")
    assert str(caught.value).startswith("segment w:0:0: ")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("where", ["reward", "state", "term"])
def test_numbers_that_are_not_finite_are_refused(make_segment, where):
    segment = make_segment(terms=("progress",))
    arrays = {"reward": segment.reward, "state": segment.observations["state"], "term": segment.terms["progress"]}
    arrays[where][2] = np.nan
    with pytest.raises(InputError, match="NaN"):
        decode(encode(segment))


def test_arrays_that_do_not_belong_together_are_a_mistake(make_segment):
    segment = make_segment()
    short = {CAMERA: segment.observations[CAMERA][:-1]}
    with pytest.raises(ValueError, match="4 steps"):
        encode(dataclasses.replace(segment, observations=short))
    with pytest.raises(ValueError, match="expected at most 65536"):
        encode(dataclasses.replace(segment, worker="w" * 70000))
