"""Child processes of a run: started, watched, started again, never left behind."""

import signal
import subprocess
import sys
import time
from pathlib import Path

from deepracer_ros.errors import InputError

RESTART_SECONDS = 0.5
"""Pause before a process that died is started again."""
FUTILE_RESTARTS = 5
"""So many restarts in a row without any progress of the training end it."""


class Process:
    """One child: a module of this package with its log file.

    It gets SIGTERM when this process dies, however that happens.

    Attributes:
        name: For messages.
        restarts: Since the training last made progress.
    """

    def __init__(self, name: str, module: str, arguments: list[str], log: Path) -> None:
        """Start it.

        Raises:
            InputError: if the log file cannot be written or `setpriv` of util-linux is missing.
        """
        self.name, self.restarts = name, 0
        self._command = ["setpriv", "--pdeathsig", "TERM", sys.executable, "-m", module, *arguments]
        self._log = log
        self._died_at = 0.0
        self._start()

    def _start(self) -> None:
        try:
            self._log.parent.mkdir(exist_ok=True)
            with self._log.open("ab") as log:
                self._process = subprocess.Popen(
                    self._command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
                )
        except OSError as error:
            raise InputError(f"{error.filename}: {error.strerror}; expected to start the {self.name}") from error

    @property
    def pid(self) -> int:
        """Process id."""
        return self._process.pid

    @property
    def exit_code(self) -> int | None:
        """None while it runs; negative: ended by that signal."""
        return self._process.poll()

    def last_words(self) -> str:
        """Return the last line of its log, without our own prefix."""
        try:
            lines = self._log.read_text(errors="replace").strip().splitlines()
        except OSError:
            return ""
        return lines[-1].removeprefix("deepracer: ") if lines else ""

    def restart_if_dead(self) -> bool:
        """Start it again if it died a moment ago; return whether it was.

        Raises:
            InputError: if that has not helped several times in a row; with the last line of its log.
        """
        if self.exit_code is None:
            return False
        now = time.monotonic()
        self._died_at = self._died_at or now
        if now - self._died_at < RESTART_SECONDS:
            return False
        if self.restarts >= FUTILE_RESTARTS:
            raise InputError(f"{self.name}: ended {self.restarts + 1} times ({self.last_words()}); see {self._log}")
        self.restarts, self._died_at = self.restarts + 1, 0.0
        self._start()
        return True

    def ask_to_stop(self) -> None:
        """Send SIGTERM if it runs."""
        if self.exit_code is None:
            self._process.send_signal(signal.SIGTERM)

    def wait(self, seconds: float) -> None:
        """Wait for its end; kill it if it takes longer."""
        try:
            self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
