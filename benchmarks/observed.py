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
from contextlib import suppress

import numpy as np
import rclpy
from rclpy.node import Node
from rclpy.qos import QoSProfile, ReliabilityPolicy

from benchmarks.common import own_ros_domain, train
from benchmarks.loop import steps_per_second
from deepracer_ros.nodes.executor import make_executor
from deepracer_ros.nodes.timers import every

STEPS = 80_000
WATCH = "--watch"


def message_type(name: str) -> type:
    """Return the class of a message type, for example sensor_msgs/msg/Image."""
    package, _, kind = name.split("/")
    found: type = getattr(importlib.import_module(f"{package}.msg"), kind)
    return found


def watch() -> None:
    """Subscribe to every topic as `ros2 topic hz` does, without decoding, until a signal; print counts and CPU time."""
    rclpy.init()
    node, counts = Node("watch"), Counter[str]()
    quality = QoSProfile(depth=10, reliability=ReliabilityPolicy.BEST_EFFORT)

    def look() -> None:
        for name, (kind, *_) in node.get_topic_names_and_types():
            if name not in counts:
                counts[name] = 0
                node.create_subscription(
                    message_type(kind), name, lambda _, name=name: counts.update([name]), quality, raw=True
                )

    timer = every(node, 0.5, look)
    executor = make_executor()
    executor.add_node(node)
    with suppress(KeyboardInterrupt):
        executor.spin()
    timer.cancel()
    print(f"{len(counts)} topics, {sum(counts.values())} messages, {time.process_time():.1f} s of CPU time")


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
            run = train(
                folder / "runs", "--jobs", "2", "--track", "oval,technical", "--set", "trainer.perfect_evaluations=0",
                "--set", f"trainer.max_env_steps={STEPS}",
            )  # fmt: skip
            return steps_per_second(run)
        finally:
            for observer in observers:
                observer.send_signal(2)
            for observer in observers:
                observer.wait(30)


def main() -> None:
    """Print the steps per second of each pair of trainings, and the median of their ratios."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pairs", type=int, default=3, help="number of pairs of trainings, alone and watched")
    parser.add_argument(WATCH, action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.watch:
        watch()
        return
    ratios = []
    for _ in range(options.pairs):
        alone, watched = measure(watched=False), measure(watched=True)
        ratios.append(watched / alone)
        print(f"alone {alone:.0f}, watched {watched:.0f} env steps/s: {watched / alone:.3f}", flush=True)
    print(f"median {np.median(ratios):.3f}")


if __name__ == "__main__":
    main()
