# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""Draws what config/deepracer.rviz shows of a training that runs, from its topics, where no rviz is installed.

ROS_DOMAIN_ID=0 ROS_AUTOMATIC_DISCOVERY_RANGE=LOCALHOST python .ci/rviz_picture.py docs/images/rviz.png
"""

import sys
import time

import matplotlib as mpl
import numpy as np
import rclpy
from nav_msgs.msg import Path
from rclpy.node import Node
from rclpy.qos import qos_profile_sensor_data
from sensor_msgs.msg import Image, PointCloud2
from visualization_msgs.msg import Marker, MarkerArray

from deepracer_ros.nodes.messages.images import from_image
from deepracer_ros.nodes.messages.state import from_state
from deepracer_ros.nodes.qos import LATCHED

mpl.use("Agg")
from matplotlib import pyplot as plt  # noqa: E402 - after the backend was chosen

BACKGROUND = "#303030"
PATH_METRES = 5.0
"""Least length of the driven path in the picture, m."""


def listen(seconds: float = 60.0) -> dict[str, object]:
    """Return the last message of each topic, once car 0 has driven far enough."""
    rclpy.init()
    node, found = Node("picture"), {}
    topics = (
        (MarkerArray, "track/markers", LATCHED), (PointCloud2, "race/state", qos_profile_sensor_data),
        (Path, "path", 1), (Image, "camera/car_0/image_raw", 1),
    )  # fmt: skip
    for kind, topic, quality in topics:
        node.create_subscription(kind, topic, lambda message, topic=topic: found.update({topic: message}), quality)
    deadline = time.monotonic() + seconds
    while len(found) < len(topics) or length(found["path"]) < PATH_METRES:
        if time.monotonic() > deadline:
            raise SystemExit(f"topics: found {sorted(found)} within {seconds:g} s, expected a training with car 0")
        rclpy.spin_once(node, timeout_sec=0.1)
    rclpy.try_shutdown()
    return found


def length(path: Path) -> float:
    """Return the length of a path, m."""
    points = np.array([(pose.pose.position.x, pose.pose.position.y) for pose in path.poses]).reshape(-1, 2)
    return float(np.hypot(*np.diff(points, axis=0).T).sum())


def draw(found: dict[str, object], path: str) -> None:
    """Draw track, cars, driven path and camera image."""
    figure, (scene, camera) = plt.subplots(
        1, 2, figsize=(9.0, 4.2), width_ratios=(2.4, 1.0), facecolor=BACKGROUND, layout="constrained"
    )
    scene.set_facecolor(BACKGROUND)
    for marker in found["track/markers"].markers:
        colour = (marker.color.r, marker.color.g, marker.color.b)
        points = np.array([(point.x, point.y) for point in marker.points])
        if marker.type == Marker.TRIANGLE_LIST:
            triangles = np.arange(len(points)).reshape(-1, 3)
            scene.tripcolor(*points.T, triangles, facecolors=np.zeros(len(triangles)), cmap=flat(colour))
        elif marker.type == Marker.LINE_STRIP:
            scene.plot(*points.T, color=colour, linewidth=1.2)
        else:
            scene.plot(marker.pose.position.x, marker.pose.position.y, "s", color=colour)
    cloud = found["race/state"]
    terms = [field.name.removeprefix("term_") for field in cloud.fields if field.name.startswith("term_")]
    cars = from_state(cloud, terms)
    poses = np.array([(pose.pose.position.x, pose.pose.position.y) for pose in found["path"].poses])
    scene.plot(*poses.T, color="#19ff00", linewidth=1.5)
    scene.scatter(cars["x"], cars["y"], c=cars["reward"], cmap="rainbow", s=18, zorder=3)
    scene.set_aspect("equal")
    camera.imshow(from_image(found["camera/car_0/image_raw"], found["camera/car_0/image_raw"].height)[0], cmap="gray")
    for axes, title in ((scene, "map: Track, Fleet (reward), Driven path"), (camera, "Camera of car 0")):
        axes.set_title(title, color="white", fontsize=9)
        axes.set_xticks([])
        axes.set_yticks([])
    figure.savefig(path, dpi=100)


def flat(colour: tuple[float, float, float]) -> mpl.colors.ListedColormap:
    """Return a colour map of one colour."""
    return mpl.colors.ListedColormap([colour])


if __name__ == "__main__":
    draw(listen(), sys.argv[1])
