# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""The interface of gazebo_ros_factory: models that come into a running world, and go."""

from gazebo_msgs.srv import DeleteEntity, SpawnEntity
from rclpy.node import Node

from deepracer_ros.errors import InputError
from deepracer_ros.nodes.messages.poses import from_pose
from deepracer_ros.nodes.outputs.gazebo_state import WORLD
from deepracer_ros.simulation.environment import Environment
from deepracer_ros.simulation.simulator import OpenWorld
from deepracer_ros.simulation.stacking import StackedCamera


class GazeboEntities:
    """Offers `spawn_entity` and `delete_entity` (gazebo_msgs); only a simulator that is an `OpenWorld` takes models."""

    def __init__(self, node: Node, environment: Environment) -> None:
        """Open the services.

        Args:
            node: ROS node of the simulation.
            environment: Environment that the simulation steps.
        """
        simulator = environment.simulator
        self._simulator = simulator.simulator if isinstance(simulator, StackedCamera) else simulator
        self._logger = node.get_logger()
        node.create_service(SpawnEntity, "spawn_entity", self.spawn)
        node.create_service(DeleteEntity, "delete_entity", self.delete)

    def spawn(self, request: SpawnEntity.Request, response: SpawnEntity.Response) -> SpawnEntity.Response:
        """Answer `spawn_entity`: add a model; `status_message` says why if `success` is False."""
        try:
            if request.reference_frame not in WORLD:
                raise InputError(f"reference_frame: found {request.reference_frame!r}, expected world")
            x, y, yaw = from_pose(request.initial_pose)
            pose = (x, y, request.initial_pose.position.z, 0.0, 0.0, yaw)
            self._world().spawn(request.name, request.xml, pose)
        except InputError as error:
            response.success, response.status_message = False, self._refuse(error)
            return response
        response.success, response.status_message = True, f"{request.name} comes with the next frames"
        return response

    def delete(self, request: DeleteEntity.Request, response: DeleteEntity.Response) -> DeleteEntity.Response:
        """Answer `delete_entity`: remove a model that was spawned; `status_message` says why if `success` is False."""
        try:
            self._world().delete(request.name)
        except InputError as error:
            response.success, response.status_message = False, self._refuse(error)
            return response
        response.success, response.status_message = True, f"{request.name} goes with the next frames"
        return response

    def _world(self) -> OpenWorld:
        if not isinstance(self._simulator, OpenWorld):
            raise InputError("simulation.simulator: found one that takes no models, expected gazebo")
        return self._simulator

    def _refuse(self, error: InputError) -> str:
        self._logger.warning(str(error))
        return str(error)
