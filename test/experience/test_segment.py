import dataclasses
import struct

import numpy as np
import pytest

from deepracer_ros.errors import InputError
from deepracer_ros.experience.segment import STEP, decode, encode, layout


def assert_equal(found, expected):
    for field in dataclasses.fields(expected):
        value = getattr(expected, field.name)
        if isinstance(value, np.ndarray):
            np.testing.assert_array_equal(getattr(found, field.name), value)
            assert getattr(found, field.name).dtype == value.dtype
        else:
            assert getattr(found, field.name) == value


@pytest.mark.parametrize("shape", [(6, 8), (6, 8, 3), (1, 1, 1)])
@pytest.mark.parametrize("steps", [1, 7])
def test_decode_is_the_inverse_of_encode(make_segment, shape, steps):
    segment = make_segment(5, 3, "wörker", steps, shape, -1, "reinvent")
    assert_equal(decode(bytes(encode(segment))), segment)


def test_sizes_by_hand(make_segment):
    segment = make_segment(steps=4, worker="worker", track="oval")
    # 44 bytes of header and 10 of names, padded to 56; 4 rows of 24 bytes; 5 frames of 48.
    where = layout(segment)
    assert (where.table, where.frames, where.size) == (56, 152, 392)
    encoded = encode(segment)
    assert len(encoded) == 392
    assert bytes(encoded[:4]) == b"DRSG"
    assert STEP.itemsize == 24
    assert struct.unpack_from("<f", encoded, 56 + 24) == (segment.steering[1],)
    assert bytes(encoded[152:200]) == segment.frames[0].tobytes()


def test_id_names_worker_car_and_sequence(make_segment):
    assert make_segment(7, 2, "w1").id == "w1:2:7"


def test_arrays_of_all_cars_need_not_be_contiguous(make_segment):
    frames = np.arange(5 * 3 * 48, dtype=np.uint32).astype(np.uint8).reshape(5, 3, 6, 8)
    floats = np.arange(12, dtype=np.float32).reshape(4, 3)
    segment = dataclasses.replace(make_segment(), frames=frames[:, 1], steering=floats[:, 1])
    found = decode(encode(segment))
    np.testing.assert_array_equal(found.steering, [1, 4, 7, 10])
    np.testing.assert_array_equal(found.frames, frames[:, 1])


def test_arrays_are_read_only_views_of_the_bytes(make_segment):
    data = bytes(encode(make_segment()))
    segment = decode(data)
    memory = np.frombuffer(data, np.uint8)
    for array in (segment.frames, segment.reward, segment.valid):
        assert np.shares_memory(array, memory)
        assert not array.flags.writeable


def test_encode_uses_the_memory_it_is_given(make_segment):
    segment = make_segment()
    memory = np.empty(layout(segment).size, np.uint8)
    assert np.shares_memory(np.asarray(encode(segment, memory)), memory)


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda data: data[:20], "found 20 bytes"),
        (lambda data: b"", "found 0 bytes"),
        (lambda data: b"PK" + data[2:], "begins with"),
        (lambda data: data[:4] + b"\x02\0" + data[6:], "has format 2, expected 1"),
        (lambda data: data[:-1], "found 391 bytes, expected 392"),
        (lambda data: data + b"\0", "found 393 bytes, expected 392"),
        (lambda data: data[:60] + bytes([data[60] ^ 1]) + data[61:], "checksum"),
        (lambda data: data[:32] + bytes([data[32] ^ 1]) + data[33:], "checksum"),
        (lambda data: data[:12] + b"\xff\xff\xff\xff" + data[16:], "expected"),
    ],
)
def test_damaged_bytes_are_refused_in_one_line(make_segment, damage, message):
    with pytest.raises(InputError, match=message) as caught:
        decode(damage(bytes(encode(make_segment()))), "segment w:0:0")
    assert str(caught.value).startswith("segment w:0:0: ")
    assert "\n" not in str(caught.value)


def test_numbers_that_are_not_finite_are_refused(make_segment):
    segment = make_segment()
    reward = segment.reward.copy()
    reward[2] = np.nan
    with pytest.raises(InputError, match="NaN"):
        decode(encode(dataclasses.replace(segment, reward=reward)))


def test_arrays_that_do_not_belong_together_are_a_mistake(make_segment):
    segment = make_segment()
    with pytest.raises(ValueError, match="4 steps"):
        encode(dataclasses.replace(segment, frames=segment.frames[:-1]))
    with pytest.raises(ValueError, match="512"):
        encode(dataclasses.replace(segment, worker="w" * 513))
