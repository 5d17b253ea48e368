# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""The TF tree of car 0: map -> odom -> base_link -> camera_link -> camera_optical (REP 105)."""

from builtin_interfaces.msg import Time
from rclpy.node import Node
from tf2_msgs.msg import TFMessage

from deepracer_ros.nodes.messages.frames import fixed_joints, transform
from deepracer_ros.nodes.messages.poses import to_pose
from deepracer_ros.nodes.qos import LATCHED
from deepracer_ros.simulation.environment import Outcome

DEPTH = 100
"""Queue depth of `/tf`, the same as in tf2_ros."""


class Transforms:
    """Publishes `/tf` and `/tf_static` of car 0.

    A simulation has no drift, so odom and map are identical. The transforms of wheels and hinges come from
    robot_state_publisher. The fixed joints of the URDF are published here too, so that the camera is in the tree
    without robot_state_publisher.
    """

    def __init__(self, node: Node, urdf: str) -> None:
        """Open the topics and publish the static transforms.

        Args:
            node: ROS node of the simulation.
            urdf: The expanded URDF as XML.
        """
        self._moving = node.create_publisher(TFMessage, "/tf", DEPTH)
        self._fixed = node.create_publisher(TFMessage, "/tf_static", LATCHED)
        self._fixed.publish(TFMessage(transforms=[transform("map", "odom"), *fixed_joints(urdf)]))

    def publish(self, outcome: Outcome, stamp: Time) -> None:
        """Publish the message of a frame if the topic has subscribers.

        Args:
            outcome: Outcome of the environment's last step.
            stamp: Stamp of the frame.
        """
        if self._moving.get_subscription_count():
            pose = to_pose(outcome.states, 0)
            moved = transform("odom", "base_link")
            moved.header.stamp = stamp
            moved.transform.translation.x, moved.transform.translation.y = pose.position.x, pose.position.y
            moved.transform.rotation = pose.orientation
            self._moving.publish(TFMessage(transforms=[moved]))
