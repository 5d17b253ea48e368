# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""What tests of whole trainings share: who was told that what is recorded, and the count of all segments."""

import threading
from collections import defaultdict

import pytest
import rclpy
from builtin_interfaces.msg import Time
from rclpy.executors import ExternalShutdownException, SingleThreadedExecutor

from deepracer_ros.experience.connection import Keys
from deepracer_ros.nodes.qos import in_order
from deepracer_ros.race.control import CONTROL_PERIOD


class Recorded:
    """Listens to what recorders acknowledge: up to which step everything of a job is in Redis.

    A recorder starts at a step below the length of a segment, and says where each of its segments ended. So a smaller
    number is another recorder's.

    Attributes:
        last: The last step acknowledged by each recorder of job 0, oldest recorder first.
    """

    def __init__(self):
        self.last = []
        self._context = rclpy.Context()
        rclpy.init(context=self._context)
        self._node = rclpy.create_node("listener", context=self._context)
        self._node.create_subscription(Time, "recorder/recorded", self._hear, in_order(100))
        self._executor = SingleThreadedExecutor(context=self._context)
        self._executor.add_node(self._node)
        self._thread = threading.Thread(target=self._spin, daemon=True)
        self._thread.start()

    def _spin(self):
        try:
            self._executor.spin()
        except ExternalShutdownException:
            return

    def _hear(self, message):
        step = round((message.sec + 1e-9 * message.nanosec) / CONTROL_PERIOD)
        if not self.last or step <= self.last[-1]:
            self.last.append(step)
        self.last[-1] = step

    def close(self):
        self._executor.shutdown(5.0)
        self._thread.join(5.0)
        self._node.destroy_node()  # else its topic stays in the ROS graph that later tests see
        rclpy.shutdown(context=self._context)


@pytest.fixture(scope="module")
def recorded():
    """What recorders of this test process's ROS domain acknowledge."""
    listener = Recorded()
    yield listener
    listener.close()


def _check_segments(client, run, trained, consumed, recorded, steps):
    """Check that what Redis acknowledged, and what recorders acknowledged, is trained once or still there to be.

    A recorder sends a car's next segment only after the one before was acknowledged. So what Redis or the checkpoints
    do not know below the last sequence of a car was lost. That the last one itself was not, the recorders' own
    acknowledgements show.

    Args:
        client: Of the run's Redis.
        run: Name of the run.
        trained: Ids of the segments that checkpoints hold, in the order of training.
        consumed: Ids that the last checkpoint names.
        recorded: The last step that each recorder acknowledged, oldest recorder first.
        steps: Of one segment.
    """
    keys = Keys(run)
    held = [fields[b"id"].decode() for _, fields in client.xrange(keys.index)]
    newest = {slot.decode(): int(sequence) for slot, sequence in client.hgetall(keys.seen).items()}
    acknowledged = {f"{slot}:{sequence}" for slot, last in newest.items() for sequence in range(last + 1)}
    assert set(trained) | set(held) == acknowledged
    assert set(trained) & set(held) <= set(consumed)  # named there: not trained again
    assert (int(client.hget(keys.state, "appended")), len(client.keys(f"{keys.blob}*"))) == (
        len(acknowledged), len(held),
    )  # fmt: skip
    stored = defaultdict(dict)  # of each recorder, in the order of their first segments: the last one of every car
    for name in (*trained, *held):
        worker, car, _ = name.split(":")
        stored[worker][car] = newest[f"{worker}:{car}"]
    told = [last // steps for last in recorded if last >= steps]
    assert len(told) <= len(stored), "a recorder of whom nothing is left"
    if len(told) == len(stored):
        for segments, cars in zip(told, stored.values(), strict=True):
            assert min(cars.values()) + 1 >= segments, f"{segments} segments of each car were acknowledged"


@pytest.fixture(scope="session")
def check_segments():
    """Return the check that no segment is lost or trained twice."""
    return _check_segments
