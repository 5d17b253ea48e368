# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""The interface of gazebo_ros_state for every simulator; the cars are the entities car_0, car_1, ..."""

import numpy as np
from builtin_interfaces.msg import Time
from gazebo_msgs.msg import ModelStates
from gazebo_msgs.srv import GetEntityState, SetEntityState
from rclpy.node import Node

from deepracer_ros.errors import InputError
from deepracer_ros.nodes.messages.poses import from_pose, to_pose, to_twist
from deepracer_ros.simulation.environment import Environment, Outcome

WORLD = ("", "world", "map")
"""Names of the world frame in requests."""


class GazeboState:
    """Offers `model_states`, `get_entity_state` and `set_entity_state` (gazebo_msgs) in the world frame."""

    def __init__(self, node: Node, environment: Environment) -> None:
        """Open the topic and the services.

        Args:
            node: ROS node of the simulation.
            environment: Environment that the simulation steps.
        """
        self._environment, self._logger = environment, node.get_logger()
        self._names = [f"car_{car}" for car in range(environment.cars)]
        self._publisher = node.create_publisher(ModelStates, "model_states", 10)
        self._outcome: Outcome | None = None
        self._stamp = Time()
        node.create_service(GetEntityState, "get_entity_state", self.get)
        node.create_service(SetEntityState, "set_entity_state", self.set)

    def note(self, outcome: Outcome, stamp: Time) -> None:
        """Store the outcome of a frame and its stamp for the answers of the services."""
        self._outcome, self._stamp = outcome, stamp

    def publish(self, outcome: Outcome, stamp: Time) -> None:
        """Publish the message of a frame if the topic has subscribers.

        Args:
            outcome: Outcome of the environment's last step.
            stamp: Stamp of the frame.
        """
        if self._publisher.get_subscription_count():
            states, cars = outcome.states, range(len(self._names))
            message = ModelStates(name=self._names)
            message.pose = [to_pose(states, car) for car in cars]
            message.twist = [to_twist(states, car) for car in cars]
            self._publisher.publish(message)

    def get(self, request: GetEntityState.Request, response: GetEntityState.Response) -> GetEntityState.Response:
        """Answer `get_entity_state` with the pose and velocity of one car.

        `success` is False for an unknown name or frame, or before the first frame.
        """
        try:
            car = self._find(request.name, request.reference_frame)
        except InputError as error:
            self._logger.warning(str(error))
            response.success = False
            return response
        assert self._outcome is not None
        response.header.stamp = self._stamp
        response.header.frame_id = "world"
        response.state.name, response.state.reference_frame = request.name, "world"
        response.state.pose, response.state.twist = (
            to_pose(self._outcome.states, car),
            to_twist(self._outcome.states, car),
        )
        response.success = True
        return response

    def set(self, request: SetEntityState.Request, response: SetEntityState.Response) -> SetEntityState.Response:
        """Answer `set_entity_state`: place one car at rest at a new pose; its episode continues.

        `success` is False for an unknown name or frame, an invalid pose, a velocity other than zero, or before the
        first frame.
        """
        try:
            self._move(request)
            response.success = True
        except InputError as error:
            self._logger.warning(str(error))
            response.success = False
        return response

    def _move(self, request: SetEntityState.Request) -> None:
        state = request.state
        car = self._find(state.name, state.reference_frame)
        linear, angular = state.twist.linear, state.twist.angular
        if any((linear.x, linear.y, linear.z, angular.x, angular.y, angular.z)):
            raise InputError("set_entity_state: found a velocity, expected zero: a car is placed at rest")
        count = len(self._names)
        mask, poses = np.zeros(count, dtype=np.bool_), np.zeros((count, 3))
        mask[car], poses[car] = True, from_pose(state.pose)
        _, states = self._environment.simulator.reset(mask, poses)
        assert self._outcome is not None
        self._outcome = self._outcome._replace(states=states)

    def _find(self, name: str, frame: str) -> int:
        """Return the index of the car with this name.

        Raises:
            InputError: if the name or frame is unknown, or there is no frame yet.
        """
        if frame not in WORLD:
            raise InputError(f"reference_frame: found {frame!r}, expected world")
        if name not in self._names:
            raise InputError(f"entity: found {name!r}, expected car_0 to car_{len(self._names) - 1}")
        if self._outcome is None:
            raise InputError("entity: found no frame yet, expected one after the agent has started")
        return self._names.index(name)
