# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""Messages between a reward and its sandboxed process: a tag byte, then JSON or the bytes of arrays; never code."""

import json
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from deepracer_ros.race.episode import CAR, EpisodeTable
from deepracer_ros.rewards.params import Road

Floats = NDArray[np.float64]

ROADS, STEP, REWARDS, READY, ERROR = b"R", b"S", b"V", b"H", b"E"
"""Tags: the tracks of the next steps; a step of all cars; its rewards; the function is loaded; it failed."""
MOST_BYTES = 1 << 20
"""Greatest length of an answer, bytes: 100 000 cars."""
_SIZES = struct.Struct("<II")
_KINDS = [(name, CAR.fields[name][0]) for name in CAR.names or () if CAR.fields]


@dataclass(frozen=True, eq=False)
class SentRoad:
    """What a reward function sees of a track, a `rewards.params.Road`.

    Attributes:
        centre: (M, 2) waypoints in driving order, m.
        length: Length of the centre line, m.
        closed: Whether the track is a loop.
        is_reversed: Whether it is driven against the order of the waypoints in its file.
    """

    centre: Floats
    length: float
    closed: bool
    is_reversed: bool


def pack_roads(tracks: Sequence[Road]) -> bytes:
    """Return the message that names the tracks of the steps after it."""
    roads = [
        {"centre": road.centre.tolist(), "length": road.length, "closed": road.closed, "is_reversed": road.is_reversed}
        for road in tracks
    ]
    return ROADS + json.dumps(roads).encode()


def unpack_roads(message: bytes) -> list[SentRoad]:
    """Return the tracks of a message of `pack_roads`."""
    return [
        SentRoad(**{**fields, "centre": np.array(fields["centre"], np.float64)}) for fields in json.loads(message[1:])
    ]


def pack_step(episodes: EpisodeTable) -> bytes:
    """Return the message with the state of all cars after a step."""
    objects = np.asarray(episodes.objects, np.float64)
    columns = [np.ascontiguousarray(getattr(episodes, name), kind).tobytes() for name, kind in _KINDS]
    places = np.asarray(episodes.object_places, np.float64)
    return b"".join([STEP, _SIZES.pack(*objects.shape[:2]), *columns, objects.tobytes(), places.tobytes()])


def unpack_step(message: bytes) -> EpisodeTable:
    """Return the state of all cars of a message of `pack_step`."""
    cars, count = _SIZES.unpack_from(message, 1)
    at, columns = 1 + _SIZES.size, dict[str, NDArray[Any]]()
    for name, kind in _KINDS:
        columns[name] = np.frombuffer(message, kind, cars, at)
        at += cars * kind.itemsize
    for name, width in (("objects", 3), ("object_places", 2)):
        columns[name] = np.frombuffer(message, np.float64, cars * count * width, at).reshape(cars, count, width)
        at += columns[name].nbytes
    return EpisodeTable(**columns)


def pack_rewards(rewards: Floats) -> bytes:
    """Return the message with the rewards (N,)."""
    return REWARDS + rewards.tobytes()


def unpack_rewards(message: bytes, cars: int) -> Floats:
    """Return the rewards (N,) of a message of `pack_rewards`.

    Args:
        message: The message, from a process that is not trusted.
        cars: Number of cars, N.

    Raises:
        ValueError: if the message does not hold N finite numbers.
    """
    rewards = np.frombuffer(message, np.float64, offset=1)
    if message[:1] != REWARDS or rewards.shape != (cars,) or not np.isfinite(rewards).all():
        raise ValueError(f"found {len(message)} bytes, expected {cars} finite rewards")
    return rewards


def pack_fields(tag: bytes, fields: Mapping[str, Any]) -> bytes:
    """Return a message with named values that JSON can express; values that it cannot express become text."""
    return tag + json.dumps(fields, default=str).encode()


def unpack_fields(message: bytes) -> dict[str, Any]:
    """Return the named values of a message of `pack_fields`.

    Args:
        message: The message, from a process that is not trusted.

    Raises:
        ValueError: if the message has another form.
    """
    try:
        fields = json.loads(message[1:])
    except RecursionError as error:
        raise ValueError("found values inside one another too deeply") from error
    if not isinstance(fields, dict):
        raise ValueError(f"found {type(fields).__name__}, expected named values")
    return fields
