"""The interface of gazebo_ros_state, whichever simulator there is: cars are the entities car_0, car_1, ..."""

import numpy as np
from builtin_interfaces.msg import Time
from gazebo_msgs.msg import ModelStates
from gazebo_msgs.srv import GetEntityState, SetEntityState
from rclpy.node import Node

from deepracer_ros.errors import InputError
from deepracer_ros.nodes.messages.poses import from_pose, to_pose, to_twist
from deepracer_ros.simulation.environment import Environment, Outcome

WORLD = ("", "world", "map")
"""Reference frames that mean the world."""


class GazeboState:
    """`model_states`, `get_entity_state` and `set_entity_state` (gazebo_msgs) in the frame of the world."""

    def __init__(self, node: Node, environment: Environment) -> None:
        """Open the topic and the services."""
        self._environment, self._logger = environment, node.get_logger()
        self._names = [f"car_{car}" for car in range(environment.cars)]
        self._publisher = node.create_publisher(ModelStates, "model_states", 10)
        self._outcome: Outcome | None = None
        self._stamp = Time()
        node.create_service(GetEntityState, "get_entity_state", self.get)
        node.create_service(SetEntityState, "set_entity_state", self.set)

    def note(self, outcome: Outcome, stamp: Time) -> None:
        """Remember what the services answer with."""
        self._outcome, self._stamp = outcome, stamp

    def publish(self, outcome: Outcome, stamp: Time) -> None:
        """Publish if somebody listens."""
        if self._publisher.get_subscription_count():
            states, cars = outcome.states, range(len(self._names))
            message = ModelStates(name=self._names)
            message.pose = [to_pose(states, car) for car in cars]
            message.twist = [to_twist(states, car) for car in cars]
            self._publisher.publish(message)

    def get(self, request: GetEntityState.Request, response: GetEntityState.Response) -> GetEntityState.Response:
        """Answer with pose and velocity of one car; without success for another name or frame."""
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
        """Put one car at rest on a new pose; its episode goes on, and the next frame shows the new place.

        Without success for another name or frame, a pose that is none, or a velocity other than zero.
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
            raise InputError("set_entity_state: found a velocity, expected zero: a car is put down at rest")
        count = len(self._names)
        mask, poses = np.zeros(count, dtype=np.bool_), np.zeros((count, 3))
        mask[car], poses[car] = True, from_pose(state.pose)
        _, states = self._environment.simulator.reset(mask, poses)
        assert self._outcome is not None
        self._outcome = self._outcome._replace(states=states)

    def _find(self, name: str, frame: str) -> int:
        """Return the number of the car of a name."""
        if frame not in WORLD:
            raise InputError(f"reference_frame: found {frame!r}, expected world")
        if name not in self._names:
            raise InputError(f"entity: found {name!r}, expected car_0 to car_{len(self._names) - 1}")
        if self._outcome is None:
            raise InputError("entity: asked for before the first frame; the simulation waits for its agent")
        return self._names.index(name)
