"""What a run came to, in `summary.json`: small, stable keys that scripts and people read."""

import importlib.metadata
import json
import os
import platform
from dataclasses import dataclass, field
from pathlib import Path

from deepracer_ros.config import from_mapping
from deepracer_ros.errors import InputError

_VERSIONED = ("deepracer_ros", "numpy", "numba", "opencv-python-headless", "torch", "redis", "boto3", "rclpy")


@dataclass(frozen=True)
class EvaluationSummary:
    """How the final policy drove."""

    laps_attempted: int
    """Laps started, spread over the track."""
    laps_completed: int
    """Laps driven to their end."""
    mean_lap_seconds: float | None
    """Mean time of the completed laps, s of simulation; None if there is none."""
    best_lap_seconds: float | None = None
    """Time of the fastest lap, s of simulation; None if there is none."""


@dataclass(frozen=True)
class ModelSummary:
    """The policy that was evaluated."""

    version: int
    """Its version in the model store."""
    sha256: str
    """Of its `policy.safetensors`, hexadecimal."""


@dataclass(frozen=True)
class Machine:
    """What a figure of speed was measured on."""

    processor: str
    """Name of the CPU."""
    cores: int
    """Cores this process may use."""
    memory_gib: float
    """Memory of the machine, GiB."""
    system: str
    """Operating system and its version."""


@dataclass(frozen=True)
class Summary:
    """What `make train` leaves in `runs/<name>/summary.json`."""

    track: str
    """Track names, separated by commas."""
    simulator: str
    """embedded or gazebo."""
    seed: int
    """What every random draw of the run derives from."""
    env_steps: int
    """Environment steps trained on."""
    training_seconds: float
    """From the first environment step to the last update, evaluations within included, s."""
    seconds_to_all_laps: float | None
    """Training seconds until an evaluation completed every lap; None if none did."""
    env_steps_per_second: float
    """Environment steps per training second."""
    evaluation: EvaluationSummary
    """The final evaluation."""
    model: ModelSummary
    """The final policy."""
    jobs: int = 1
    """Simulation jobs."""
    wall_seconds: float | None = None
    """From the start of the command to its end, s."""
    machine: Machine | None = None
    """What it ran on."""
    versions: dict[str, str] = field(default_factory=dict)
    """Python's and the libraries' versions."""


def read_summary(path: Path) -> Summary:
    """Read a `summary.json`.

    Raises:
        InputError: if the file is absent or no summary.
    """
    try:
        document = json.loads(path.read_bytes())
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror}); expected a summary.json") from error
    except ValueError as error:
        raise InputError(f"{path}: is not JSON ({error}); expected a summary.json") from error
    return from_mapping(Summary, document, str(path))


def this_machine() -> Machine:
    """Return what this process runs on."""
    pages, page_size = os.sysconf("SC_PHYS_PAGES"), os.sysconf("SC_PAGE_SIZE")
    return Machine(
        processor=_processor(),
        cores=len(os.sched_getaffinity(0)),
        memory_gib=round(pages * page_size / 2**30, 1),
        system=platform.platform(),
    )


def _processor() -> str:
    """Return the CPU's name as Linux gives it, or its architecture."""
    try:
        text = Path("/proc/cpuinfo").read_text()
    except OSError:
        return platform.machine()
    names = [line.partition(":")[2].strip() for line in text.splitlines() if line.startswith("model name")]
    return names[0] if names else platform.machine()


def library_versions() -> dict[str, str]:
    """Return the versions of Python and of the installed libraries that a result depends on."""
    versions = {"python": platform.python_version()}
    for name in _VERSIONED:
        try:
            versions[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:  # noqa: PERF203 - an optional one
            continue
    return versions
