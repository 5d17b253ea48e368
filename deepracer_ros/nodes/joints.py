"""Car 0's steering hinges and wheels, as robot_state_publisher wants them."""

import math

import numpy as np
from builtin_interfaces.msg import Time
from rclpy.node import Node
from sensor_msgs.msg import JointState

from deepracer_ros.nodes.messages import to_nanoseconds
from deepracer_ros.simulation.environment import Observation
from deepracer_ros.simulation.gazebo.ackermann import wheel_commands
from deepracer_ros.simulation.simulator import CarStates
from deepracer_ros.simulation.vehicle import Vehicle

WHEELS = tuple(f"{end}_{side}_wheel_joint" for end in ("front", "rear") for side in ("left", "right"))
HINGES = ("left_steering_hinge", "right_steering_hinge")


class JointOutput:
    """`joint_states`: the hinges stand as measured, the wheels have rolled on at the car's present speed."""

    def __init__(self, node: Node, vehicle: Vehicle) -> None:
        """Open the topic."""
        self._vehicle = vehicle
        self._publisher = node.create_publisher(JointState, "joint_states", 10)
        self._turned = np.zeros(len(WHEELS))
        self._at = 0

    def publish(self, outcome: Observation, stamp: Time) -> None:
        """Publish if somebody listens."""
        if self._publisher.get_subscription_count():
            self._publisher.publish(self.message(outcome[1], stamp))

    def message(self, states: CarStates, stamp: Time) -> JointState:
        """Return the joints at a time not before that of the last call."""
        *rates, left, right = wheel_commands(states.steering[:1], states.speed[:1], self._vehicle)[0]
        now = to_nanoseconds(stamp)
        self._turned = (self._turned + np.array(rates) * max(0, now - self._at) * 1e-9) % math.tau
        self._at = now
        message = JointState(name=[*WHEELS, *HINGES])
        message.header.stamp = stamp
        message.position = [*map(float, self._turned), float(left), float(right)]
        message.velocity = [*map(float, rates), 0.0, 0.0]
        return message
