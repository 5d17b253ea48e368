# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""The sandboxed process: it confines itself, loads a user's reward function, and answers one step after another."""

import argparse
import faulthandler
import fcntl
import io
import mmap
import os
import signal
import sys
import traceback
from multiprocessing.connection import Connection
from pathlib import Path

import numpy as np

from deepracer_ros.errors import InputError
from deepracer_ros.rewards.function import RewardFunction
from deepracer_ros.rewards.params import Eye
from deepracer_ros.rewards.sandbox import wire
from deepracer_ros.rewards.sandbox.confinement import filter_system_calls, limit_resources
from deepracer_ros.rewards.source import RewardError

PROGRESS_BYTES = 24
"""Size of the memory in which the process says where it is: number of the call, the car and its step, int64."""


def signal_on(descriptor: int, number: int) -> None:
    """Let the kernel send this process a signal when a pipe is written to or loses its last writer.

    Unlike a signal from outside, it needs no process id, which differs inside a sandbox; unlike a signal at the
    parent's death, it does not depend on the thread that started the process.
    """
    fcntl.fcntl(descriptor, fcntl.F_SETSIG, number)
    fcntl.fcntl(descriptor, fcntl.F_SETOWN, os.getpid())
    fcntl.fcntl(descriptor, fcntl.F_SETFL, fcntl.fcntl(descriptor, fcntl.F_GETFL) | os.O_ASYNC)


class _Places:
    """Tells the parent where the process is, and lets only the first car's function print."""

    def __init__(self, descriptor: int) -> None:
        self._at = np.frombuffer(mmap.mmap(descriptor, PROGRESS_BYTES), np.int64)
        self._shown = sys.stdout, sys.stderr
        self._hidden = io.TextIOWrapper(io.BufferedWriter(_Nowhere()), write_through=True)
        self._car = 0

    def enter(self, car: int, step: int) -> None:
        self._at[:] = self._at[0] + 1, car, step
        if (car == 0) != (self._car == 0):
            sys.stdout, sys.stderr = self._shown if car == 0 else (self._hidden, self._hidden)
        self._car = car


class _Nowhere(io.RawIOBase):
    """Accepts any output and drops it; no file is needed for it."""

    def writable(self) -> bool:
        return True

    def write(self, data: object) -> int:
        return memoryview(data).nbytes  # type: ignore[arg-type]


def serve(connection: Connection, reward: RewardFunction) -> None:
    """Answer steps until the parent has gone.

    Args:
        connection: Connection to the parent.
        reward: The reward function.
    """
    roads: list[wire.SentRoad] = []
    while True:
        try:
            message = connection.recv_bytes()
        except EOFError:
            return
        if message[:1] == wire.ROADS:
            roads = wire.unpack_roads(message)
            continue
        try:
            answer = wire.pack_rewards(reward(wire.unpack_step(message), roads)[0])
        except RewardError as error:
            traceback.print_exception(error.__cause__)
            answer = wire.pack_fields(wire.ERROR, {"message": str(error), "params": error.params})
        connection.send_bytes(answer)


def main() -> int:
    """Serve the parent that started this process, and return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file", type=Path, help="the reward file")
    parser.add_argument("--connection", type=int, required=True, help="descriptor of the connection to the parent")
    parser.add_argument("--progress", type=int, required=True, help="descriptor of the shared memory")
    parser.add_argument("--trace", type=int, required=True, help="descriptor to which a stuck process writes its stack")
    parser.add_argument("--ask", type=int, required=True, help="pipe that asks for the stack")
    parser.add_argument("--life", type=int, required=True, help="pipe whose end is the end of this process")
    parser.add_argument("--eye", type=float, nargs=2, required=True, help="position and half the view of the camera")
    parser.add_argument("--filter", action="store_true", help="filter the system calls")
    options = parser.parse_args()
    connection = Connection(options.connection)
    faulthandler.enable(options.trace, all_threads=False)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal_on(options.ask, signal.SIGABRT)
    signal_on(options.life, signal.SIGKILL)
    places = _Places(options.progress)
    limit_resources()
    if options.filter:
        filter_system_calls()
    try:
        reward = RewardFunction(options.file, Eye(*options.eye), places.enter)
    except InputError as error:
        traceback.print_exception(error.__cause__)
        connection.send_bytes(wire.pack_fields(wire.ERROR, {"message": str(error), "params": None}))
        return 0
    connection.send_bytes(wire.pack_fields(wire.READY, {}))
    serve(connection, reward)
    return 0


if __name__ == "__main__":
    sys.exit(main())
