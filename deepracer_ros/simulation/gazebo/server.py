# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""A gzserver with one world, in a sandbox that ends with the calling process."""

import os
import re
import select
import socket
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from deepracer_ros.errors import InputError
from deepracer_ros.share import share_directory
from deepracer_ros.simulation.gazebo import sandbox
from deepracer_ros.simulation.gazebo.installation import Installation
from deepracer_ros.simulation.gazebo.wire import Connection, GazeboStoppedError

START = r"""
mkdir -p /tmp/.X11-unix
mkfifo /tmp/display
Xvfb -displayfd 3 -screen 0 64x64x24 -nolisten tcp 3>/tmp/display 2>/dev/null &
read display </tmp/display
export DISPLAY=:$display
exec gzserver --verbose --lockstep --seed "$1" /mnt/scene.world
"""
"""Shell script that starts Xvfb and gzserver in the sandbox; both end with the sandbox."""

ENVIRONMENT = {
    "GAZEBO_MODEL_PATH": "/mnt/share:/mnt/world/models:/mnt/world:/usr/share/gazebo-11/models",
    "GAZEBO_RESOURCE_PATH": "/mnt/world:/usr/share/gazebo-11",
    "LP_NUM_THREADS": "0",  # a frame of 160x120 is drawn before another thread is awake
    "ALSOFT_DRIVERS": "null",  # the sandbox has no sound device
}
"""Environment variables of gzserver in addition to `sandbox.ENVIRONMENT`."""

STEP_TIMEOUT = 30.0
"""Time limit for the answer to a request, s."""

SHARES = (1 / 6, 2 / 6, 3 / 6)
"""Parts of the time limit of a start, for the first server and for those that are started after one that hangs."""

LOOK_INTERVAL = 0.1
"""Time between two checks of a starting server, s."""

LONGEST_LOG = 1 << 20
"""Size of the part of a server's log that is read, bytes."""

REFUSALS = re.compile(r"Unable to read sdf|load plugin|Unable to find uri|path does not exist|Error Code \d+ Msg")
"""Log messages of a gzserver that continues without a part of the world; it does not stop by itself."""

ERRORS = re.compile(r"\[Err\]|Error|what\(\)|bwrap:|not found")
"""Pattern of log lines that contain the reason of a server's end."""


class Server:
    """A running gzserver with one world.

    Attributes:
        connection: Connection to the lock-step plugin; requests are allowed only after `await_world`.
    """

    connection: Connection

    def __init__(
        self, installation: Installation, compose: Callable[[int], str], world_file: Path, seed: int, cars: int
    ) -> None:
        """Start the server and return at once.

        Args:
            installation: The Gazebo to run.
            compose: Function that returns the world's SDF, given the descriptor of the plugin's listening socket.
            world_file: World file that `compose` reads; its pictures and meshes are in the same folder.
            seed: Seed of Gazebo's physics.
            cars: Number of cars in the world.

        Raises:
            InputError: if bubblewrap is missing, or `compose` raises it.
        """
        self._world, self._compose, self._cars, self._seed = world_file, compose, cars, seed
        self._installation = installation
        self._start()

    def _start(self) -> None:
        installation, world_file = self._installation, self._world
        self._log = tempfile.TemporaryFile()  # noqa: SIM115 (closed in close)
        self._stream = socket.socket(socket.AF_UNIX)
        self._stream.settimeout(STEP_TIMEOUT)
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind("")  # an abstract address that the kernel picks: no file, no port
            listener.listen()
            scene = self._compose(listener.fileno())
            watched, self._alive = os.pipe()
            self._process = sandbox.start(
                installation.root,
                ["sh", "-c", START, "start", str(self._seed)],
                folders={
                    "plugin": installation.plugin,
                    "world": world_file.parent,
                    "share/deepracer_ros": share_directory(),
                },
                files={"scene.world": scene},
                environment=ENVIRONMENT,
                sockets=[listener.fileno()],
                watched=watched,
                output=self._log,
            )
            os.close(watched)
            self._stream.connect(listener.getsockname())
        self.connection = Connection(self._stream, self._cars)

    def await_world(self, timeout: float) -> tuple[int, int, int]:
        """Wait until the world is loaded and return the shape (height, width, 3) of its camera images.

        Once in some hundred starts gzserver hangs before it has loaded its world. Then another one is started.

        Args:
            timeout: Time limit for all starts together, s.

        Raises:
            GazeboStoppedError: if the server ends or exceeds the time limit; the message quotes the server's log.
            InputError: if the server cannot read the whole world or load its plugin, or the plugin has another version.
        """
        *earlier, last = SHARES
        for share in earlier:
            if self._is_loaded(share * timeout):
                break
            self.close()
            self._start()
        else:
            if not self._is_loaded(last * timeout):
                words = self._first_line(ERRORS)
                raise GazeboStoppedError(f"gzserver: its world was not loaded after {timeout:.0f} s ({words})")
        self._refuse_half_a_world()
        try:
            return self.connection.receive_greeting()
        except GazeboStoppedError as error:
            raise GazeboStoppedError(f"gzserver: {self._first_line(ERRORS)}") from error

    def _is_loaded(self, seconds: float) -> bool:
        """Wait until the world is loaded, at most so many seconds; return whether it is."""
        deadline = time.monotonic() + seconds
        while not select.select([self._stream], [], [], LOOK_INTERVAL)[0]:
            self._refuse_half_a_world()
            if self._process.poll() is not None:
                raise GazeboStoppedError(f"gzserver: {self._first_line(ERRORS)}")
            if time.monotonic() > deadline:
                return False
        return True

    def close(self) -> None:
        """End the server and all processes that it started; a second call does nothing."""
        if self._log.closed:
            return
        self._stream.close()
        self._process.kill()
        self._process.wait()
        os.close(self._alive)
        self._log.close()

    def _read_log(self) -> str:
        return os.pread(self._log.fileno(), LONGEST_LOG, 0).decode(errors="replace")

    def _refuse_half_a_world(self) -> None:
        if REFUSALS.search(self._read_log()):
            raise InputError(f"{self._world}: gzserver reports: {self._first_line(REFUSALS)}")

    def _first_line(self, pattern: re.Pattern[str]) -> str:
        """Return the first line of the log that matches, or its last line, without colour codes and extra spaces."""
        text = re.sub(r"\x1b\[[0-9;]*m", "", self._read_log())
        lines = [" ".join(line.split()) for line in text.splitlines() if line.strip()]
        return next(filter(pattern.search, lines), lines[-1] if lines else "its log is empty")
