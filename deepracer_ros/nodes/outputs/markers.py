# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""The rviz markers of tracks and of the objects on them."""

from collections.abc import Sequence

import numpy as np
from builtin_interfaces.msg import Time
from geometry_msgs.msg import Point
from numpy.typing import NDArray
from rclpy.node import Node
from std_msgs.msg import ColorRGBA
from visualization_msgs.msg import Marker, MarkerArray

from deepracer_ros.nodes.qos import LATCHED
from deepracer_ros.race.obstacle import ObstacleShape
from deepracer_ros.race.track import Track
from deepracer_ros.simulation.environment import Environment, Outcome

Floats = NDArray[np.float64]
WHITE, YELLOW, GREY = (1.0, 1.0, 1.0), (0.95, 0.8, 0.1), (0.25, 0.25, 0.27)
LINE_WIDTH = 0.03


class TrackMarkers:
    """Publishes `track/markers` (latched): every track, and the objects on the track of its first car."""

    def __init__(self, node: Node, environment: Environment) -> None:
        """Open the topic and publish the markers once.

        Args:
            node: ROS node of the simulation.
            environment: Environment that the simulation steps.
        """
        self._environment = environment
        self._publisher = node.create_publisher(MarkerArray, "track/markers", LATCHED)
        # The first car on each track that has cars.
        self._tracks, self._cars = np.unique(environment.car_track, return_index=True)
        self._shown: Floats = np.zeros(0)
        self._send()

    def publish(self, outcome: Outcome, stamp: Time) -> None:
        """Publish the markers again if an object has moved, for example in a new episode with random places.

        Args:
            outcome: Outcome of the environment's last step.
            stamp: Stamp of the frame.
        """
        if not np.array_equal(self._environment.referee.objects[self._cars], self._shown):
            self._send()

    def _send(self) -> None:
        referee = self._environment.referee
        self._shown = referee.objects[self._cars]
        markers = track_markers(self._environment.tracks)
        for track, poses in zip(self._tracks, self._shown, strict=True):
            markers += object_markers(self._environment.tracks[track].name, poses, referee.object_shape)
        self._publisher.publish(MarkerArray(markers=markers))


def track_markers(tracks: Sequence[Track]) -> list[Marker]:
    """Return the markers of road, borders and centre line of each track, in frame `map`."""
    markers: list[Marker] = []
    for track in tracks:
        markers.append(_marker(track.name, len(markers), Marker.TRIANGLE_LIST, GREY, 1.0, _road(track)))
        for line, colour in ((track.left, WHITE), (track.right, WHITE), (track.centre, YELLOW)):
            points = np.vstack([line, line[:1]]) if track.closed else line
            markers.append(_marker(track.name, len(markers), Marker.LINE_STRIP, colour, LINE_WIDTH, points))
    return markers


def object_markers(track: str, poses: Floats, shape: ObstacleShape) -> list[Marker]:
    """Return one cube marker for each object on a track, in frame `map`.

    Args:
        track: Name of the track; the namespace of the markers is `NAME/objects`.
        poses: (K, 3) poses of the centres of the objects: x, m, y, m, and yaw, rad.
        shape: Size and colour of the objects.
    """
    markers = []
    for number, (x, y, yaw) in enumerate(poses.tolist()):
        marker = Marker(ns=f"{track}/objects", id=number, type=Marker.CUBE, action=Marker.ADD)
        marker.header.frame_id = "map"
        marker.pose.position = Point(x=x, y=y, z=shape.height / 2.0)
        marker.pose.orientation.z, marker.pose.orientation.w = float(np.sin(yaw / 2.0)), float(np.cos(yaw / 2.0))
        marker.scale.x, marker.scale.y, marker.scale.z = shape.length, shape.width, shape.height
        red, green, blue = (value / 255.0 for value in shape.colour)
        marker.color = ColorRGBA(r=red, g=green, b=blue, a=1.0)
        markers.append(marker)
    return markers


def _road(track: Track) -> Floats:
    """Return the corners of the road's surface as triangles, two between each pair of waypoints."""
    left, right = track.left, track.right
    if track.closed:
        left, right = np.vstack([left, left[:1]]), np.vstack([right, right[:1]])
    corners = np.stack([left[:-1], right[:-1], left[1:], left[1:], right[:-1], right[1:]], axis=1)
    return corners.reshape(-1, 2)


def _marker(
    name: str, number: int, kind: int, colour: tuple[float, float, float], scale: float, points: Floats
) -> Marker:
    red, green, blue = colour
    marker = Marker(ns=name, id=number, type=kind, action=Marker.ADD)
    marker.header.frame_id = "map"
    marker.pose.orientation.w = 1.0
    marker.scale.x = scale
    if kind == Marker.TRIANGLE_LIST:
        marker.scale.y = marker.scale.z = scale
    marker.color = ColorRGBA(r=red, g=green, b=blue, a=1.0)
    height = 0.0 if kind == Marker.TRIANGLE_LIST else 0.002
    marker.points = [Point(x=float(x), y=float(y), z=height) for x, y in points]
    return marker
