"""Tracks as rviz markers."""

from collections.abc import Sequence

import numpy as np
from geometry_msgs.msg import Point
from numpy.typing import NDArray
from std_msgs.msg import ColorRGBA
from visualization_msgs.msg import Marker, MarkerArray

from deepracer_ros.race.track import Track

WHITE, YELLOW, GREY = (1.0, 1.0, 1.0), (0.95, 0.8, 0.1), (0.25, 0.25, 0.27)
LINE_WIDTH = 0.03


def track_markers(tracks: Sequence[Track]) -> MarkerArray:
    """Return road, borders and centre line of each track, on the ground of frame `map`."""
    markers: list[Marker] = []
    for track in tracks:
        markers.append(_marker(track.name, len(markers), Marker.TRIANGLE_LIST, GREY, 1.0, _road(track)))
        for line, colour in ((track.left, WHITE), (track.right, WHITE), (track.centre, YELLOW)):
            points = np.vstack([line, line[:1]]) if track.closed else line
            markers.append(_marker(track.name, len(markers), Marker.LINE_STRIP, colour, LINE_WIDTH, points))
    return MarkerArray(markers=markers)


def _road(track: Track) -> NDArray[np.float64]:
    """Return the road's surface as triangles: two between every pair of waypoints."""
    left, right = track.left, track.right
    if track.closed:
        left, right = np.vstack([left, left[:1]]), np.vstack([right, right[:1]])
    corners = np.stack([left[:-1], right[:-1], left[1:], left[1:], right[:-1], right[1:]], axis=1)
    return corners.reshape(-1, 2)


def _marker(
    name: str, number: int, kind: int, colour: tuple[float, float, float], scale: float, points: NDArray[np.float64]
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
