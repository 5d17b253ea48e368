# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""The messages on `race/state`: one point per car, with pose, state, reward and episode as named fields."""

import array
from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
from builtin_interfaces.msg import Time
from numpy.typing import NDArray
from sensor_msgs.msg import PointCloud2, PointField

from deepracer_ros.nodes.messages.errors import MessageError
from deepracer_ros.race.rules import FRONT_OF_CAR
from deepracer_ros.race.state import STATE_NAMES
from deepracer_ros.simulation.sensors import as_rows

if TYPE_CHECKING:
    from deepracer_ros.simulation.environment import Environment, Outcome

TERM = "term_"
"""Beginning of the names of the fields with reward terms."""
POSE = ("x", "y", "z", "yaw")
_NUMBERS = ("reward", "progress", "lap_seconds", "station")
_COUNTS = ("episode", "step", "lap", "track")
_FLAGS = ("status", "terminated", "truncated", "all_wheels_on_track")
_POINT_TYPES = {"f4": PointField.FLOAT32, "u4": PointField.UINT32, "u1": PointField.UINT8}


def _float_names(terms: tuple[str, ...]) -> tuple[str, ...]:
    return (*POSE, *STATE_NAMES, *_NUMBERS, *(f"{TERM}{name}" for name in terms))


@lru_cache(maxsize=16)
def state_type(terms: tuple[str, ...]) -> np.dtype[np.void]:
    """Return the structured type of one car's row in a message on `race/state`.

    The fields are the pose, the numbers of the observation `state`, reward, progress, lap time and station, one field
    `term_NAME` per weighted reward term, counts and flags, in this order.

    Args:
        terms: Names of the reward terms.
    """
    return np.dtype(
        [
            *((name, "<f4") for name in _float_names(terms)),
            *((name, "<u4") for name in _COUNTS),
            *((name, "u1") for name in _FLAGS),
        ]
    )


@lru_cache(maxsize=16)
def _point_fields(terms: tuple[str, ...]) -> list[PointField]:
    kind = state_type(terms)
    return [
        PointField(name=name, offset=int(offset), datatype=_POINT_TYPES[dtype.str[1:]], count=1)
        for name, (dtype, offset, *_) in kind.fields.items()  # type: ignore[union-attr]
    ]


def state_block(table: NDArray[np.void]) -> NDArray[np.float32]:
    """Return the observation `state` (N, S) as a view of a table of `state_type` rows."""
    numbers = table.view("<f4").reshape(len(table), -1)
    return numbers[:, len(POSE) : len(POSE) + len(STATE_NAMES)]


def trace_block(table: NDArray[np.void], clock: float) -> NDArray[np.float64]:
    """Return the observation `trace` (N, T) of a table of `state_type` rows, see `simulation.sensors`.

    Args:
        table: The rows of all cars.
        clock: Simulation time of the rows, s.
    """
    yaw = table["yaw"].astype(np.float64)
    columns = (
        table["x"] + FRONT_OF_CAR * np.cos(yaw), table["y"] + FRONT_OF_CAR * np.sin(yaw), yaw, table["station"],
        table["progress"], table["status"], table["all_wheels_on_track"], table["step"], clock,
    )  # fmt: skip
    return as_rows(columns)


def to_state(outcome: "Outcome", environment: "Environment", stamp: Time) -> PointCloud2:
    """Return the message with the rows of all cars.

    Args:
        outcome: Outcome of the environment's last step.
        environment: The environment.
        stamp: Stamp of the frame.
    """
    states, verdict, referee = outcome.states, outcome.verdict, environment.referee
    terms = referee.reward_names
    table = np.zeros(len(states.x), state_type(terms))
    for name in ("x", "y", "yaw"):
        table[name] = getattr(states, name)
    state_block(table)[:] = referee.state
    for name in (*_NUMBERS, "episode", "step", "lap", *_FLAGS):
        table[name] = getattr(verdict, name)
    for name, values in zip(terms, verdict.terms, strict=True):
        table[f"{TERM}{name}"] = values
    table["track"] = environment.car_track
    message = PointCloud2(
        height=1, width=len(table), fields=_point_fields(terms), point_step=table.itemsize, is_dense=True
    )
    message.row_step = table.nbytes
    message.header.stamp = stamp
    message.header.frame_id = "map"
    message.data = array.array("B", table.tobytes())
    return message


def terms_of(message: PointCloud2) -> tuple[str, ...]:
    """Return the names of the reward terms in a message on `race/state`."""
    names = [field.name for field in message.fields]
    return tuple(name.removeprefix(TERM) for name in names if name.startswith(TERM))


def from_state(message: PointCloud2, terms: Sequence[str]) -> NDArray[np.void]:
    """Return the rows of all cars as a structured array (N,) of `state_type`, a view of the message's data.

    Args:
        message: A message on `race/state`.
        terms: Names of the reward terms that the message should have.

    Raises:
        MessageError: if the message has another layout, no car, or a number that is not finite.
    """
    kind = state_type(tuple(terms))
    if message.point_step != kind.itemsize or len(message.data) != message.width * kind.itemsize:
        raise MessageError(
            f"race/state: found {len(message.data)} bytes of {message.point_step} each, "
            f"expected {message.width} of {kind.itemsize}: run one release and one configuration everywhere"
        )
    if not message.width:
        raise MessageError("race/state: found no car, expected one or more")
    table: NDArray[np.void] = np.frombuffer(message.data, kind)
    names = _float_names(tuple(terms))
    finite = np.isfinite(table.view("<f4").reshape(len(table), -1)[:, : len(names)]).all(axis=0)
    finite[names.index("lap_seconds")] = True  # before the first lap of an episode there is none
    if not finite.all():
        wrong = ", ".join(name for name, good in zip(names, finite, strict=True) if not good)
        raise MessageError(f"race/state: found NaN or infinity in {wrong}, expected finite numbers")
    return table
