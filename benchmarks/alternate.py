# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""Environment steps per second of one kind of training over those of another, in turns on one machine.

    python -m benchmarks.alternate --turns 20 -- --simtrace

Both trainings are started, and always one of them is stopped (SIGSTOP). They take turns of a few seconds, so a machine
whose speed changes within a minute is as fast for the one as for the other. The first training has the options after
`--`, the second one those of `--than`.
"""

import argparse
import os
import shlex
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType

from benchmarks.common import descendants
from deepracer_ros.run.progress import read_progress

SECONDS = 3.0
"""Length of a turn, s; it ends with the first update after that."""
START_SECONDS = 120.0
"""Longest wait for the first updates, s."""
POLL_SECONDS = 0.002
WARM_UP = 3
"""Number of updates that are not counted."""
ENDLESS = ("--set", "trainer.evaluate_every=0", "--set", "trainer.max_seconds=3600")
"""Options of both trainings. They are not evaluated: evaluations cost more until every lap comes, which is chance."""


class PausedTraining:
    """A training that runs only in its turns.

    Attributes:
        steps: Environment steps in all turns.
        seconds: Length of all turns, s.
    """

    def __init__(self, folder: Path, options: Sequence[str]) -> None:
        """Start `deepracer train`, wait for its first updates, and stop it.

        Args:
            folder: Folder of all runs.
            options: Options of the command.

        Raises:
            TimeoutError: if no updates come.
        """
        self._progress = folder / "latest" / "progress.jsonl"
        command = [sys.executable, "-m", "deepracer_ros.cli.main", "train", "--runs", str(folder), *ENDLESS, *options]
        self._process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.steps, self.seconds = 0, 0.0
        deadline = time.monotonic() + START_SECONDS
        while not self._progress.exists() or len(read_progress(self._progress)) < WARM_UP:
            if time.monotonic() > deadline or self._process.poll() is not None:
                self._process.kill()
                raise TimeoutError(f"{' '.join(command)}: no updates within {START_SECONDS:.0f} s")
            time.sleep(0.1)
        self._send(signal.SIGSTOP)

    def turn(self) -> None:
        """Run for `SECONDS` and until the end of an update.

        Raises:
            TimeoutError: if no update ends.
        """
        before = read_progress(self._progress)[-1].env_steps
        self._send(signal.SIGCONT)
        began = time.monotonic()
        time.sleep(SECONDS)
        size = self._progress.stat().st_size
        while self._progress.stat().st_size == size:
            if time.monotonic() - began > START_SECONDS:
                raise TimeoutError(f"{self._progress}: no update within {START_SECONDS:.0f} s")
            time.sleep(POLL_SECONDS)
        self.seconds += time.monotonic() - began
        self._send(signal.SIGSTOP)
        self.steps += read_progress(self._progress)[-1].env_steps - before

    def _send(self, number: signal.Signals) -> None:
        for process in descendants(self._process.pid):
            os.kill(process, number)

    def __enter__(self) -> "PausedTraining":
        """Return the training."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End the training; a shell may have let it ignore SIGINT."""
        self._send(signal.SIGCONT)
        self._process.send_signal(signal.SIGTERM)
        self._process.wait(START_SECONDS)


def ratio(options: Sequence[str], than: Sequence[str], turns: int) -> float:
    """Return the environment steps per second with some options over those with others.

    Args:
        options: Options of the one training.
        than: Options of the other training.
        turns: Number of turns of each.
    """
    with (
        tempfile.TemporaryDirectory() as folder,
        PausedTraining(Path(folder) / "one", options) as one,
        PausedTraining(Path(folder) / "other", than) as other,
    ):
        for number in range(turns):
            for training in (one, other) if number % 2 else (other, one):
                training.turn()
    return one.steps / one.seconds / (other.steps / other.seconds)


def main() -> int:
    """Print the ratio."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.alternate", description=__doc__)
    parser.add_argument("--turns", type=int, default=20, help="turns of each training (default: 20)")
    parser.add_argument("--than", default="", help="options of the training compared with, as one text")
    parser.add_argument("options", nargs="*", help="options of the training")
    options = parser.parse_args()
    found = ratio(options.options, shlex.split(options.than), options.turns)
    print(f"env steps per second over those of the other: {found:.3f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
