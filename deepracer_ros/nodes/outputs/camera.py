# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""The calibration of the camera, and the image of car 0, on the topics that ROS programs expect."""

import math

from builtin_interfaces.msg import Time
from rclpy.node import Node
from sensor_msgs.msg import CameraInfo, Image

from deepracer_ros.nodes.messages.images import OPTICAL_FRAME, to_image
from deepracer_ros.simulation.config import CameraConfig
from deepracer_ros.simulation.environment import Outcome


def camera_info(camera: CameraConfig, fov: float, frame: str = OPTICAL_FRAME) -> CameraInfo:
    """Return the calibration of a pinhole camera with square pixels and the optical axis at the centre of the image.

    Args:
        camera: Size of one car's image.
        fov: Horizontal field of view, rad.
        frame: Name of the camera's frame.
    """
    focal = 0.5 * camera.width / math.tan(0.5 * fov)
    # Pixel centres have integer coordinates, so the centre of W columns is at (W - 1) / 2.
    centre_x, centre_y = 0.5 * (camera.width - 1), 0.5 * (camera.height - 1)
    message = CameraInfo(height=camera.height, width=camera.width, distortion_model="plumb_bob", d=[0.0] * 5)
    message.header.frame_id = frame
    message.k = [focal, 0.0, centre_x, 0.0, focal, centre_y, 0.0, 0.0, 1.0]
    message.r = [1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0]
    message.p = [focal, 0.0, centre_x, 0.0, 0.0, focal, centre_y, 0.0, 0.0, 0.0, 1.0, 0.0]
    return message


class CameraInfoOutput:
    """Publishes `camera/camera_info` with the stamp of every `camera/image_raw`, where this is one frame.

    No camera takes the frames of several cars, or stacks of frames; the newest one of the first car has its own topics
    (`FirstCameraOutput`).
    """

    def __init__(self, node: Node, message: CameraInfo) -> None:
        """Open the topic.

        Args:
            node: ROS node of the simulation.
            message: The calibration.
        """
        self._message = message
        self._publisher = node.create_publisher(CameraInfo, "camera/camera_info", 10)
        self._heard = False

    def look(self) -> None:
        """Update whether the topic has subscribers; a check at every frame would cost too much."""
        self._heard = self._publisher.get_subscription_count() > 0

    def publish(self, stamp: Time) -> None:
        """Publish the calibration with the stamp of a frame if the topic has subscribers."""
        if self._heard:
            self._message.header.stamp = stamp
            self._publisher.publish(self._message)


class FirstCameraOutput:
    """Publishes the newest camera frame of car 0 on `camera/car_0/image_raw`, and its calibration beside it."""

    def __init__(self, node: Node, message: CameraInfo) -> None:
        """Open the topics.

        Args:
            node: ROS node of the simulation.
            message: The calibration.
        """
        self._message = message
        self._images = node.create_publisher(Image, "camera/car_0/image_raw", 1)
        self._infos = node.create_publisher(CameraInfo, "camera/car_0/camera_info", 1)

    def publish(self, outcome: Outcome, stamp: Time) -> None:
        """Publish the messages of a frame on the topics that have subscribers.

        Args:
            outcome: Outcome of the environment's last step.
            stamp: Stamp of the frame.
        """
        if self._images.get_subscription_count():
            newest = outcome.frames[:1, -self._message.height :]
            self._images.publish(to_image(newest, stamp, self._message.header.frame_id))
        if self._infos.get_subscription_count():
            self._message.header.stamp = stamp
            self._infos.publish(self._message)
