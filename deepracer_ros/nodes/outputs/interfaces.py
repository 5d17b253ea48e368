# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""The topics and services of the simulation for other ROS programs."""

import time
from collections.abc import Callable
from typing import Protocol

from builtin_interfaces.msg import Time
from rclpy.node import Node
from sensor_msgs.msg import JointState

from deepracer_ros.nodes.inputs import Inputs
from deepracer_ros.nodes.messages.images import OPTICAL_FRAME
from deepracer_ros.nodes.outputs.camera import CameraInfoOutput, FirstCameraOutput, camera_info
from deepracer_ros.nodes.outputs.description import robot_description
from deepracer_ros.nodes.outputs.driven_path import DrivenPath
from deepracer_ros.nodes.outputs.joints import JointOutput
from deepracer_ros.nodes.outputs.markers import TrackMarkers
from deepracer_ros.nodes.outputs.odometry import Odometer, OdometryOutput
from deepracer_ros.nodes.outputs.optional import report_missing, where_installed
from deepracer_ros.nodes.outputs.twist import TwistInput
from deepracer_ros.race.vehicle import read_vehicle
from deepracer_ros.simulation.environment import Environment, Outcome
from deepracer_ros.training.config import Place, RunConfig

PERIOD = 1.0 / 30.0
"""Least wall-clock time between two messages of one topic, s; enough for viewing, at little cost."""


class Output(Protocol):
    """Protocol of a topic about the cars."""

    def publish(self, outcome: Outcome, stamp: Time) -> None:
        """Publish the message of a frame if the topic has subscribers.

        Args:
            outcome: Outcome of the environment's last step.
            stamp: Stamp of the frame.
        """


class Interfaces:
    """Offers markers, camera info, joints, TF, driven path, Gazebo's interface, and commands of other programs.

    All of them are about car 0, except `track/markers`, `camera/camera_info` and `model_states`.
    """

    def __init__(
        self, node: Node, environment: Environment, config: RunConfig, place: Place, inputs: Inputs,
        drive: Callable[[JointState], None],
    ) -> None:  # fmt: skip
        """Open the topics and services whose packages are installed, and log the others.

        Args:
            node: ROS node of the simulation.
            environment: Environment that the simulation steps.
            config: Configuration of the run.
            place: Place of the simulation: its job, of which only job 0 publishes TF, and the prefix of its frames.
            inputs: Subscriptions of the simulation.
            drive: Receives commands of other message types as drive messages.
        """
        vehicle = read_vehicle()
        info = camera_info(config.camera, vehicle.camera_fov, place.frame_prefix + OPTICAL_FRAME)
        is_frame = environment.cars == 1 and config.camera.stack_size == 1
        self._camera_info = CameraInfoOutput(node, info) if is_frame else None
        odometer, path = Odometer(), DrivenPath(node)
        self._outputs: list[Output] = [
            TrackMarkers(node, environment),
            FirstCameraOutput(node, info),
            JointOutput(node, vehicle),
            path,
            OdometryOutput(node, odometer, place.frame_prefix),
        ]
        self._due = 0.0
        self._notes: list[Callable[[Outcome, Time], None]] = [odometer.note, path.note]
        if environment.cars == 1:
            TwistInput(inputs, config.agent.stamped_cmd_vel, drive)
        missing: list[str] = []
        with where_installed("TF", missing):
            from deepracer_ros.nodes.outputs.transforms import Transforms

            if place.job == 0:
                self._outputs.append(Transforms(node, odometer, robot_description(), place.frame_prefix))
        with where_installed("ackermann_cmd", missing):
            from deepracer_ros.nodes.outputs.ackermann import AckermannInput

            if environment.cars == 1:
                AckermannInput(inputs, drive)
        with where_installed("model_states and the services of entities", missing):
            from deepracer_ros.nodes.outputs.gazebo_entities import GazeboEntities
            from deepracer_ros.nodes.outputs.gazebo_state import GazeboState

            GazeboEntities(node, environment)
            state = GazeboState(node, environment)
            self._outputs.append(state)
            self._notes.append(state.note)
        report_missing(node, missing)

    def publish(self, outcome: Outcome, stamp: Time) -> None:
        """Publish the camera info of a frame, and the other topics if `PERIOD` has passed.

        Args:
            outcome: Outcome of the environment's last step.
            stamp: Stamp of the frame.
        """
        for note in self._notes:
            note(outcome, stamp)
        if self._camera_info is not None:
            self._camera_info.publish(stamp)
        now = time.monotonic()
        if now < self._due:
            return
        self._due = now + PERIOD
        if self._camera_info is not None:
            self._camera_info.look()
        for output in self._outputs:
            output.publish(outcome, stamp)
