# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""The results of a run in `summary.json`, with stable keys for scripts."""

import importlib.metadata
import json
import os
import platform
from dataclasses import dataclass, field
from pathlib import Path

from deepracer_ros.config import from_mapping
from deepracer_ros.errors import InputError
from deepracer_ros.machine import processor

_VERSIONED = ("deepracer_ros", "numpy", "numba", "opencv-python-headless", "torch", "redis", "boto3", "rclpy")


@dataclass(frozen=True)
class EvaluationSummary:
    """Result of an evaluation."""

    laps_attempted: int
    """Number of laps started, at places spread over the track."""
    laps_completed: int
    """Number of laps completed."""
    mean_lap_seconds: float | None
    """Mean time of the completed laps, s of simulation time; None if no lap was completed."""
    best_lap_seconds: float | None = None
    """Time of the fastest completed lap, s of simulation time; None if no lap was completed."""
    optimal_lap_seconds: float | None = None
    """Time of the track's time-optimal flying lap, s; None if it is not known, or there are several tracks."""


@dataclass(frozen=True)
class ModelSummary:
    """The model that was evaluated."""

    version: int
    """Version of the model in the model store."""
    sha256: str
    """SHA-256 of the model's `policy.safetensors`, hexadecimal."""


@dataclass(frozen=True)
class Machine:
    """Description of the machine on which speed was measured."""

    processor: str
    """Name of the CPU."""
    cores: int
    """Number of CPU cores that the process may use."""
    memory_gib: float
    """Main memory of the machine, GiB."""
    system: str
    """Operating system and its version."""


@dataclass(frozen=True)
class Summary:
    """The content of `runs/<name>/summary.json`, the results of a training."""

    track: str
    """Track names, separated by commas."""
    simulator: str
    """Name of the simulator: embedded or gazebo."""
    seed: int
    """Seed of all random draws of the run."""
    env_steps: int
    """Number of environment steps trained on."""
    training_seconds: float
    """Time from the first experience to the last update, s, including the evaluations in between."""
    seconds_to_all_laps: float | None
    """Training time until an evaluation completed every lap, s; None if none did."""
    env_steps_per_second: float
    """Number of environment steps per second of training time."""
    evaluation: EvaluationSummary
    """Result of the final evaluation."""
    model: ModelSummary
    """The model of the final evaluation."""
    jobs: int = 1
    """Number of simulation jobs."""
    wall_seconds: float | None = None
    """Time from the start of the command to the summary, s."""
    machine: Machine | None = None
    """The machine on which the run was made."""
    versions: dict[str, str] = field(default_factory=dict)
    """Versions of Python and of libraries, by name."""


def read_summary(path: Path) -> Summary:
    """Read a `summary.json`.

    Raises:
        InputError: if the file is absent or is not a summary.
    """
    try:
        document = json.loads(path.read_bytes())
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror}); expected a summary.json") from error
    except ValueError as error:
        raise InputError(f"{path}: is not JSON ({error}); expected a summary.json") from error
    return from_mapping(Summary, document, str(path))


def this_machine() -> Machine:
    """Return a description of the machine that runs this process."""
    pages, page_size = os.sysconf("SC_PHYS_PAGES"), os.sysconf("SC_PAGE_SIZE")
    return Machine(
        processor=processor(),
        cores=len(os.sched_getaffinity(0)),
        memory_gib=round(pages * page_size / 2**30, 1),
        system=platform.platform(),
    )


def library_versions() -> dict[str, str]:
    """Return the versions of Python and of the installed libraries that a result depends on."""
    versions = {"python": platform.python_version()}
    for name in _VERSIONED:
        try:
            versions[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:  # noqa: PERF203 - an optional library
            continue
    return versions
