# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""Whether a car stops in time, whatever happens to its agent.

    python -m benchmarks.stops --events 1000 --seed 1

A camera sends 30 frames per second to a real agent_node. A receiver of `cmd_vel` holds the last command for ever, as a
motor driver does. While the car moves, one of `EVENTS` happens at a random moment. The receiver must hold a stop within
0.2 s, and until the next event begins.
"""

import argparse
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import rclpy
from geometry_msgs.msg import Twist
from rclpy.executors import SingleThreadedExecutor
from rclpy.qos import qos_profile_sensor_data
from sensor_msgs.msg import Image

from benchmarks.common import default_config, own_ros_domain, untrained_model, write_parameters
from deepracer_ros.engine.domain import RANGE
from deepracer_ros.nodes.base import make_node
from deepracer_ros.nodes.messages.images import to_image
from deepracer_ros.nodes.transport import use_udp

LIMIT = 0.2
"""Time within which the car must stop, s."""
WATCHED = 0.5
"""Time after an event for which the receiver is watched, s."""
DELIVERY = 10.0
"""Time after which a command that was sent has reached this process even on a busy machine, s."""
PERIOD = 1.0 / 30.0
SIGNALS = {"kill": signal.SIGKILL, "terminate": signal.SIGTERM, "interrupt": signal.SIGINT, "stall": signal.SIGSTOP}


def _age(seconds: int) -> Callable[[Image], None]:
    def change(message: Image) -> None:
        message.header.stamp.sec -= seconds

    return change


def _resize(width: int, height: int) -> Callable[[Image], None]:
    def change(message: Image) -> None:
        message.width, message.height = width, height

    return change


def _encode(name: str) -> Callable[[Image], None]:
    def change(message: Image) -> None:
        message.encoding = name

    return change


ODD: dict[str, Callable[[Image], None]] = {
    "late": _age(1), "early": _age(-1), "long ago": _age(1_000_000_000), "no pixels": _resize(0, 0),
    "too wide": _resize(2**32 - 1, 120), "too high": _resize(160, 2**32 - 1), "unknown encoding": _encode("32FC4"),
}  # fmt: skip
"""Changes of a frame, after which the car must not drive by it."""
EVENTS = (*SIGNALS, "silence", *ODD)


class Trial:
    """A camera and a receiver around an agent in its own process."""

    def __init__(self, folder: Path, *, by_sender: bool = False) -> None:
        """Write the model and the parameters of the agent into a folder.

        Args:
            folder: An existing folder.
            by_sender: For a busy machine, which delays agent and receiver: a command counts from when it was sent,
                and a stop is timed from the last command with speed if that was sent after the event. By default a
                command counts from when it was received, and every stop is timed from the event.
        """
        self._by_sender = by_sender
        camera = {"width": 160, "height": 120}
        model = untrained_model(default_config(camera=camera), folder)
        agent = {"model": str(model), "explore": False, "live_camera": True}
        config = default_config(camera=camera, simulation={"cars": 1}, agent=agent)
        self._parameters = write_parameters(config, folder)
        os.environ[RANGE] = "SUBNET"  # as on a car; with LOCALHOST the transport cannot be chosen
        use_udp()
        rclpy.init()
        # The events executor gives a callback no information about its message.
        self._node, self._executor = make_node("camera"), SingleThreadedExecutor()
        self._executor.add_node(self._node)
        self._publisher = self._node.create_publisher(Image, "camera/image_raw", qos_profile_sensor_data)
        self._node.create_subscription(Twist, "cmd_vel", self._on_command, 10)
        self._pixels = np.random.default_rng(0).integers(0, 256, (1, 120, 160), np.uint8)
        self._held, self._moved_at, self._stopped_at = 0.0, 0.0, 0.0
        self._change: Callable[[Image], None] | None = None
        self._sends, self._due = True, 0.0
        self.agent: subprocess.Popen[bytes] | None = None

    def _on_command(self, message: Twist, info: dict[str, int]) -> None:
        age = time.time() - 1e-9 * info["source_timestamp"] if self._by_sender else 0.0
        if message.linear.x:
            self._moved_at = time.monotonic() - age
        elif self._held:
            self._stopped_at = time.monotonic() - age
        self._held = message.linear.x

    def _spin(self, seconds: float) -> None:
        """Send frames and receive commands for so many seconds."""
        end = time.monotonic() + seconds
        while (now := time.monotonic()) < end:
            if self._sends and now >= self._due:
                self._due = now + PERIOD
                frame = to_image(self._pixels, self._node.get_clock().now().to_msg())
                if self._change is not None:
                    self._change(frame)
                self._publisher.publish(frame)
            self._executor.spin_once(timeout_sec=min(0.005, max(0.0, end - now)))

    def drive(self, seconds: float = 30.0) -> None:
        """Start the agent unless it runs, and send good frames until the car moves.

        Raises:
            TimeoutError: if the car does not move in time.
        """
        self._sends, self._change = True, None
        if self.agent is None or self.agent.poll() is not None:
            command = [sys.executable, "-m", "deepracer_ros.nodes.agent_node", "--ros-args", "--params-file"]
            self.agent = subprocess.Popen([*command, str(self._parameters), "--log-level", "fatal"])
        deadline, asked = time.monotonic() + seconds, time.monotonic()
        while self._moved_at < asked:
            if time.monotonic() > deadline:
                raise TimeoutError(f"cmd_vel: found no command with speed within {seconds:g} s, expected one")
            self._spin(0.05)

    @property
    def moves(self) -> bool:
        """Whether the receiver holds a command with speed."""
        return self._held != 0.0

    def drive_on(self, seconds: float) -> None:
        """Go on with good frames for so many seconds."""
        self._spin(seconds)

    def stop_after(self, event: str) -> float:
        """Let an event happen, and return the time after which the car stood still for good, s."""
        assert self.agent is not None
        began = time.monotonic()
        if event in SIGNALS:
            os.kill(self.agent.pid, SIGNALS[event])
        elif event == "silence":
            self._sends = False
        else:
            self._change = ODD[event]
        self._spin(WATCHED)
        while self._by_sender and self._held and time.monotonic() < began + DELIVERY:
            self._spin(WATCHED)
        if event == "stall":
            os.kill(self.agent.pid, signal.SIGCONT)
        elif event in SIGNALS:
            self.agent.wait(10.0)
        if self._held or self._moved_at > began + LIMIT:  # a frame older than the limit is no reason to drive
            return float("inf")
        return max(0.0, self._stopped_at - (max(began, self._moved_at) if self._by_sender else began))

    def close(self) -> None:
        """End the agent."""
        if self.agent is not None:
            self.agent.kill()
            self.agent.wait()
        self._executor.shutdown()
        rclpy.try_shutdown()


def measure(folder: Path, events: list[str], chance: random.Random) -> dict[str, list[float]]:
    """Return the times until the car stood still, s, by the name of the event."""
    trial, seconds = Trial(folder), {event: [] for event in EVENTS}
    try:
        for event in events:
            trial.drive()
            trial.drive_on(chance.uniform(0.0, 0.3))
            seconds[event].append(trial.stop_after(event))
    finally:
        trial.close()
    return seconds


def report(seconds: dict[str, list[float]], limit: float) -> int:
    """Print how often the car stopped in time, by event; return the exit code, 1 if it did not always.

    Args:
        seconds: Times until the car stood still, s, by the name of the event.
        limit: Time within which it must, s.
    """
    for event, times in seconds.items():
        if times:
            good = sum(time <= limit for time in times)
            print(f"{event:18s} {good:4d} of {len(times):4d} within {limit} s, longest {max(times):.3f} s")
    every = [time for times in seconds.values() for time in times]
    good = sum(time <= limit for time in every)
    print(f"{good} of {len(every)} stops within {limit} s")
    return 0 if good == len(every) else 1


def main() -> int:
    """Print how often the car stopped in time, by event; the exit code is 1 if it did not always."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.stops", description=__doc__)
    parser.add_argument("--events", type=int, default=100, help="number of events (default: 100)")
    parser.add_argument("--seed", type=int, default=1, help="seed of the events and their moments (default: 1)")
    options = parser.parse_args()
    chance = random.Random(options.seed)
    with own_ros_domain() as folder:
        seconds = measure(folder, chance.choices(EVENTS, k=options.events), chance)
    return report(seconds, LIMIT)


if __name__ == "__main__":
    sys.exit(main())
