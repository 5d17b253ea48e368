# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""The parent's side of a sandboxed process: it starts it, asks it, and finds out where it is stuck."""

import ast
import mmap
import os
import re
import select
import signal
import socket
import struct
import subprocess
import sys
import threading
import time
import weakref
from contextlib import suppress
from multiprocessing.connection import Connection
from pathlib import Path

import numpy as np

from deepracer_ros.rewards.names import FUNCTION
from deepracer_ros.rewards.output import RewardOutput
from deepracer_ros.rewards.params import Eye
from deepracer_ros.rewards.sandbox import wire
from deepracer_ros.rewards.sandbox.confinement import Confinement
from deepracer_ros.rewards.sandbox.worker import PROGRESS_BYTES

LOAD_SECONDS = 8.0
"""Longest time for a step of loading a reward file, s."""
CALL_SECONDS = 2.0
"""Longest time of one call of a reward function, s."""
LOOK_SECONDS = 0.1
"""Time between two looks at where the process is, s."""
TRACE_SECONDS = 3.0
"""Longest time until a stuck process has written its stack, s."""
CHUNK = 1 << 16
"""Bytes of output that are read at once."""
OUTERMOST = "_run_module_as_main"
"""Name of the last function in the stack of a process."""
_FRAME = re.compile(r'File "(?P<file>[^"]+)", line (?P<line>\d+) in ')
_SECONDS = struct.Struct("ll")


class LostError(Exception):
    """The process is stuck, has died, or does not answer as it should; the message says which, and at which line."""


class Process:
    """A sandboxed process that loads a reward function.

    It loads the file while its owner does other things, until the owner calls `await_greeting`.
    """

    def __init__(self, path: Path, eye: Eye, confinement: Confinement, output: RewardOutput) -> None:
        """Start the process.

        Args:
            path: The reward file.
            eye: The car's camera.
            confinement: The means by which the process is confined.
            output: Receives what the function prints.
        """
        self._path, self._output = path, output
        ours, theirs = socket.socketpair()
        for option in (socket.SO_RCVTIMEO, socket.SO_SNDTIMEO):  # a message that was begun and is not finished
            ours.setsockopt(socket.SOL_SOCKET, option, _SECONDS.pack(int(CALL_SECONDS), 0))
        progress = os.memfd_create("progress")
        os.ftruncate(progress, PROGRESS_BYTES)
        self._at = np.frombuffer(mmap.mmap(progress, PROGRESS_BYTES), np.int64)
        (self._trace, trace), (ask, self._ask), (life, self._life) = os.pipe(), os.pipe(), os.pipe()
        given = {"connection": theirs.detach(), "progress": progress, "trace": trace, "ask": ask, "life": life}
        command = [sys.executable, "-m", f"{__package__}.worker", str(path)]
        command += [part for name, descriptor in given.items() for part in (f"--{name}", str(descriptor))]
        command += ["--eye", *(repr(number) for number in eye), *(["--filter"] if confinement.seccomp else [])]
        try:
            self._process = subprocess.Popen(
                confinement.command(command), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT, pass_fds=tuple(given.values()), start_new_session=True,
                env=environment(),
            )  # fmt: skip
        finally:
            for descriptor in given.values():
                os.close(descriptor)
        self._connection = Connection(ours.detach())
        self._close = weakref.finalize(
            self, _end, self._process, self._connection, (self._trace, self._ask, self._life)
        )
        assert self._process.stdout is not None
        threading.Thread(target=_pump, args=(self._process.stdout.fileno(), output), daemon=True).start()

    def await_greeting(self) -> bytes:
        """Wait until the process has loaded the file; return its first message, with the tag `READY` or `ERROR`.

        Raises:
            LostError: if the process is stuck or dies before it has loaded the file.
        """
        return self._receive(LOAD_SECONDS)

    def send(self, message: bytes) -> None:
        """Send a message.

        Raises:
            LostError: if the process has died or does not take it.
        """
        try:
            self._connection.send_bytes(message)
        except OSError:
            raise self._died() from None

    def ask(self, message: bytes) -> bytes:
        """Send a message and return the answer.

        Raises:
            LostError: if the process is stuck in one call, or dies.
        """
        self.send(message)
        return self._receive(CALL_SECONDS)

    def _receive(self, limit: float) -> bytes:
        """Return a message, for which the process may take `limit` seconds at each of its calls.

        Raises:
            LostError: if the process is stuck or dies.
        """
        call, since = -1, time.monotonic()
        while not self._connection.poll(LOOK_SECONDS):
            if int(self._at[0]) != call:
                call, since = int(self._at[0]), time.monotonic()
            elif time.monotonic() - since > limit:
                raise self._stuck(limit)
        try:
            return self._connection.recv_bytes(wire.MOST_BYTES)
        except (EOFError, OSError):
            raise self._died() from None

    def _stuck(self, limit: float) -> LostError:
        os.write(self._ask, b"?")
        line = self._line(TRACE_SECONDS)
        self.close()
        return LostError(f"{self._path}{line}: still running after {limit:g} s{self._when()}")

    def _died(self) -> LostError:
        try:
            code = self._process.wait(TRACE_SECONDS)
        except subprocess.TimeoutExpired:
            self.close()
            return LostError(f"{self._path}: its process answered with something else than rewards{self._when()}")
        line = self._line(0.0)
        self.close()
        # bubblewrap and shells express a signal as 128 and its number
        number = -code if code < 0 else code - 128
        known = 0 < number < signal.NSIG
        what = f"signal {signal.Signals(number).name}" if known else f"exit code {code}"
        return LostError(f"{self._path}{line}: its process ended with {what}{self._when()}")

    def _when(self) -> str:
        step = int(self._at[2])
        return f" at steps {step + 1}" if step > 0 else " while the file was loaded"

    def _line(self, seconds: float) -> str:
        """Return ":LINE" of the innermost frame of the reward's folder in the stack that the process writes.

        Without such a frame it is the line of the function's definition.
        """
        text, folder, deadline = "", self._path.resolve().parent, time.monotonic() + seconds
        while select.select([self._trace], [], [], max(0.0, deadline - time.monotonic()))[0]:
            chunk = os.read(self._trace, CHUNK)
            text += chunk.decode(errors="replace")
            for frame in _FRAME.finditer(text):
                file = Path(frame["file"]).resolve()
                if file.parent == folder:
                    beside = "" if file == self._path.resolve() else f": {file}"
                    return f"{beside}:{frame['line']}"
            if not chunk or OUTERMOST in text:
                break
        return _definition(self._path)

    def close(self) -> None:
        """Kill the process."""
        self._close()


def _definition(path: Path) -> str:
    """Return ":LINE" of the reward function's definition; empty if the file cannot be read or has none."""
    with suppress(OSError, SyntaxError, ValueError):
        for node in ast.parse(path.read_bytes()).body:
            if isinstance(node, ast.FunctionDef) and node.name == FUNCTION:
                return f":{node.lineno}"
    return ""


def environment() -> dict[str, str]:
    """Return the environment variables of a sandboxed process: none of the user's own, which may hold secrets."""
    return {
        "PATH": os.defpath,
        "LANG": "C.UTF-8",
        "PYTHONPATH": os.pathsep.join(path for path in sys.path if path),
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONUNBUFFERED": "1",
        "OPENBLAS_NUM_THREADS": "1",
        "OMP_NUM_THREADS": "1",
    }


def _pump(descriptor: int, output: RewardOutput) -> None:
    """Give what a process prints to the output until the process has ended."""
    while chunk := os.read(descriptor, CHUNK):
        output.write(chunk.decode(errors="replace"))


def _end(process: "subprocess.Popen[bytes]", connection: Connection, descriptors: tuple[int, ...]) -> None:
    connection.close()
    for descriptor in descriptors:
        os.close(descriptor)  # the kernel kills the process at the end of its life pipe
    with suppress(ProcessLookupError):  # it has ended
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
