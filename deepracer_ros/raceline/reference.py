# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""Times of optimal laps that were computed before, to compare driven laps with them without the solver."""

import json
from dataclasses import asdict, dataclass
from hashlib import sha256
from pathlib import Path

from deepracer_ros.config import from_mapping
from deepracer_ros.errors import InputError
from deepracer_ros.files import make_folder, write_json
from deepracer_ros.race.catalogue import imported_folder, shipped_folder
from deepracer_ros.race.track import Track
from deepracer_ros.race.vehicle import read_vehicle
from deepracer_ros.simulation.config import DynamicsConfig
from deepracer_ros.simulation.dynamics import CarModel

FILE = "optimal_laps.json"
"""Name of the file with the times, in the folders of the package's and of imported tracks."""
TRACK_DIGITS, CAR_DIGITS = 3, 6
"""Decimals of coordinates, m, and significant digits of the car's numbers that must agree."""


@dataclass(frozen=True)
class OptimalLap:
    """The time of an optimal lap.

    Attributes:
        track: Name of the track.
        lap_seconds: Time of the time-optimal lap, s; of a closed track a flying lap.
        driven_seconds: Time of the fastest lap that was driven along it in the embedded simulator, s; None: none was.
    """

    track: str
    lap_seconds: float
    driven_seconds: float | None = None


def find_optimal_lap(track: Track, dynamics: DynamicsConfig) -> OptimalLap | None:
    """Return the optimal lap of a track and a car if `deepracer tracks optimal` has computed it.

    Args:
        track: The track.
        dynamics: Parameters of the car's motion.

    Raises:
        InputError: if a file with the times cannot be read.
    """
    key = _key(track, dynamics)
    for folder in _folders():
        if (found := _read(folder / FILE).get(key)) is not None:
            return found
    return None


def check_optimal_laps() -> None:
    """Check that the files with the times can be read.

    Raises:
        InputError: if one cannot.
    """
    for folder in _folders():
        _read(folder / FILE)


def keep_optimal_lap(lap: OptimalLap, track: Track, dynamics: DynamicsConfig) -> Path:
    """Keep the time of an optimal lap in the user's folder of imported tracks; return the file.

    Args:
        lap: The lap.
        track: Its track.
        dynamics: Parameters of the car's motion.

    Raises:
        InputError: if the file cannot be read or written.
    """
    path = imported_folder() / FILE
    laps = _read(path) | {_key(track, dynamics): lap}
    make_folder(path.parent)
    write_json(path, {key: asdict(lap) for key, lap in sorted(laps.items(), key=lambda item: item[1].track)})
    return path


def _folders() -> tuple[Path, Path]:
    """Return the folders with times; the user's precede the package's."""
    return imported_folder(), shipped_folder()


def _read(path: Path) -> dict[str, OptimalLap]:
    try:
        document = json.loads(path.read_bytes())
        if not isinstance(document, dict):
            raise ValueError(f"found {type(document).__name__}, expected an object")
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise InputError(f"{path}: cannot be read ({error}), expected the times of optimal laps") from error
    return {key: from_mapping(OptimalLap, values, f"{path}: {key}") for key, values in document.items()}


def _key(track: Track, dynamics: DynamicsConfig) -> str:
    """Return a hash of a track's geometry and of the car's constants."""
    vehicle = read_vehicle()
    constants = (*CarModel.of(vehicle, dynamics), vehicle.friction)
    text = ",".join(f"{value:.{CAR_DIGITS}g}" for value in constants) + f",{track.closed}"
    digest = sha256(text.encode())
    for line in (track.centre, track.left, track.right):
        digest.update((line.round(TRACK_DIGITS) + 0.0).tobytes())
    return digest.hexdigest()[:16]
