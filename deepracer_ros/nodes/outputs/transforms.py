# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""The TF tree of car 0: map -> odom -> base_link -> camera_link -> camera_optical (REP 105)."""

from builtin_interfaces.msg import Time
from geometry_msgs.msg import TransformStamped
from rclpy.node import Node
from tf2_msgs.msg import TFMessage

from deepracer_ros.nodes.messages.frames import fixed_joints, transform
from deepracer_ros.nodes.messages.poses import to_quaternion
from deepracer_ros.nodes.outputs.odometry import Odometer, Planar
from deepracer_ros.nodes.qos import LATCHED
from deepracer_ros.simulation.environment import Outcome

DEPTH = 100
"""Queue depth of `tf`, the same as in tf2_ros."""


class Transforms:
    """Publishes `tf` and `tf_static` of car 0.

    A new episode moves odom in the map, and the car's pose in odom is continuous. The transforms of wheels and hinges
    come from robot_state_publisher. The fixed joints of the URDF are published here too, so that the camera is in the
    tree without robot_state_publisher.
    """

    def __init__(self, node: Node, odometer: Odometer, urdf: str, prefix: str) -> None:
        """Open the topics and publish the static transforms.

        Args:
            node: ROS node of the simulation.
            odometer: Tracks the car.
            urdf: The expanded URDF as XML.
            prefix: Prefix of the frames of the car; the frame map has none.
        """
        self._odometer, self._prefix = odometer, prefix
        self._moving = node.create_publisher(TFMessage, "tf", DEPTH)
        self._fixed = node.create_publisher(TFMessage, "tf_static", LATCHED)
        self._fixed.publish(TFMessage(transforms=fixed_joints(urdf, prefix)))

    def publish(self, outcome: Outcome, stamp: Time) -> None:
        """Publish the message of a frame if the topic has subscribers.

        Args:
            outcome: Outcome of the environment's last step.
            stamp: Stamp of the frame.
        """
        if self._moving.get_subscription_count():
            odom, base = f"{self._prefix}odom", f"{self._prefix}base_link"
            ends = ("map", odom, self._odometer.origin), (odom, base, self._odometer.pose)
            self._moving.publish(TFMessage(transforms=[moved(*both, stamp) for both in ends]))


def moved(parent: str, child: str, pose: Planar, stamp: Time) -> TransformStamped:
    """Return the transform of a pose on the ground.

    Args:
        parent: Frame in which the pose is given.
        child: Frame that has the pose.
        pose: The pose.
        stamp: Stamp of the transform.
    """
    message = transform(parent, child)
    message.header.stamp = stamp
    message.transform.translation.x, message.transform.translation.y = pose.x, pose.y
    message.transform.rotation = to_quaternion(pose.yaw)
    return message
