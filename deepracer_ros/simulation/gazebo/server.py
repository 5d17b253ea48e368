"""One gzserver with one world, in a sandbox that ends with this process."""

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
"""Runs in the sandbox, whose end is the end of both servers."""

ENVIRONMENT = {
    "GAZEBO_MODEL_PATH": "/mnt/share:/mnt/world/models:/mnt/world:/usr/share/gazebo-11/models",
    "GAZEBO_RESOURCE_PATH": "/mnt/world:/usr/share/gazebo-11",
    "LP_NUM_THREADS": "0",  # a frame of 160x120 is drawn before another thread is awake
    "ALSOFT_DRIVERS": "null",  # there is no sound to be had
}

STEP_TIMEOUT = 30.0
"""s until a request must be answered."""

LOOK_INTERVAL = 0.1
"""s between two looks at a server that is starting."""

LONGEST_LOG = 1 << 20
"""Bytes of its log that are looked at."""

REFUSALS = re.compile(r"Unable to read sdf|load plugin|Unable to find uri|path does not exist|Error Code \d+ Msg")
"""What its log holds when it goes on without a part of the world: it never stops for that by itself."""

ERRORS = re.compile(r"\[Err\]|Error|what\(\)|bwrap:|not found")
"""What the log's lines hold that say why a server ended."""


class Server:
    """A gzserver, from its start to its end.

    Attributes:
        connection: To its plugin; nothing may be asked before `await_world`.
    """

    connection: Connection

    def __init__(
        self, installation: Installation, compose: Callable[[int], str], world_file: Path, seed: int, cars: int
    ) -> None:
        """Start the server and return at once.

        Args:
            installation: Of Gazebo.
            compose: Returns the world, given the descriptor of the socket that the plugin listens on.
            world_file: The file that `compose` reads; its pictures and meshes lie in the same folder.
            seed: Of Gazebo's physics.
            cars: In the world.

        Raises:
            InputError: if bubblewrap is missing, or by `compose`.
        """
        self._world = world_file
        self._log = tempfile.TemporaryFile()  # noqa: SIM115 (closed in close)
        self._stream = socket.socket(socket.AF_UNIX)
        self._stream.settimeout(STEP_TIMEOUT)
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind("")  # an abstract address that the kernel picks: no file, no port
            listener.listen()
            scene = compose(listener.fileno())
            watched, self._alive = os.pipe()
            self._process = sandbox.start(
                installation.root,
                ["sh", "-c", START, "start", str(seed)],
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
        self.connection = Connection(self._stream, cars)

    def await_world(self, timeout: float) -> tuple[int, int, int]:
        """Wait until the world stands and return the shape of its images.

        Raises:
            GazeboStoppedError: with the server's own words, if it ends before, or takes longer than `timeout` (s).
            InputError: if it cannot read all of the world or cannot load its plugin, or that is of another version.
        """
        deadline = time.monotonic() + timeout
        while not select.select([self._stream], [], [], LOOK_INTERVAL)[0]:
            self._refuse_half_a_world()
            if self._process.poll() is not None:
                raise GazeboStoppedError(f"gzserver: {self._first_line(ERRORS)}")
            if time.monotonic() > deadline:
                words = self._first_line(ERRORS)
                raise GazeboStoppedError(f"gzserver: its world did not stand after {timeout:.0f} s ({words})")
        self._refuse_half_a_world()
        try:
            return self.connection.receive_greeting()
        except GazeboStoppedError as error:
            raise GazeboStoppedError(f"gzserver: {self._first_line(ERRORS)}") from error

    def close(self) -> None:
        """End the server and everything that it started."""
        self._stream.close()
        self._process.kill()
        self._process.wait()
        os.close(self._alive)
        self._log.close()

    def _read_log(self) -> str:
        return os.pread(self._log.fileno(), LONGEST_LOG, 0).decode(errors="replace")

    def _refuse_half_a_world(self) -> None:
        if REFUSALS.search(self._read_log()):
            raise InputError(f"{self._world}: gzserver says: {self._first_line(REFUSALS)}")

    def _first_line(self, pattern: re.Pattern[str]) -> str:
        """Return the log's first line that matches, or its last of any kind, without colours and spare blanks."""
        text = re.sub(r"\x1b\[[0-9;]*m", "", self._read_log())
        lines = [" ".join(line.split()) for line in text.splitlines() if line.strip()]
        return next(filter(pattern.search, lines), lines[-1] if lines else "it said nothing")
