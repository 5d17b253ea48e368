# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""The ROS node of a worker whose trainer is elsewhere: it brings what the trainer tells in Redis into the ROS graph."""

import threading

from std_msgs.msg import String

from deepracer_ros.errors import InputError
from deepracer_ros.experience.bulletin import LONGEST_BLOCK, BulletinReader, Standing
from deepracer_ros.nodes.base import make_node
from deepracer_ros.nodes.diagnostics import Diagnostics, Health
from deepracer_ros.nodes.parameters import read_config, read_place
from deepracer_ros.nodes.qos import LATCHED

ENDED = ("done", "failed")
"""Phases of a run for which a worker has nothing to do."""


class RunFollower:
    """Publishes the announcements of models on `model/published`, and ends the process at the end of the run.

    Attributes:
        node: The ROS node.
    """

    def __init__(self) -> None:
        """Read the parameters, connect to Redis, and start to listen.

        Raises:
            InputError: on wrong parameters, or if Redis does not answer.
        """
        self.node = make_node("run_follower")
        config, place = read_config(self.node), read_place(self.node)
        self._reader = BulletinReader(config.experience.url, place.run)
        self._published = self.node.create_publisher(String, "model/published", LATCHED)
        self._standing, self._trouble, self._models = Standing(), "", 0
        self._stop = threading.Event()
        self._diagnostics = Diagnostics(self.node, self._report)
        self._thread = threading.Thread(target=self._follow, name="run follower", daemon=True)
        self._thread.start()

    @property
    def finished(self) -> bool:
        """Whether the run has ended."""
        return self._standing.phase in ENDED

    def _follow(self) -> None:
        while not self._stop.is_set() and not self.finished:
            try:
                self._standing = self._reader.standing()
                if not self.finished and (model := self._reader.next_model(LONGEST_BLOCK)) is not None:
                    self._published.publish(String(data=model))
                    self._models += 1
                self._trouble = ""
            except InputError as error:  # noqa: PERF203 - Redis is away: the recorder says what becomes of it
                self._trouble = str(error)
                self._stop.wait(LONGEST_BLOCK)

    def _report(self) -> Health:
        figures = {"run": self._standing.phase or "not begun", "announced_models": self._models}
        return Health(warning=self._trouble, figures=figures)

    def close(self) -> None:
        """Stop to listen.

        Raises:
            InputError: if the run has failed.
        """
        self._stop.set()
        self._thread.join(2.0 * LONGEST_BLOCK)
        self._reader.close()
        if self._standing.phase == "failed":
            raise InputError(f"the run has failed: {self._standing.words}")
