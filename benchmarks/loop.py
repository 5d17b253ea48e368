# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""Environment steps per second of the whole loop, and the time from publication to use of a model."""

import json
import threading
from pathlib import Path

import numpy as np
import rclpy
from rclpy.executors import SingleThreadedExecutor
from std_msgs.msg import String

from benchmarks.common import own_ros_domain, train
from deepracer_ros.nodes.base import make_node
from deepracer_ros.nodes.qos import LATCHED
from deepracer_ros.run.progress import read_progress

STEPS = 80_000


class Listener:
    """Records when models are published and when the agent starts to use them."""

    def __init__(self) -> None:
        """Subscribe to both topics."""
        self.published: dict[int, float] = {}
        self.driving: dict[int, float] = {}
        self.node = make_node("listener")
        self.node.create_subscription(String, "/model/published", self._on_published, LATCHED)
        self.node.create_subscription(String, "agent/model", self._on_driving, LATCHED)

    def _on_published(self, message: String) -> None:
        content = json.loads(message.data)
        self.published[content["version"]] = content["published"]

    def _on_driving(self, message: String) -> None:
        content = json.loads(message.data)
        self.driving[content["version"]] = content["since"]

    def milliseconds(self) -> list[float]:
        """Return the time from publication to use, ms, of each version for which both times are known."""
        both = sorted(self.published.keys() & self.driving.keys())
        return [1e3 * (self.driving[version] - self.published[version]) for version in both]


def measure(steps: int = STEPS, *options: str) -> tuple[float, list[float]]:
    """Train for `steps` environment steps; return environment steps per second, and the reload times, ms.

    Args:
        steps: Number of environment steps.
        options: Further options of `deepracer train`.
    """
    with own_ros_domain() as folder:
        rclpy.init()
        listener, executor = Listener(), SingleThreadedExecutor()
        executor.add_node(listener.node)
        thread = threading.Thread(target=executor.spin, daemon=True)
        thread.start()
        run = train(
            folder, "--set", "trainer.perfect_evaluations=0", "--set", f"trainer.max_env_steps={steps}", *options
        )  # fmt: skip
        rate = steps_per_second(run)
        executor.shutdown()
        rclpy.try_shutdown()
        return rate, listener.milliseconds()


def steps_per_second(run: Path) -> float:
    """Return the environment steps per second of a run between its second and last update."""
    records = read_progress(run / "progress.jsonl")
    first, last = records[1], records[-1]
    return (last.env_steps - first.env_steps) / (last.seconds - first.seconds)


if __name__ == "__main__":
    rate, reloads = measure()
    print(f"{rate:.0f} env steps/s, model published to driving: p95 {np.percentile(reloads, 95):.1f} ms")
