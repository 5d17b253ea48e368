"""Where car 0 is, for tf2: map -> odom -> base_link -> camera_optical (REP 105)."""

from builtin_interfaces.msg import Time
from rclpy.node import Node
from tf2_msgs.msg import TFMessage

from deepracer_ros.nodes.base import LATCHED
from deepracer_ros.nodes.messages.frames import fixed_joints, transform
from deepracer_ros.nodes.messages.poses import to_pose
from deepracer_ros.simulation.environment import Outcome

DEPTH = 100
"""Queue of `/tf`, that of tf2_ros."""


class Transforms:
    """`/tf` and `/tf_static`.

    A simulation has no drift, so odom lies on map. Wheels and hinges are robot_state_publisher's; the
    URDF's fixed joints are given here too, so that the camera is in the tree without it.
    """

    def __init__(self, node: Node, urdf: str) -> None:
        """Open the topics and publish what never moves.

        Args:
            node: The node.
            urdf: The expanded URDF.
        """
        self._moving = node.create_publisher(TFMessage, "/tf", DEPTH)
        self._fixed = node.create_publisher(TFMessage, "/tf_static", LATCHED)
        self._fixed.publish(TFMessage(transforms=[transform("map", "odom"), *fixed_joints(urdf)]))

    def publish(self, outcome: Outcome, stamp: Time) -> None:
        """Publish if somebody listens."""
        if self._moving.get_subscription_count():
            pose = to_pose(outcome.states, 0)
            moved = transform("odom", "base_link")
            moved.header.stamp = stamp
            moved.transform.translation.x, moved.transform.translation.y = pose.position.x, pose.position.y
            moved.transform.rotation = pose.orientation
            self._moving.publish(TFMessage(transforms=[moved]))
