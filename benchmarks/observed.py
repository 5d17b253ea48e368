# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""A training of two jobs, alone and watched: every topic as `ros2 topic hz` reads it, and a bag of job 0.

python -m benchmarks.observed --pairs 3
"""

import argparse
import importlib
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable

import numpy as np
from rclpy.qos import QoSProfile, ReliabilityPolicy

from benchmarks.common import own_ros_domain, train
from benchmarks.loop import steps_per_second
from deepracer_ros.nodes.base import make_node, run
from deepracer_ros.nodes.timers import every

STEPS = 80_000
WATCH = "--watch"


def message_type(name: str) -> type:
    """Return the class of a message type, for example sensor_msgs/msg/Image."""
    package, _, kind = name.split("/")
    found: type = getattr(importlib.import_module(f"{package}.msg"), kind)
    return found


class Watch:
    """Subscribes to every topic as `ros2 topic hz` does, without decoding; at its end it prints counts and CPU time."""

    finished = False

    def __init__(self) -> None:
        """Look for topics twice a second."""
        self.node, self._counts = make_node("watch"), Counter[str]()
        self._quality = QoSProfile(depth=10, reliability=ReliabilityPolicy.BEST_EFFORT)
        self._timer = every(self.node, 0.5, self._look)

    def _look(self) -> None:
        for name, (kind, *_) in self.node.get_topic_names_and_types():
            if name not in self._counts:
                self._counts[name] = 0
                self.node.create_subscription(message_type(kind), name, self._counting(name), self._quality, raw=True)

    def _counting(self, name: str) -> Callable[[bytes], None]:
        def count(_: bytes) -> None:
            self._counts[name] += 1

        return count

    def close(self) -> None:
        """Print what was received."""
        received = f"{len(self._counts)} topics, {sum(self._counts.values())} messages"
        print(f"{received}, {time.process_time():.1f} s of CPU time", flush=True)


def measure(watched: bool) -> float:
    """Return the environment steps per second of a training of two jobs.

    Args:
        watched: Whether all topics are read and a bag of job 0 is recorded.
    """
    with own_ros_domain() as folder:
        commands = [
            [sys.executable, "-m", "benchmarks.observed", WATCH],
            [sys.executable, "-m", "deepracer_ros.cli.main", "record", str(folder / "bag")],
        ]
        observers = [subprocess.Popen(command) for command in commands if watched]
        try:
            done = train(
                folder / "runs", "--jobs", "2", "--track", "oval,technical", "--set", "trainer.perfect_evaluations=0",
                "--set", f"trainer.max_env_steps={STEPS}",
            )  # fmt: skip
            return steps_per_second(done)
        finally:
            for observer in observers:
                observer.send_signal(2)
            for observer in observers:
                observer.wait(30)  # prints what it has received


def main() -> None:
    """Print the steps per second of each pair of trainings, and the median of their ratios."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pairs", type=int, default=3, help="number of pairs of trainings, alone and watched")
    parser.add_argument(WATCH, action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.watch:
        run([Watch])
        return
    ratios = []
    for _ in range(options.pairs):
        alone, watched = measure(watched=False), measure(watched=True)
        ratios.append(watched / alone)
        print(f"alone {alone:.0f}, watched {watched:.0f} env steps/s: {watched / alone:.3f}", flush=True)
    print(f"median {np.median(ratios):.3f}")


if __name__ == "__main__":
    main()
