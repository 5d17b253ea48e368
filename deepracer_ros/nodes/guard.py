# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""The agent's side of the command guard, a second process that stops the car when the agent is silent or has ended."""

import os
import subprocess
import sys
import time
from contextlib import suppress

from deepracer_ros.nodes.command_guard import MOST_RECEIVERS, MOVING, STANDING, Topics

RESERVE = 0.6
"""Part of the greatest age of a command after which the guard stops the car; the rest is for the delivery."""
ABSENT_SECONDS = 0.5
"""Time without a sign of life after which the guard counts as absent, s."""
DISCOVERY_SECONDS = 1.0
"""Time for which a driving car may have a receiver that the guard has not discovered yet, s."""
RESTART_SECONDS = 2.0
"""Least time between two starts of the guard, s."""


class Guard:
    """Starts the guard's process, tells it of each command, and knows whether it watches."""

    def __init__(self, topics: Topics, max_age: float) -> None:
        """Start the process; it is ready after about half a second.

        Args:
            topics: The agent's topics.
            max_age: Time after a moving command without a successor within which a stop arrives, s.
        """
        self._command = [
            sys.executable, "-m", "deepracer_ros.nodes.command_guard", "--limit", str(RESERVE * max_age),
            "--cmd-vel", topics.cmd_vel, "--ackermann-cmd", topics.ackermann_cmd, "--drive", topics.drive,
            *(["--stamped"] if topics.stamped else []),
        ]  # fmt: skip
        self.restarts = -1
        self._start()

    def _start(self) -> None:
        # In a session of its own, so that a signal to the agent's process group does not end it too.
        self._process = subprocess.Popen(
            self._command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0, start_new_session=True
        )
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._commands, self._signs = self._process.stdin.fileno(), self._process.stdout.fileno()
        os.set_blocking(self._commands, False)
        os.set_blocking(self._signs, False)
        self._heard, self._started = float("-inf"), time.monotonic()
        self._reached, self._complete_at = 0, float("-inf")
        self.restarts += 1

    def watches(self, receivers: int) -> bool:
        """Return whether the guard is alive and its stops would arrive; start another one if it has ended or is stuck.

        Args:
            receivers: Number of subscriptions, over all topics, that the agent's commands reach.
        """
        now = time.monotonic()
        with suppress(BlockingIOError):
            if signs := os.read(self._signs, 1 << 16):
                self._heard, self._reached = now, signs[-1]
        if now - self._heard <= ABSENT_SECONDS:
            if self._reached >= min(receivers, MOST_RECEIVERS):
                self._complete_at = now
            # A receiver that joins while the car drives, for example `ros2 topic echo`, does not stop it.
            return now - self._complete_at <= DISCOVERY_SECONDS
        if now - max(self._started, self._heard) > RESTART_SECONDS:
            self._end()
            self._start()
        return False

    def tell(self, moving: bool) -> None:
        """Tell the guard of a command that is about to be published."""
        try:
            os.write(self._commands, MOVING if moving else STANDING)
        except (BlockingIOError, BrokenPipeError):
            self._heard = self._complete_at = float("-inf")  # it is stuck or has ended

    def _end(self) -> None:
        self._process.kill()
        self._process.communicate()

    def close(self) -> None:
        """Let the guard send its last stops and end by itself."""
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                pipe.close()
