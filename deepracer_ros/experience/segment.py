"""A segment: consecutive steps of one car, as it travels from recorder to trainer.

Bytes on the wire, all little-endian and without compression, so that every array is read in place
and any single step can be fetched by its byte range:

    header   magic "DRSG", format version, frame shape, steps, car, sequence, model version,
             lengths of the two names, crc32 of everything before the frames
    names    worker, track (UTF-8), padded to a multiple of 8
    table    one 24-byte row per step (`STEP`)
    frames   (steps + 1) frames of height x width [x channels] bytes

There are steps + 1 frames because a step's next observation is the next step's observation:
nothing is stored twice.
"""

import struct
import zlib
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from deepracer_ros.errors import InputError

STEP = np.dtype(
    [
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
)
"""One step in the table of a segment; the names are the fields of `Segment`."""

_FLOATS = ("steering", "speed", "reward", "log_probability", "progress")
_FLAGS = ("terminated", "truncated", "valid")
_MAGIC = b"DRSG"
_FORMAT = 1
_HEADER = struct.Struct("<4sHHHHIIqqHHI")
_UNSUMMED = _HEADER.size - 4
_LONGEST_NAME = 512


@dataclass(frozen=True, eq=False)
class Segment:
    """T consecutive steps of one car.

    Attributes:
        frames: (T + 1, H, W) or (T + 1, H, W, C) uint8; frame t + 1 answers action t.
        steering: (T,) float32, rad, + left.
        speed: (T,) float32, m/s.
        reward: (T,) float32, of frame t + 1.
        log_probability: (T,) float32, of the action under the policy that took it.
        progress: (T,) float32, % of the track, of frame t + 1.
        terminated: (T,) uint8, of frame t + 1.
        truncated: (T,) uint8, of frame t + 1.
        valid: (T,) uint8; 0 for the transition out of a frame that had ended an episode.
        model_version: The oldest model that acted in it; 0 before the first model.
        track: Name of the track.
        worker: Name of the recorder, unique per start of one (`unique_worker`).
        car: Index of the car in its simulation.
        sequence: Counts the segments of one car of one worker, ascending.
    """

    frames: NDArray[np.uint8]
    steering: NDArray[np.float32]
    speed: NDArray[np.float32]
    reward: NDArray[np.float32]
    log_probability: NDArray[np.float32]
    progress: NDArray[np.float32]
    terminated: NDArray[np.uint8]
    truncated: NDArray[np.uint8]
    valid: NDArray[np.uint8]
    model_version: int
    track: str
    worker: str
    car: int
    sequence: int

    @property
    def steps(self) -> int:
        """T, the number of steps."""
        return len(self.steering)

    @property
    def id(self) -> str:
        """`worker:car:sequence`, unique in its run."""
        return f"{self.worker}:{self.car}:{self.sequence}"


@dataclass(frozen=True)
class Layout:
    """Where the parts of an encoded segment lie, in bytes from its start.

    Attributes:
        table: Start of the steps.
        frames: Start of the frames.
        size: Length of the whole.
    """

    table: int
    frames: int
    size: int


def layout(segment: Segment) -> Layout:
    """Return where the parts of `segment` lie once encoded."""
    return _layout(len(segment.worker.encode()) + len(segment.track.encode()), segment.steps, segment.frames.nbytes)


def _layout(name_bytes: int, steps: int, frame_bytes: int) -> Layout:
    table = -(-(_HEADER.size + name_bytes) // 8) * 8
    frames = table + steps * STEP.itemsize
    return Layout(table, frames, frames + frame_bytes)


def encode(segment: Segment, memory: NDArray[np.uint8] | None = None) -> memoryview:
    """Return the segment as bytes; the arrays are copied once, so their memory may be reused.

    Args:
        segment: What to encode.
        memory: (layout(segment).size,) bytes to encode into; new memory by default, which costs
            more than the copy itself.

    Raises:
        ValueError: if the arrays of the segment do not belong together.
    """
    worker, track = segment.worker.encode(), segment.track.encode()
    if (
        segment.frames.dtype != np.uint8
        or len(segment.frames) != segment.steps + 1
        or segment.frames.ndim not in (3, 4)
    ):
        raise ValueError(f"frames: found {segment.frames.dtype} {segment.frames.shape} for {segment.steps} steps")
    if len(worker) > _LONGEST_NAME or len(track) > _LONGEST_NAME:
        raise ValueError(f"worker and track: found more than {_LONGEST_NAME} bytes")
    where = _layout(len(worker) + len(track), segment.steps, segment.frames.nbytes)
    encoded = np.empty(where.size, np.uint8) if memory is None else memory
    encoded[where.frames :].reshape(segment.frames.shape)[:] = segment.frames
    table = np.zeros(segment.steps, STEP)
    for name in (*_FLOATS, *_FLAGS):
        table[name] = getattr(segment, name)
    height, width, channels = (*segment.frames.shape[1:], 0)[:3]
    header = _HEADER.pack(
        _MAGIC,
        _FORMAT,
        height,
        width,
        channels,
        segment.steps,
        segment.car,
        segment.sequence,
        segment.model_version,
        len(worker),
        len(track),
        0,
    )[:_UNSUMMED]
    body = (worker + track).ljust(where.table - _HEADER.size, b"\0") + table.tobytes()
    checksum = zlib.crc32(body, zlib.crc32(header))
    encoded[: where.frames] = np.frombuffer(header + struct.pack("<I", checksum) + body, np.uint8)
    return encoded.data


def decode(data: bytes | memoryview, where: str = "segment") -> Segment:
    """Return the segment that `encode` made; its arrays are read-only views of `data`.

    Args:
        data: The encoded segment.
        where: What the bytes were read from, for error messages.

    Raises:
        InputError: if the bytes are no segment of this format, cut short, damaged or not finite.
    """
    if len(data) < _HEADER.size:
        raise InputError(f"{where}: found {len(data)} bytes, expected a segment of at least {_HEADER.size}")
    (
        magic,
        version,
        height,
        width,
        channels,
        steps,
        car,
        sequence,
        model_version,
        worker_bytes,
        track_bytes,
        checksum,
    ) = _HEADER.unpack_from(data)
    if magic != _MAGIC:
        raise InputError(f"{where}: begins with {magic!r}, expected {_MAGIC!r} (a segment)")
    if version != _FORMAT:
        raise InputError(
            f"{where}: has format {version}, expected {_FORMAT}: run one release of this package everywhere"
        )
    shape = (steps + 1, height, width, channels) if channels else (steps + 1, height, width)
    frame_bytes = (steps + 1) * height * width * (channels or 1)
    parts = _layout(worker_bytes + track_bytes, steps, frame_bytes)
    if len(data) != parts.size:
        raise InputError(f"{where}: found {len(data)} bytes, expected {parts.size} by its header")
    view = memoryview(data)
    if zlib.crc32(view[_HEADER.size : parts.frames], zlib.crc32(view[:_UNSUMMED])) != checksum:
        raise InputError(f"{where}: checksum differs, expected an undamaged segment")
    names = bytes(view[_HEADER.size : _HEADER.size + worker_bytes + track_bytes])
    table = np.frombuffer(view, STEP, steps, parts.table)
    if not all(np.isfinite(table[name]).all() for name in _FLOATS):
        raise InputError(f"{where}: found NaN or infinity, expected finite numbers in every step")
    frames = np.frombuffer(view, np.uint8, frame_bytes, parts.frames).reshape(shape)
    frames.flags.writeable = table.flags.writeable = False
    return Segment(
        frames=frames,
        **{name: table[name] for name in (*_FLOATS, *_FLAGS)},
        model_version=model_version,
        worker=names[:worker_bytes].decode(errors="replace"),
        track=names[worker_bytes:].decode(errors="replace"),
        car=car,
        sequence=sequence,
    )
