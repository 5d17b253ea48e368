# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""An evaluation of whatever drives: one episode of every car, with its results on a topic."""

import json

from rclpy.node import Node
from std_msgs.msg import String

from deepracer_ros.nodes.qos import LATCHED
from deepracer_ros.simulation.environment import Environment, Outcome
from deepracer_ros.simulation.evaluation import Tally
from deepracer_ros.training.score import describe_evaluation


class EvaluationOutput:
    """Publishes `~/evaluation` (latched JSON): the results so far, whenever a car ends its episode or a lap."""

    def __init__(self, node: Node, environment: Environment) -> None:
        """Open the topic.

        Args:
            node: ROS node of the simulation.
            environment: Environment that the simulation steps.
        """
        self._environment = environment
        self._publisher = node.create_publisher(String, "~/evaluation", LATCHED)
        self._tally: Tally | None = None
        self._seen = (0, 0)

    def begin(self, outcome: Outcome) -> None:
        """Begin with the first outcome of every car's episode.

        Args:
            outcome: Outcome of the environment's reset.
        """
        self._tally, self._seen = Tally(self._environment, outcome), (0, 0)
        self._publish(self._tally)

    def note(self, outcome: Outcome) -> None:
        """Add the outcome of a step, if an evaluation runs.

        Args:
            outcome: Outcome of the environment's step.
        """
        if self._tally is None:
            return
        self._tally.update(outcome)
        seen = (self._tally.laps, int(self._tally.ended.sum()))
        if seen != self._seen:
            self._seen = seen
            self._publish(self._tally)
        if self._tally.ended.all():
            self._tally = None

    def _publish(self, tally: Tally) -> None:
        finished = bool(tally.ended.all())
        document = {"finished": finished, "laps": tally.laps, **describe_evaluation(tally.evaluation())}
        self._publisher.publish(String(data=json.dumps(document)))
