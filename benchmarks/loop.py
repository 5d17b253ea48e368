"""The whole loop with the default configuration: its env steps per second, and how soon a published model drives."""

import json
import threading
from pathlib import Path

import numpy as np
import rclpy
from rclpy.executors import SingleThreadedExecutor
from std_msgs.msg import String

from benchmarks.common import own_ros_domain, train
from deepracer_ros.nodes.base import LATCHED, make_node
from deepracer_ros.run.progress import read_progress

STEPS = 80_000


class Listener:
    """Hears when models are published and when they drive."""

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
        """Return the time from publication to driving of each version that was heard of twice."""
        both = sorted(self.published.keys() & self.driving.keys())
        return [1e3 * (self.driving[version] - self.published[version]) for version in both]


def measure(steps: int = STEPS) -> tuple[float, list[float]]:
    """Train for `steps` env steps; return steps per second after the first two updates, and reload times."""
    with own_ros_domain() as folder:
        rclpy.init()
        listener, executor = Listener(), SingleThreadedExecutor()
        executor.add_node(listener.node)
        thread = threading.Thread(target=executor.spin, daemon=True)
        thread.start()
        run = train(
            folder, "--set", "trainer.perfect_evaluations=0", "--set", f"trainer.max_env_steps={steps}"
        )  # fmt: skip
        rate = steps_per_second(run)
        executor.shutdown()
        rclpy.try_shutdown()
        return rate, listener.milliseconds()


def steps_per_second(run: Path) -> float:
    """Return a run's env steps per second between its second and its last update."""
    records = read_progress(run / "progress.jsonl")
    first, last = records[1], records[-1]
    return (last.env_steps - first.env_steps) / (last.seconds - first.seconds)


if __name__ == "__main__":
    rate, reloads = measure()
    print(f"{rate:.0f} env steps/s, model published to driving: p95 {np.percentile(reloads, 95):.1f} ms")
