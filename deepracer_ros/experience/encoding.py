# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""The binary format of a segment between recorder and trainer.

All numbers are little-endian and nothing is compressed, so every array can be read in place and any single step can be
fetched by its byte range. The parts, in order:

    header      magic "DRSG", format version, steps, car, sequence, model version, length of the directory, crc32 of
                everything except the images
    directory   JSON: worker, track, names of the reward terms, type and shape of each observation; padded
    table       one row per step: the fields of `STEP`, then one number per reward term
    blocks      one per observation: (steps + 1) x shape, each padded to a multiple of 8

There are steps + 1 observations because the observation after one step is the observation before the next step, and
is stored once.
"""

import json
import math
import struct
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from deepracer_ros.errors import InputError
from deepracer_ros.experience.segment import Segment

_FIELDS: list[tuple[str, str]] = [
    ("steering", "<f4"),
    ("speed", "<f4"),
    ("reward", "<f4"),
    ("log_probability", "<f4"),
    ("progress", "<f4"),
    ("terminated", "u1"),
    ("truncated", "u1"),
    ("valid", "u1"),
    ("unused", "u1"),
]
STEP = np.dtype(_FIELDS)
"""Structured type of one step in the table of a segment; the field names are those of `Segment`."""

FLOATS = ("steering", "speed", "reward", "log_probability", "progress")
FLAGS = ("terminated", "truncated", "valid")
_MAGIC = b"DRSG"
_FORMAT = 2
_HEADER = struct.Struct("<4sHHIqqII")
_UNSUMMED = _HEADER.size - 4
_LONGEST_DIRECTORY = 1 << 16
_TYPES = ("|u1", "|i1", "<u2", "<i2", "<u4", "<i4", "<f4", "<f8")
"""Allowed numpy type strings of an observation."""


@dataclass(frozen=True)
class Block:
    """Position, type and shape of one observation's array in an encoded segment.

    Attributes:
        start: Offset of the array from the start of the segment, bytes.
        dtype: numpy type string, for example "<f4".
        shape: Shape of one observation.
    """

    start: int
    dtype: str
    shape: tuple[int, ...]

    @property
    def row_bytes(self) -> int:
        """Size of one observation, bytes."""
        return math.prod(self.shape) * np.dtype(self.dtype).itemsize


@dataclass(frozen=True)
class Layout:
    """Positions of the parts of an encoded segment.

    Attributes:
        table: Offset of the table of steps from the start of the segment, bytes.
        row: Structured type of one row of the table: `STEP` and one float per reward term.
        blocks: Block of each observation, by sensor name.
        size: Length of the encoded segment, bytes.
    """

    table: int
    row: np.dtype[np.void]
    blocks: Mapping[str, Block]
    size: int


Kinds = tuple[tuple[str, str, tuple[int, ...]], ...]
"""Name, type and shape of each observation."""


def layout(segment: Segment) -> Layout:
    """Return the positions of the parts of `segment` in its encoded form."""
    return _layout(len(_directory(segment)), segment.steps, _kinds(segment.observations), tuple(segment.terms))


def encoded_size(
    observations: Mapping[str, tuple[str, tuple[int, ...]]], terms: Sequence[str], steps: int, worker: str, track: str
) -> int:
    """Return the size that a segment of the given kind will have once encoded, bytes.

    Args:
        observations: numpy type string and shape of each observation, by sensor name.
        terms: Names of the reward terms.
        steps: T, the number of steps.
        worker: A worker name of typical length.
        track: A track name of typical length.
    """
    kinds = tuple((name, dtype, tuple(shape)) for name, (dtype, shape) in observations.items())
    return _layout(len(_write_directory(worker, track, kinds, tuple(terms))), steps, kinds, tuple(terms)).size


@lru_cache(maxsize=256)
def _layout(directory_bytes: int, steps: int, kinds: Kinds, terms: tuple[str, ...]) -> Layout:
    row = np.dtype(_FIELDS + [(f"term {name}", "<f4") for name in terms])
    table = _padded(_HEADER.size + directory_bytes)
    end = _padded(table + steps * row.itemsize)
    blocks = {}
    for name, dtype, shape in kinds:
        blocks[name] = Block(end, dtype, shape)
        end = _padded(end + (steps + 1) * blocks[name].row_bytes)
    return Layout(table, row, blocks, end)


def _padded(size: int) -> int:
    return -(-size // 8) * 8


def _kinds(observations: Mapping[str, NDArray[Any]]) -> Kinds:
    return tuple((name, array.dtype.str, array.shape[1:]) for name, array in observations.items())


def _directory(segment: Segment) -> bytes:
    return _write_directory(segment.worker, segment.track, _kinds(segment.observations), tuple(segment.terms))


@lru_cache(maxsize=256)
def _write_directory(worker: str, track: str, kinds: Kinds, terms: tuple[str, ...]) -> bytes:
    observations = {name: [dtype, list(shape)] for name, dtype, shape in kinds}
    document = {"worker": worker, "track": track, "terms": list(terms), "observations": observations}
    return json.dumps(document, separators=(",", ":")).encode()


def encode(segment: Segment, memory: NDArray[np.uint8] | None = None) -> memoryview:
    """Return the segment as bytes; the arrays are copied once, so their memory may be reused afterwards.

    Args:
        segment: The segment to encode.
        memory: (layout(segment).size,) buffer to encode into. By default new memory is allocated, which costs more
            than the copy itself.

    Raises:
        ValueError: if an array has a wrong number of steps or an unsupported type, or the names are too long.
    """
    directory = _directory(segment)
    if len(directory) > _LONGEST_DIRECTORY:
        raise ValueError(f"names: found {len(directory)} bytes, expected at most {_LONGEST_DIRECTORY}")
    for name, array in segment.observations.items():
        if len(array) != segment.steps + 1 or array.dtype.str not in _TYPES:
            raise ValueError(f"{name}: found {array.dtype} {array.shape} for {segment.steps} steps")
    where = _layout(len(directory), segment.steps, _kinds(segment.observations), tuple(segment.terms))
    encoded = np.empty(where.size, np.uint8) if memory is None else memory
    table = np.zeros(segment.steps, where.row)
    for name in (*FLOATS, *FLAGS):
        table[name] = getattr(segment, name)
    for name, values in segment.terms.items():
        table[f"term {name}"] = values
    for name, array in segment.observations.items():
        block = where.blocks[name]
        size = (segment.steps + 1) * block.row_bytes
        part = encoded[block.start : block.start + size]
        part.view(block.dtype).reshape(array.shape)[:] = array
        encoded[block.start + size : _padded(block.start + size)] = 0
    header = _HEADER.pack(
        _MAGIC, _FORMAT, segment.steps, segment.car, segment.sequence, segment.model_version, len(directory), 0
    )[:_UNSUMMED]
    first = min((block.start for block in where.blocks.values()), default=where.size)
    body = (directory.ljust(where.table - _HEADER.size, b"\0") + table.tobytes()).ljust(first - _HEADER.size, b"\0")
    checksum = zlib.crc32(body, zlib.crc32(header))
    encoded[:first] = np.frombuffer(header + bytes(4) + body, np.uint8)
    for block in where.blocks.values():
        checksum = _sum_numbers(encoded.data, block, segment.steps, checksum)
    encoded[_UNSUMMED : _HEADER.size] = np.frombuffer(struct.pack("<I", checksum), np.uint8)
    return encoded.data


def _sum_numbers(data: memoryview, block: Block, steps: int, checksum: int) -> int:
    """Return the checksum with a block of numbers added; images are skipped because they are large."""
    if block.dtype == "|u1":
        return checksum
    return zlib.crc32(data[block.start : block.start + (steps + 1) * block.row_bytes], checksum)


def decode(data: bytes | memoryview, where: str = "segment") -> Segment:
    """Return the segment that `encode` wrote; its arrays are read-only views of `data`.

    Args:
        data: The encoded segment.
        where: Source of the bytes for error messages.

    Raises:
        InputError: if the bytes are not a segment of this format, are cut short or damaged, or hold NaN or infinity.
    """
    if len(data) < _HEADER.size:
        raise InputError(f"{where}: found {len(data)} bytes, expected a segment of at least {_HEADER.size}")
    magic, version, steps, car, sequence, model_version, directory_bytes, checksum = _HEADER.unpack_from(data)
    if magic != _MAGIC:
        raise InputError(f"{where}: begins with {magic!r}, expected {_MAGIC!r} (a segment)")
    if version != _FORMAT:
        raise InputError(
            f"{where}: has format {version}, expected {_FORMAT}: run one release of this package everywhere"
        )
    view = memoryview(data)
    worker, track, kinds, terms = _read_directory(view, directory_bytes, where)
    parts = _layout(directory_bytes, steps, kinds, terms)
    if len(data) != parts.size:
        raise InputError(f"{where}: found {len(data)} bytes, expected {parts.size} by its header")
    first = min((block.start for block in parts.blocks.values()), default=parts.size)
    found = zlib.crc32(view[_HEADER.size : first], zlib.crc32(view[:_UNSUMMED]))
    for block in parts.blocks.values():
        found = _sum_numbers(view, block, steps, found)
    if found != checksum:
        raise InputError(f"{where}: checksum differs, expected an undamaged segment")
    table = np.frombuffer(view, parts.row, steps, parts.table)
    observations = {name: _read_block(view, block, steps) for name, block in parts.blocks.items()}
    table.flags.writeable = False
    floats = [*(table[name] for name in FLOATS), *(table[f"term {name}"] for name in terms)]
    floats += [array for array in observations.values() if array.dtype.kind == "f"]
    if not all(np.isfinite(array).all() for array in floats):
        raise InputError(f"{where}: found NaN or infinity, expected finite numbers in every step")
    return Segment(
        observations=observations,
        **{name: table[name] for name in (*FLOATS, *FLAGS)},
        model_version=model_version,
        worker=worker,
        track=track,
        car=car,
        sequence=sequence,
        terms={name: table[f"term {name}"] for name in terms},
    )


def _read_block(view: memoryview, block: Block, steps: int) -> NDArray[Any]:
    count = (steps + 1) * math.prod(block.shape)
    array = np.frombuffer(view, block.dtype, count, block.start).reshape(steps + 1, *block.shape)
    array.flags.writeable = False
    return array


def _read_directory(view: memoryview, size: int, where: str) -> tuple[str, str, Kinds, tuple[str, ...]]:
    """Return worker, track, observation kinds and reward terms of an encoded segment.

    Raises:
        InputError: if the directory is damaged.
    """
    if size > min(_LONGEST_DIRECTORY, len(view) - _HEADER.size):
        raise InputError(f"{where}: found a directory of {size} bytes, expected it within the segment")
    text = bytes(view[_HEADER.size : _HEADER.size + size])
    try:
        return _parse_directory(text)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise InputError(f"{where}: its directory cannot be read ({error}), expected an undamaged segment") from error


@lru_cache(maxsize=256)
def _parse_directory(text: bytes) -> tuple[str, str, Kinds, tuple[str, ...]]:
    document = json.loads(text)
    worker, track = document["worker"], document["track"]
    terms = tuple(document["terms"])
    kinds = []
    for name, (dtype, shape) in document["observations"].items():
        sides = tuple(shape)
        if dtype not in _TYPES or not all(type(side) is int and 0 < side < 1 << 20 for side in sides):
            raise ValueError(f"{name!r} is {dtype!r} {shape!r}")
        kinds.append((name, dtype, sides))
    if not all(isinstance(name, str) for name in (worker, track, *terms)) or len(set(terms)) < len(terms):
        raise ValueError("a name is not text or occurs twice")
    return worker, track, tuple(kinds), terms
