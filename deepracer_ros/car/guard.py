# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""The parent process of a car's node, which stops the car when the node is silent, stuck or killed.

The node writes a byte at each of its ticks into a pipe, and the guard answers each look at the clock by a byte in
another pipe. Before its first pulse the node sends its will: the writes that stop the car and cut the power of its
servos. Without a byte for 100 ms, or at the end of the pipe, the guard ends the node and executes the will. When the
guard is silent or has ended, the node makes the car neutral by itself.
"""

import json
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from types import FrameType

from deepracer_ros.car.config import CarConfig
from deepracer_ros.car.servos import Will

PIPES = "DEEPRACER_CAR_GUARD"
"""Environment variable with the node's ends of both pipes: the one that it writes, and the one that it reads."""
BEAT, REST = b".", b"r"
"""What the node writes at a tick with and without power on the servos; at rest it may be silent."""
SILENT_SECONDS = CarConfig.silence
"""Silence after which the other side counts as stuck where the node does not tell another one, s."""
TICK = 0.01
"""Greatest time between two looks at the clock, s."""
END_SECONDS = 5.0
"""Longest wait for a node that was asked to end, s."""
LONGEST_WILL = 65536
"""Greatest size of a will, bytes."""
STUCK = 4
"""Exit code after a node that was silent."""


class Lifeline:
    """The node's side: it tells the guard that it lives, and knows whether the guard does."""

    ENDED, SILENT = "car_guard: has ended", "car_guard: is silent"

    def __init__(self, pipes: str) -> None:
        """Take over the pipes.

        Args:
            pipes: Value of the environment variable `PIPES`.

        Raises:
            ValueError: if it names no two pipes.
        """
        self._beats, self._answers = (int(number) for number in pipes.split(","))
        os.set_blocking(self._answers, False)
        os.set_blocking(self._beats, False)
        self._heard, self._silence = time.monotonic(), SILENT_SECONDS
        self._has_ended = False

    def promise(self, will: Will, silence: float = SILENT_SECONDS) -> None:
        """Send the writes that make the car safe, before the first pulse.

        Args:
            will: The writes.
            silence: Silence after which each side takes the other one for stuck, s.
        """
        self._silence = silence
        os.set_blocking(self._beats, True)
        promised = {"neutral": will.neutral, "off": will.off, "silence": silence}
        os.write(self._beats, json.dumps(promised).encode() + b"\n")
        os.set_blocking(self._beats, False)
        self._heard = time.monotonic()

    def beat(self, rests: bool = False) -> str:
        """Tell the guard that the node lives; return what is wrong with the guard, or nothing.

        Args:
            rests: Whether the servos have no power, so that the guard need not hear of the node.
        """
        with suppress(BlockingIOError, BrokenPipeError):
            os.write(self._beats, REST if rests else BEAT)
        with suppress(BlockingIOError):
            answer = os.read(self._answers, 4096)
            self._has_ended = not answer
            self._heard = time.monotonic()
        if self._has_ended:
            return self.ENDED
        return self.SILENT if time.monotonic() - self._heard > self._silence else ""


def guard(command: Sequence[str]) -> int:
    """Run a command that holds a `Lifeline`, and make the car safe in every way in which it can end.

    Args:
        command: The command and its arguments.

    Returns:
        The exit code of the command; `STUCK` if it was silent.
    """
    beats, theirs_to_write = os.pipe()
    theirs_to_read, answers = os.pipe()
    environment = {**os.environ, PIPES: f"{theirs_to_write},{theirs_to_read}"}
    process = subprocess.Popen(command, env=environment, pass_fds=(theirs_to_write, theirs_to_read))
    os.close(theirs_to_write)
    os.close(theirs_to_read)
    os.set_blocking(answers, False)

    def end(number: int, frame: FrameType | None) -> None:
        process.send_signal(number)

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, end)
    will, is_stuck = None, False
    try:
        will, silence = _read_will(beats)
        if will is not None:
            is_stuck = _watch(beats, answers, silence)
            if is_stuck:
                process.kill()  # first: a node that goes on later must not send a pulse after the last one here
            will.execute()
        return STUCK if is_stuck else _code(process)
    finally:
        if process.poll() is None:
            process.kill()
        process.wait()
        is_safe = will is None or will.execute()  # once more: a write that the node had begun may have ended since
        if is_stuck:
            print("car_guard: the car's node was silent and is ended", file=sys.stderr, flush=True)  # may block
        if not is_safe:
            print("car_guard: the servos cannot be written", file=sys.stderr, flush=True)


def _read_will(beats: int) -> tuple[Will | None, float]:
    """Return the node's will, None if the node ends before it has one and a pulse; and how long it may be silent, s."""
    text = b""
    while not text.endswith(b"\n") and len(text) < LONGEST_WILL:
        told = os.read(beats, 1)
        if not told:
            return None, 0.0
        text += told
    writes = json.loads(text)
    neutral, off = (tuple((str(path), str(value)) for path, value in writes[name]) for name in ("neutral", "off"))
    return Will(neutral, off), float(writes["silence"])


def _watch(beats: int, answers: int, silence: float) -> bool:
    """Answer the node's beats until their end; return whether the node became silent instead."""
    heard, rests = time.monotonic(), True
    while True:
        ready, _, _ = select.select([beats], [], [], TICK)
        now = time.monotonic()
        if ready:
            told = os.read(beats, 4096)
            if not told:
                return False
            heard, rests = now, told.endswith(REST)
        elif now - heard > silence and not rests:
            return True
        with suppress(BlockingIOError, BrokenPipeError):
            os.write(answers, BEAT)


def _code(process: "subprocess.Popen[bytes]") -> int:
    """Return the exit code of a node that has closed its pipe; one that does not end is killed."""
    try:
        code = process.wait(END_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        return STUCK
    return code if code >= 0 else 128 - code
