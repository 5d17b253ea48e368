"""The camera as ROS knows cameras: its calibration, and car 0's image out of a fleet's."""

import math

from builtin_interfaces.msg import Time
from rclpy.node import Node
from sensor_msgs.msg import CameraInfo, Image

from deepracer_ros.nodes.messages.images import to_image
from deepracer_ros.simulation.config import CameraConfig
from deepracer_ros.simulation.environment import Outcome


def camera_info(camera: CameraConfig, fov: float) -> CameraInfo:
    """Return the calibration of a pinhole with square pixels whose axis goes through the image's middle.

    Args:
        camera: Size of one car's image.
        fov: Horizontal field of view, rad.
    """
    focal = 0.5 * camera.width / math.tan(0.5 * fov)
    # Pixel centres have whole coordinates, so the middle of W columns is at (W - 1) / 2.
    centre_x, centre_y = 0.5 * (camera.width - 1), 0.5 * (camera.height - 1)
    message = CameraInfo(height=camera.height, width=camera.width, distortion_model="plumb_bob", d=[0.0] * 5)
    message.header.frame_id = "camera_optical"
    message.k = [focal, 0.0, centre_x, 0.0, focal, centre_y, 0.0, 0.0, 1.0]
    message.r = [1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0]
    message.p = [focal, 0.0, centre_x, 0.0, 0.0, focal, centre_y, 0.0, 0.0, 0.0, 1.0, 0.0]
    return message


class CameraInfoOutput:
    """`camera/camera_info`: one for every `camera/image_raw`, with its stamp; of each of a fleet's stacked images."""

    def __init__(self, node: Node, camera: CameraConfig, fov: float) -> None:
        """Open the topic."""
        self._message = camera_info(camera, fov)
        self._publisher = node.create_publisher(CameraInfo, "camera/camera_info", 10)
        self._heard = False

    def look(self) -> None:
        """Find out whether anybody listens; asking for every frame would cost more than an answer is worth."""
        self._heard = self._publisher.get_subscription_count() > 0

    def publish(self, stamp: Time) -> None:
        """Publish with the stamp of a frame if somebody listens."""
        if self._heard:
            self._message.header.stamp = stamp
            self._publisher.publish(self._message)


class FirstCameraOutput:
    """`camera/car_0/image_raw`: what the first car sees, as a plain image for a person to watch."""

    def __init__(self, node: Node) -> None:
        """Open the topic."""
        self._publisher = node.create_publisher(Image, "camera/car_0/image_raw", 1)

    def publish(self, outcome: Outcome, stamp: Time) -> None:
        """Publish if somebody listens."""
        if self._publisher.get_subscription_count():
            self._publisher.publish(to_image(outcome.frames[:1], stamp))
