# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""The base class of local server processes: start with a deadline, restart on the same data, stop with the parent."""

import fcntl
import os
import random
import shutil
import signal
import socket
import subprocess
import threading
import time
from contextlib import closing
from pathlib import Path
from types import TracebackType
from typing import TypeVar

from deepracer_ros.errors import InputError
from deepracer_ros.files import remove_remains

LOOPBACK = "127.0.0.1"
START_SECONDS = 20.0
"""Longest time until a server answers, s. Both servers take about a second, and more on a busy machine."""

Server = TypeVar("Server", bound="LocalServer")


class Ports:
    """TCP ports of the loopback address that no other `LocalServer` of this machine takes.

    A free port alone is not enough: two servers that start at the same moment may find the same one, and then the
    clients of one talk to the other. So each port is held by a name in the kernel's abstract socket space, which is
    free again when this process ends.

    Attributes:
        numbers: The ports.
    """

    def __init__(self, count: int) -> None:
        """Find and hold `count` different ports on which no process listens.

        The ports lie below the range that the kernel uses for outgoing connections. So no outgoing connection can take
        one before the server, or its restart, binds it.

        Raises:
            InputError: if there are not enough free ports.
        """
        self.numbers: list[int] = []
        self._holders: list[socket.socket] = []
        for port in random.sample(range(20000, 32000), 2000):
            holder = socket.socket(socket.AF_UNIX)
            try:
                holder.bind(f"\0deepracer port {port}")
                with closing(socket.socket()) as probe:
                    probe.bind((LOOPBACK, port))
            except OSError:
                holder.close()
                continue
            self.numbers.append(port)
            self._holders.append(holder)
            if len(self.numbers) == count:
                return
        self.release()
        raise InputError(f"ports 20000 to 31999 of {LOOPBACK}: found {len(self.numbers)} free, expected {count}")

    def release(self) -> None:
        """Let others have the ports."""
        while self._holders:
            self._holders.pop().close()


class LocalServer:
    """A child process that serves one folder; the kernel kills it when this process ends for any reason.

    The constructor only starts the process, so several servers can start at the same time. `wait_ready` or a `with`
    statement waits until the server answers. Only one process at a time can serve a folder.

    Attributes:
        folder: Folder with data, log and socket of the server.
        name: Name of the server for messages.
    """

    name = "server"
    _held_ports: Ports | None = None

    def __init__(self, folder: Path) -> None:
        """Lock the folder and start the server.

        Args:
            folder: Folder for data, log and socket of the server; created if absent.

        Raises:
            InputError: if the folder cannot be written or another process serves it.
        """
        self.folder = Path(folder).resolve()
        try:
            self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._lock = os.open(self.folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise InputError(f"{self.folder}: {error.strerror}; expected a writable folder for {self.name}") from error
        try:
            self._wait_for_lock()
            remove_remains(self.folder)
            self._configure()
            self._spawn()
        except BaseException:
            os.close(self._lock)
            raise

    def _configure(self) -> None:
        """Choose ports and write configuration files; called once, before the first start."""

    def _command(self) -> list[str]:
        """Return the command line of the server."""
        raise NotImplementedError

    def _is_ready(self) -> bool:
        """Return whether the server answers; must return within about a second."""
        raise NotImplementedError

    def _wait_for_lock(self, seconds: float = 3.0) -> None:
        """Lock the folder; wait until a server that a killed process left on it has ended."""
        deadline = time.monotonic() + seconds
        while True:
            try:
                fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:  # noqa: PERF203
                if time.monotonic() > deadline:
                    raise InputError(
                        f"{self.folder}: another process serves it, expected a folder that no running {self.name} uses"
                    ) from error
                time.sleep(0.02)
            else:
                return

    def _spawn(self) -> None:
        """Start the process from a thread that lives as long as the process.

        The kernel sends the parent-death signal when the *thread* that forked ends. The calling thread may be
        short-lived, so it must not fork the process. The server inherits the lock, so the folder becomes free only
        when the server itself has ended.
        """
        self._log_path = self.folder / "server.log"
        command = self._command()
        with self._log_path.open("ab") as log:
            self._log_start = log.tell()
            started = threading.Event()
            failure: list[OSError] = []

            def run() -> None:
                try:
                    self._process = subprocess.Popen(
                        ["setpriv", "--pdeathsig", "KILL", *command],
                        stdin=subprocess.DEVNULL,
                        stdout=log,
                        stderr=subprocess.STDOUT,
                        cwd=self.folder,
                        env={"PATH": os.environ.get("PATH", os.defpath), "HOME": str(self.folder)},
                        pass_fds=(self._lock,),
                        start_new_session=True,
                    )
                except OSError as error:
                    failure.append(error)
                    return
                finally:
                    started.set()
                self._process.wait()

            self._thread = threading.Thread(target=run, name=self.name, daemon=True)
            self._thread.start()
            started.wait()
        if failure:
            raise InputError(
                f"{self.name}: cannot be started ({failure[0].strerror}: {failure[0].filename}); "
                "expected setpriv of util-linux and a writable folder"
            ) from failure[0]

    @property
    def pid(self) -> int:
        """Process id of the server process that was started last."""
        return self._process.pid

    @property
    def alive(self) -> bool:
        """Whether the server process is running."""
        return self._thread.is_alive()

    def wait_ready(self, seconds: float = START_SECONDS) -> None:
        """Wait until the server answers.

        Args:
            seconds: Longest wait, s.

        Raises:
            InputError: if the server ends (the message has the last line of its log) or does not answer in time.
        """
        deadline = time.monotonic() + seconds
        while not self._is_ready():
            if not self.alive:
                raise InputError(f"{self.name}: ended at its start ({self._last_line()}); see {self._log_path}")
            if time.monotonic() > deadline:
                raise InputError(f"{self.name}: no answer within {seconds:g} s; see {self._log_path}")
            time.sleep(0.005)

    def _last_line(self) -> str:
        """Return the last line that the server wrote since its start."""
        with self._log_path.open("rb") as log:
            log.seek(self._log_start)
            lines = log.read().decode(errors="replace").strip().splitlines()
        return lines[-1].strip() if lines else "it wrote nothing"

    def restart(self, seconds: float = START_SECONDS) -> None:
        """Restart the server on the same folder and ports if its process has ended, and wait until it answers.

        Args:
            seconds: Longest wait, s.

        Raises:
            InputError: if the server ends again or does not answer in time.
        """
        if not self.alive:
            self._spawn()
        self.wait_ready(seconds)

    def kill(self) -> None:
        """Kill the server process with SIGKILL and wait for its end."""
        self._process.kill()
        self._thread.join()

    def close(self) -> None:
        """Stop the server and release the folder; the data stay. A second call does nothing."""
        if self._lock < 0:
            return
        self._end()
        if self._held_ports is not None:
            self._held_ports.release()
        os.close(self._lock)
        self._lock = -1

    def _end(self, seconds: float = 5.0) -> None:
        """Send SIGTERM and wait; kill the process if it does not end in time."""
        self._process.send_signal(signal.SIGTERM)
        self._thread.join(seconds)
        if self.alive:
            self.kill()

    def __enter__(self: Server) -> Server:
        """Wait until the server answers, and return it; close it if it does not answer."""
        try:
            self.wait_ready()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the server."""
        self.close()


def is_served(folder: Path) -> bool:
    """Return whether a `LocalServer` of any process serves this folder."""
    try:
        lock = os.open(folder / "lock", os.O_RDWR | os.O_CLOEXEC)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(lock)
    return False


def find_program(name: str, beside: Path | None = None) -> str | None:
    """Return the path of the program `name` in the folder `beside` or on the PATH; None if there is none."""
    if beside is not None and os.access(beside / name, os.X_OK):
        return str(beside / name)
    return shutil.which(name)
