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
FUTILE_REFUSALS = 1
"""As `FUTILE_RESTARTS`, of a process that ended by itself because of bad input: its servers may have been away."""
BAD_INPUT = 2
"""Exit code of a process that ended so."""
PREFIX = "deepracer: "
"""Begins the lines of a log that are for the user."""
WELL_AGAIN = "all is well again"
"""What a node says instead of what was wrong."""


class Process:
    """One child: a module of this package with its log file.

    It is killed when this process dies, however that happens: it loses nothing by that, and an old trainer
    that lives on would write beside a new one.

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
        self._command = ["setpriv", "--pdeathsig", "KILL", sys.executable, "-m", module, *arguments]
        self._log = log
        self._read_to = log.stat().st_size if log.exists() else 0
        self._complaints: dict[str, str] = {}
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
        return lines[-1].removeprefix(PREFIX) if lines else ""

    def complaints(self) -> list[str]:
        """Return what its nodes last said to be wrong, and have not taken back."""
        try:
            with self._log.open("rb") as log:
                log.seek(self._read_to)
                content = log.read()
        except OSError:
            return []
        whole = content[: content.rfind(b"\n") + 1]
        self._read_to += len(whole)
        for line in whole.decode(errors="replace").splitlines():
            if line.startswith(PREFIX):
                node, _, text = line.removeprefix(PREFIX).partition(": ")
                self._complaints[node] = text
        wrong = {node: text for node, text in self._complaints.items() if text != WELL_AGAIN}
        return [f"{node}: {text}" if text else node for node, text in wrong.items()]

    def restart_if_dead(self) -> bool:
        """Start it again if it died a moment ago; return whether it was.

        Raises:
            InputError: if that has not helped several times in a row; with the last line of its log.
        """
        code = self.exit_code
        if code is None:
            return False
        now = time.monotonic()
        self._died_at = self._died_at or now
        if now - self._died_at < RESTART_SECONDS:
            return False
        if code == BAD_INPUT and self.restarts >= FUTILE_REFUSALS:
            raise InputError(self.last_words())
        if self.restarts >= FUTILE_RESTARTS:
            raise InputError(f"{self.name}: ended {self.restarts + 1} times ({self.last_words()}); see {self._log}")
        self.restarts, self._died_at, self._complaints = self.restarts + 1, 0.0, {}
        self._start()
        return True

    @property
    def complains(self) -> bool:
        """Whether its nodes said that something is wrong, and have not taken it back."""
        return any(text != WELL_AGAIN for text in self._complaints.values())

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
