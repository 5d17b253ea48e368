# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""A child process of a run: start, log, restart and stop."""

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

from deepracer_ros.errors import InputError

FATAL = 3
"""Exit code of a process whose error a restart would only repeat: a loss that became NaN, a reward that failed."""
BAD_INPUT = 2
"""Exit code of a process that ended because of bad input."""
PREFIX = "deepracer: "
"""Prefix of the log lines that are for the user."""
LOG_FORMAT = "deepracer [{name}] {message}"
"""Format of the log lines of the nodes that a session starts."""
HEALTH_LOGGER = "health"
"""Last part of the name of a logger that only says what is wrong with a node, and when it is over."""
WELL_AGAIN = "all is well again"
"""Log text of a node whose last error is over."""

HELD = "DEEPRACER_HELD"
"""Environment variable of a process that loads its code and then waits for the end of its standard input."""

_NAME = re.compile(r"deepracer(: | \[\S+\] )")
_HEALTH = re.compile(rf"deepracer \[(\S+\.)?(?P<node>[^.\s]+)\.{HEALTH_LOGGER}\] (?P<text>.*)")


class Process:
    """A child process that runs a module of this package and writes a log file.

    The kernel kills the child when this process ends for any reason. The child loses nothing by that, and an old
    trainer must not write at the same time as a new one.

    Attributes:
        name: Name of the process for messages.
    """

    def __init__(self, name: str, module: str, arguments: list[str], log: Path, held: bool = False) -> None:
        """Start the process.

        Args:
            name: Name of the process for messages.
            module: Module to run, for example "deepracer_ros.nodes.trainer_node".
            arguments: Command-line arguments of the module.
            log: Log file, to which the output is appended.
            held: Whether the process, when it has loaded its code, waits until `release`.

        Raises:
            InputError: if the log file cannot be written or `setpriv` of util-linux is missing.
        """
        self.name = name
        self._command = ["setpriv", "--pdeathsig", "KILL", sys.executable, "-m", module, *arguments]
        self._log = log
        self._read_to = log.stat().st_size if log.exists() else 0
        self._complaints: dict[str, str] = {}
        self._start(held)

    def _start(self, held: bool = False) -> None:
        environment = {**os.environ, "RCUTILS_CONSOLE_OUTPUT_FORMAT": LOG_FORMAT}
        if held:
            environment[HELD] = "1"
        try:
            self._log.parent.mkdir(exist_ok=True)
            with self._log.open("ab") as log:
                self._process = subprocess.Popen(
                    self._command, stdin=subprocess.PIPE if held else subprocess.DEVNULL, stdout=log, stderr=log,
                    start_new_session=True, env=environment,
                )  # fmt: skip
        except OSError as error:
            raise InputError(f"{error.filename}: {error.strerror}; expected to start the {self.name}") from error

    def release(self) -> None:
        """Let a held process go on; nothing if it was not held."""
        if self._process.stdin is not None:
            self._process.stdin.close()

    @property
    def pid(self) -> int:
        """Process id of the child that was started last."""
        return self._process.pid

    @property
    def exit_code(self) -> int | None:
        """Exit code of the child; None while it runs, and minus the signal number after a signal."""
        return self._process.poll()

    def last_words(self) -> str:
        """Return the last line of the process's log without the name before it; empty if there is none."""
        try:
            lines = self._log.read_text(errors="replace").strip().splitlines()
        except OSError:
            return ""
        return _NAME.sub("", lines[-1]) if lines else ""

    def complaints(self) -> list[str]:
        """Return the current errors of the process's nodes from its log, one "NODE: TEXT" per node."""
        try:
            with self._log.open("rb") as log:
                log.seek(self._read_to)
                content = log.read()
        except OSError:
            return []
        whole = content[: content.rfind(b"\n") + 1]
        self._read_to += len(whole)
        for line in whole.decode(errors="replace").splitlines():
            if found := _HEALTH.match(line):
                self._complaints[found["node"]] = found["text"]
        wrong = {node: text for node, text in self._complaints.items() if text != WELL_AGAIN}
        return [f"{node}: {text}" if text else node for node, text in wrong.items()]

    def start_again(self) -> None:
        """Start another child in place of one that has ended; it is not held.

        Raises:
            InputError: if the log file cannot be written.
        """
        self._complaints = {}
        self._start()

    def ask_to_stop(self) -> None:
        """Send SIGTERM to the process if it is running."""
        if self.exit_code is None:
            self._process.send_signal(signal.SIGTERM)

    def wait(self, seconds: float) -> None:
        """Wait at most `seconds` for the end of the process, then kill it."""
        try:
            self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
