"""Sensors: what is observed of every car at every step, as named arrays.

A simulator gives its own sensors, at least the camera. Others are measured from the cars' states and the referee's
knowledge of the track, so they work with every simulator. `SENSORS` has all of them by name; the names are DeepRacer's
where it has one.
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
"""(N, *shape) of each sensor, by its name."""

CAMERA = "FRONT_FACING_CAMERA"
"""The camera, as DeepRacer calls it."""
STATE = "state"
"""The referee's numbers of a car: `race.state`."""


@dataclass(frozen=True)
class SensorSpec:
    """What one car's observation by a sensor is.

    Attributes:
        shape: Of the array.
        dtype: As numpy writes it, little-endian: `|u1`, `<f4`.
        unit: Of the numbers; of `numbers`, if they have different ones, "each its own".
        numbers: Name of each number, where the array is a list of them; otherwise empty.
    """

    shape: tuple[int, ...]
    dtype: str
    unit: str
    numbers: tuple[str, ...] = ()

    @property
    def nbytes(self) -> int:
        """Bytes of one observation."""
        return math.prod(self.shape) * np.dtype(self.dtype).itemsize


@dataclass(frozen=True)
class SensorType:
    """A kind of sensor.

    Attributes:
        spec: Returns what it observes under a configuration.
        measure: Returns (N, *shape) from the cars' states and the referee; None where the simulator itself observes.
    """

    spec: Callable[[EnvironmentConfig], SensorSpec]
    measure: "Callable[[CarStates, Referee], Array] | None" = None


def camera_spec(config: EnvironmentConfig) -> SensorSpec:
    """Return what the camera gives: grey (height, width) or RGB (height, width, 3) levels."""
    return SensorSpec(config.camera.frame_shape, "|u1", "levels")


def state_spec(config: EnvironmentConfig) -> SensorSpec:
    """Return what `state` gives: the numbers of `STATE_NAMES`."""
    return SensorSpec((len(STATE_NAMES),), "<f4", "each its own", STATE_NAMES)


def measure_state(states: "CarStates", referee: "Referee") -> Array:
    """Return the referee's own buffer (N, S)."""
    return referee.state


SENSORS: dict[str, SensorType] = {
    CAMERA: SensorType(camera_spec),
    STATE: SensorType(state_spec, measure_state),
}
"""Sensors by name: the line to add for another one."""


def sensor_specs(config: EnvironmentConfig, names: Sequence[str] | None = None) -> dict[str, SensorSpec]:
    """Return what is observed under a configuration, by sensor.

    Args:
        config: Of the environment.
        names: Of the sensors; by default all that are configured.

    Raises:
        InputError: if there is no such sensor.
    """
    wanted = config.sensors if names is None else names
    for name in wanted:
        if name not in SENSORS:
            raise InputError(f"sensors: found {name!r}, expected one of {', '.join(SENSORS)}")
    return {name: SENSORS[name].spec(config) for name in wanted}
