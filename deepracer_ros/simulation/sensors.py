# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""Sensors: the named arrays that are observed for every car at every step.

A simulator has its own sensors, at least the camera. Other sensors are measured from the states of the cars and the
referee, so they work with every simulator. `SENSORS` contains all sensors by name. A sensor that DeepRacer also has is
called by DeepRacer's name.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from deepracer_ros.errors import InputError
from deepracer_ros.race.state import STATE_NAMES
from deepracer_ros.simulation.config import EnvironmentConfig

if TYPE_CHECKING:
    from deepracer_ros.race.referee import Referee
    from deepracer_ros.simulation.simulator import CarStates

Array = NDArray[Any]
Observations = Mapping[str, Array]
"""Observations (N, *shape) of N cars by each sensor, by its name."""

CAMERA = "FRONT_FACING_CAMERA"
"""Name of the camera, as in DeepRacer."""
STATE = "state"
"""Name of the sensor of the referee's numbers of a car, defined in `race.state`."""
TRACE = "trace"
"""Name of the sensor of what a trace of DeepRacer's has, `TRACE_NUMBERS`."""
TRACE_NUMBERS = (
    "front_x", "front_y", "yaw", "station", "progress", "status", "all_wheels_on_track", "step", "clock",
)  # fmt: skip
"""Numbers of the observation `trace`: position of the car's front, m; heading, rad; arc length, m; progress, %;
`Status`; 1 or 0; number of the step in the episode; simulation time, s."""


@dataclass(frozen=True)
class SensorSpec:
    """Specification of one car's observation by a sensor.

    Attributes:
        shape: Shape of the array.
        dtype: Numpy's name of the element type, little-endian: `|u1`, `<f4`.
        unit: Unit of the elements; "each its own" if `numbers` have different units.
        numbers: Name of each element if the array is a list of numbers; otherwise empty.
    """

    shape: tuple[int, ...]
    dtype: str
    unit: str
    numbers: tuple[str, ...] = ()

    @property
    def nbytes(self) -> int:
        """Size of one observation, bytes."""
        return math.prod(self.shape) * np.dtype(self.dtype).itemsize


@dataclass(frozen=True)
class SensorType:
    """A kind of sensor, an entry of `SENSORS`.

    Attributes:
        spec: Function from the configuration of an environment to the sensor's specification.
        measure: Function from the cars' states and the referee to observations (N, *shape); None for a sensor of the
            simulator.
    """

    spec: Callable[[EnvironmentConfig], SensorSpec]
    measure: "Callable[[CarStates, Referee], Array] | None" = None


def camera_spec(config: EnvironmentConfig) -> SensorSpec:
    """Return the specification of the camera: stack_size frames (height, width) grey or (height, width, 3) RGB."""
    height, *rest = config.camera.frame_shape
    return SensorSpec((config.camera.stack_size * height, *rest), "|u1", "levels")


def state_spec(config: EnvironmentConfig) -> SensorSpec:
    """Return the specification of the sensor `state`: the numbers of `STATE_NAMES`."""
    return SensorSpec((len(STATE_NAMES),), "<f4", "each its own", STATE_NAMES)


def measure_state(states: "CarStates", referee: "Referee") -> Array:
    """Return the observation `state` (N, S) of N cars, which is the referee's own buffer."""
    return referee.state


def trace_spec(config: EnvironmentConfig) -> SensorSpec:
    """Return the specification of the sensor `trace`: the numbers of `TRACE_NUMBERS`."""
    return SensorSpec((len(TRACE_NUMBERS),), "<f8", "each its own", TRACE_NUMBERS)


def measure_trace(states: "CarStates", referee: "Referee") -> Array:
    """Return the observation `trace` (N, T) of N cars."""
    table = referee.episodes
    columns = (
        table.front_x, table.front_y, table.yaw, table.station, np.minimum(table.progress, 100.0), table.status,
        table.wheels_on_track == 4, table.step, table.clock,
    )  # fmt: skip
    return as_rows(columns)


def as_rows(columns: Sequence[Any]) -> Array:
    """Return columns of N numbers, or single numbers, as one array (N, C); four times as fast as `numpy.stack`."""
    rows = np.empty((len(columns[0]), len(columns)))
    for index, column in enumerate(columns):
        rows[:, index] = column
    return rows


SENSORS: dict[str, SensorType] = {
    CAMERA: SensorType(camera_spec),
    STATE: SensorType(state_spec, measure_state),
    TRACE: SensorType(trace_spec, measure_trace),
}
"""Sensors by name; a new sensor needs one more entry."""
IN_RACE_STATE = (STATE, TRACE)
"""Sensors whose numbers are in the messages on `race/state`, so that they need no topic of their own."""


def sensor_specs(config: EnvironmentConfig, names: Sequence[str] | None = None) -> dict[str, SensorSpec]:
    """Return the specifications of sensors under a configuration, by the sensor's name.

    Args:
        config: Configuration of the environment.
        names: Names of the sensors; by default all configured sensors.

    Raises:
        InputError: if a sensor does not exist.
    """
    wanted = config.sensors if names is None else names
    for name in wanted:
        if name not in SENSORS:
            raise InputError(f"sensors: found {name!r}, expected one of {', '.join(SENSORS)}")
    return {name: SENSORS[name].spec(config) for name in wanted}
