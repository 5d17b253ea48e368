# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""The state of a run in `state.json`, which its session writes and other programs read."""

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
"""Phase of a run. starting: processes start. filling: the first experience is collected. training: the trainer makes
progress. waiting: the trainer waits for Redis, S3 or the simulations. evaluating: the final laps are driven. done: the
configured end is reached. stopped: a user or an error ended the run."""

ENDED: tuple[Phase, ...] = ("done", "stopped")
"""Phases in which no session is active."""


@dataclass(frozen=True)
class ProcessId:
    """Identity of one process on one machine; the start time is part of it because the kernel reuses process ids."""

    pid: int
    """Process id."""
    started: int
    """Start time of the process, clock ticks since the boot of the machine; 0 if unknown."""
    host: str
    """Host name of the machine."""

    @property
    def is_gone(self) -> bool:
        """Whether the process is known to have ended; always False for a process on another machine."""
        return self.host == socket.gethostname() and process_start(self.pid) != self.started


@dataclass(frozen=True)
class RunState:
    """The content of `state.json`: phase, session and last warning of a run."""

    phase: Phase
    """Phase of the run."""
    process: ProcessId
    """Process of the session that runs the training."""
    started: float
    """Start time of the session, s since 1970."""
    ros_domain: int = 0
    """ROS domain of the run's nodes."""
    warning: str = ""
    """Latest problem that still exists, or the error that ended the run; one line, empty if there is none."""

    @property
    def stale(self) -> bool:
        """Whether the session ended without writing a final phase, because it was killed."""
        return self.phase not in ENDED and self.process.is_gone


@dataclass
class StateFile:
    """Writes the state of a run to `state.json` when it has changed."""

    path: Path
    """Path of `state.json` in the run folder."""
    ros_domain: int = 0
    """ROS domain of the run's nodes."""
    started: float = field(default_factory=time.time)
    """Start time of the session, s since 1970."""
    written: RunState | None = None
    """State that was written last; None before the first."""

    def write(self, phase: Phase, warning: str = "") -> None:
        """Write the state atomically, unless it equals the last one written.

        Args:
            phase: Phase of the run.
            warning: Latest problem, or the error that ended the run; empty if there is none.

        Raises:
            InputError: if the folder cannot be written or the disk is full.
        """
        state = RunState(phase, this_process(), self.started, self.ros_domain, " ".join(warning.split()))
        if state != self.written:
            write_json(self.path, to_mapping(state))
            self.written = state


def read_state(path: Path) -> RunState | None:
    """Read a `state.json`; None if the file does not exist, for example because the run never started.

    Raises:
        InputError: if the file cannot be read, or is not the state of a run.
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
    """Return the identity of the calling process."""
    pid = os.getpid()
    return ProcessId(pid, process_start(pid) or 0, socket.gethostname())


def process_start(pid: int) -> int | None:
    """Return the start time of a process, clock ticks since boot (field 22 of proc(5) stat); None if it has ended."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return None
    state, *fields = text.rpartition(")")[2].split()
    return None if state == "Z" else int(fields[18])
