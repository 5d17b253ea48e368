"""Car 0's steering hinges and wheels, as robot_state_publisher wants them."""

import math

import numpy as np
from builtin_interfaces.msg import Time
from rclpy.node import Node
from sensor_msgs.msg import JointState

from deepracer_ros.nodes.messages.stamps import to_nanoseconds
from deepracer_ros.race.vehicle import Vehicle
from deepracer_ros.simulation.environment import Outcome
from deepracer_ros.simulation.simulator import CarStates

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

    def publish(self, outcome: Outcome, stamp: Time) -> None:
        """Publish if somebody listens."""
        if self._publisher.get_subscription_count():
            self._publisher.publish(self.message(outcome.states, stamp))

    def message(self, states: CarStates, stamp: Time) -> JointState:
        """Return the joints at a time not before that of the last call."""
        rates, hinges = rolling(float(states.steering[0]), float(states.speed[0]), self._vehicle)
        now = to_nanoseconds(stamp)
        self._turned = (self._turned + np.array(rates) * max(0, now - self._at) * 1e-9) % math.tau
        self._at = now
        message = JointState(name=[*WHEELS, *HINGES])
        message.header.stamp = stamp
        message.position = [*map(float, self._turned), *hinges]
        message.velocity = [*rates, 0.0, 0.0]
        return message


def rolling(steering: float, speed: float, vehicle: Vehicle) -> tuple[list[float], list[float]]:
    """Return the rates (rad/s, as `WHEELS`) and the angles (rad, as `HINGES`) of a car whose wheels roll without slip.

    All turn about one point on the rear axle's line, `wheelbase / tan(steering)` to the left of its middle
    (Ackermann's geometry): a wheel moves in proportion to its distance from that point.

    Args:
        steering: Angle of the virtual wheel midway between the front wheels, rad, + left.
        speed: Of the rear axle's middle, m/s.
        vehicle: The car.
    """
    ahead, turn = speed / vehicle.wheel_radius, math.tan(steering)
    front = [1.0 - turn / vehicle.wheelbase * side * 0.5 * vehicle.front_track for side in (1.0, -1.0)]
    rear = [1.0 - turn / vehicle.wheelbase * side * 0.5 * vehicle.rear_track for side in (1.0, -1.0)]
    rates = [*(ahead * math.hypot(along, turn) for along in front), *(ahead * along for along in rear)]
    return rates, [math.atan2(turn, along) for along in front]
