# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""The joint states of car 0 (steering hinges and wheels) for robot_state_publisher."""

import math

import numpy as np
from builtin_interfaces.msg import Time
from rclpy.node import Node
from sensor_msgs.msg import JointState

from deepracer_ros.nodes.messages.stamps import to_nanoseconds
from deepracer_ros.race.ackermann import hinge_angles, wheel_rates
from deepracer_ros.race.vehicle import Vehicle
from deepracer_ros.simulation.environment import Outcome
from deepracer_ros.simulation.simulator import CarStates

WHEELS = tuple(f"{end}_{side}_wheel_joint" for end in ("front", "rear") for side in ("left", "right"))
HINGES = ("left_steering_hinge", "right_steering_hinge")


class JointOutput:
    """Publishes `joint_states`: the measured hinge angles, and wheel angles from rolling without slip."""

    def __init__(self, node: Node, vehicle: Vehicle) -> None:
        """Open the topic.

        Args:
            node: ROS node of the simulation.
            vehicle: Geometry of the car.
        """
        self._vehicle = vehicle
        self._publisher = node.create_publisher(JointState, "joint_states", 10)
        self._turned = np.zeros(len(WHEELS))
        self._at = 0

    def publish(self, outcome: Outcome, stamp: Time) -> None:
        """Publish the message of a frame if the topic has subscribers.

        Args:
            outcome: Outcome of the environment's last step.
            stamp: Stamp of the frame.
        """
        if self._publisher.get_subscription_count():
            self._publisher.publish(self.message(outcome.states, stamp))

    def message(self, states: CarStates, stamp: Time) -> JointState:
        """Return the joint states of car 0.

        Args:
            states: States of all cars.
            stamp: Stamp of the frame, not earlier than at the last call.
        """
        rates = wheel_rates(states.steering[:1], states.speed[:1], self._vehicle)[0]
        hinges = hinge_angles(states.steering[:1], self._vehicle)[0]
        now = to_nanoseconds(stamp)
        self._turned = (self._turned + rates * max(0, now - self._at) * 1e-9) % math.tau
        self._at = now
        message = JointState(name=[*WHEELS, *HINGES])
        message.header.stamp = stamp
        message.position = [*self._turned.tolist(), *hinges.tolist()]
        message.velocity = [*rates.tolist(), 0.0, 0.0]
        return message
