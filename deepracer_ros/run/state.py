"""What a run is doing, in `state.json`: written by its session, read by whoever watches."""

import json
import os
import socket
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from deepracer_ros.config import from_mapping, to_mapping
from deepracer_ros.errors import InputError
from deepracer_ros.files import write_json

Phase = Literal["starting", "filling", "training", "waiting", "evaluating", "done", "stopped"]
"""starting: processes; filling: the first experience is collected; waiting: Redis, S3 or the simulations keep the
trainer waiting; evaluating: the final laps; done: the configured end is reached; stopped: by a person or an error."""

ENDED: tuple[Phase, ...] = ("done", "stopped")
"""Phases that the session leaves behind."""


@dataclass(frozen=True)
class ProcessId:
    """One process of one machine: a number alone is given away again when its process is gone."""

    pid: int
    """Process id."""
    started: int
    """When the kernel started it, clock ticks since the machine's start; 0 if that is unknown."""
    host: str
    """Name of the machine."""

    @property
    def is_gone(self) -> bool:
        """Whether it is known to have ended; of a process on another machine nothing is known."""
        return self.host == socket.gethostname() and process_start(self.pid) != self.started


@dataclass(frozen=True)
class RunState:
    """What a run is doing."""

    phase: Phase
    """What it is doing, or how it ended."""
    process: ProcessId
    """The session."""
    started: float
    """When the session started, s since 1970."""
    ros_domain: int = 0
    """ROS domain of its nodes."""
    warning: str = ""
    """The latest trouble that is not over, or what ended it; one line."""

    @property
    def stale(self) -> bool:
        """Whether its session is gone without having written an end: it was killed."""
        return self.phase not in ENDED and self.process.is_gone


@dataclass
class StateFile:
    """Writes the state of a run, whenever it changed."""

    path: Path
    """`state.json` of the run folder."""
    ros_domain: int = 0
    """ROS domain of the run's nodes."""
    started: float = field(default_factory=time.time)
    """When the session started, s since 1970."""
    written: RunState | None = None
    """What the file holds; None before the first."""

    def write(self, phase: Phase, warning: str = "") -> None:
        """Write the state, whole or not at all, unless it is what was written last.

        Raises:
            InputError: if the folder cannot be written or the disk is full.
        """
        state = RunState(phase, this_process(), self.started, self.ros_domain, " ".join(warning.split()))
        if state != self.written:
            write_json(self.path, to_mapping(state))
            self.written = state


def read_state(path: Path) -> RunState | None:
    """Read a `state.json`; None if there is none, as in the folder of a run that never started.

    Raises:
        InputError: if it cannot be read, or is no state of a run.
    """
    try:
        document = json.loads(path.read_bytes())
    except FileNotFoundError:
        return None
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror}); expected the state of a run") from error
    except ValueError as error:
        raise InputError(f"{path}: is not JSON ({error}); expected the state of a run") from error
    return from_mapping(RunState, document, str(path), tolerant=True)


def this_process() -> ProcessId:
    """Return this process."""
    pid = os.getpid()
    return ProcessId(pid, process_start(pid) or 0, socket.gethostname())


def process_start(pid: int) -> int | None:
    """Return when a process of this machine started, clock ticks since the machine's start; None if there is none."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return None
    state, *fields = text.rpartition(")")[2].split()
    return None if state == "Z" else int(fields[18])
