# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""What rviz shows of tracks and of the objects on them."""

from types import SimpleNamespace

import numpy as np
import pytest
from builtin_interfaces.msg import Time
from visualization_msgs.msg import Marker, MarkerArray

from deepracer_ros.nodes.outputs.markers import TrackMarkers, object_markers, track_markers
from deepracer_ros.nodes.qos import LATCHED
from deepracer_ros.race.catalogue import find_track
from deepracer_ros.race.config import ObstaclesConfig, RaceConfig
from deepracer_ros.race.obstacle import BOX, shape_of
from deepracer_ros.race.vehicle import read_vehicle
from deepracer_ros.simulation.config import CameraConfig, EnvironmentConfig, SimulationConfig
from deepracer_ros.simulation.factory import make_environment

OVAL = find_track("oval")


def test_a_track_is_road_borders_and_centre_line():
    road, left, right, centre = track_markers([OVAL])
    assert (road.type, left.type) == (Marker.TRIANGLE_LIST, Marker.LINE_STRIP)
    assert {marker.ns for marker in (road, left, right, centre)} == {"oval"}
    assert [marker.id for marker in (road, left, right, centre)] == [0, 1, 2, 3]
    for marker, line in ((left, OVAL.left), (right, OVAL.right), (centre, OVAL.centre)):
        points = np.array([(point.x, point.y) for point in marker.points])
        np.testing.assert_allclose(points, np.vstack([line, line[:1]]))
    assert len(road.points) == 6 * len(OVAL.centre)


def test_an_object_is_a_cube_of_its_size_on_the_ground():
    """A quarter turn to the left: half of its angle is 45 degrees, sine and cosine 0.70711."""
    first, second = object_markers("oval", np.array([[1.0, 2.0, np.pi / 2.0], [3.0, 4.0, 0.0]]), BOX)
    assert (first.ns, first.id, first.type) == ("oval/objects", 0, Marker.CUBE)
    assert (second.ns, second.id) == ("oval/objects", 1)
    assert first.header.frame_id == "map"
    assert (first.pose.position.x, first.pose.position.y, first.pose.position.z) == (1.0, 2.0, 0.15)
    assert (first.pose.orientation.z, first.pose.orientation.w) == pytest.approx((0.70711, 0.70711), abs=1e-5)
    assert (second.pose.orientation.z, second.pose.orientation.w) == (0.0, 1.0)
    assert (first.scale.x, first.scale.y, first.scale.z) == (0.4, 0.5, 0.3)
    assert (first.color.r, first.color.g, first.color.b) == pytest.approx((176 / 255, 132 / 255, 84 / 255))
    assert first.color.a == 1.0


def test_a_parked_car_is_as_large_as_the_urdf_s():
    (marker,) = object_markers("oval", np.array([[1.0, 2.0, 0.0]]), shape_of("car"))
    vehicle = read_vehicle()
    size = (marker.scale.x, marker.scale.y, marker.scale.z)
    assert size == (vehicle.body_length, vehicle.body_width, vehicle.body_height)
    assert marker.pose.position.z == vehicle.body_height / 2.0


def listen(ros) -> list[MarkerArray]:
    """Listen from now on, as one who comes late."""
    return ros.listen(MarkerArray, "track/markers", LATCHED)


def markers_of(ros, heard: list[MarkerArray], count: int) -> list[Marker]:
    """Return the markers of the message with this number, counted from 1, and check that it is the last one."""
    ros.until(lambda: len(heard) >= count)
    assert len(heard) == count
    return heard[-1].markers


def places(markers: list[Marker]) -> dict[str, np.ndarray]:
    """Return the objects' x and y by namespace."""
    found: dict[str, list[tuple[float, float]]] = {}
    for marker in markers:
        if marker.type == Marker.CUBE:
            found.setdefault(marker.ns, []).append((marker.pose.position.x, marker.pose.position.y))
    return {name: np.array(rows) for name, rows in found.items()}


def test_who_listens_late_sees_tracks_and_the_objects_of_each(ros):
    """The first car of each track tells: here car 1 on the oval, car 0 on the hairpin; no car is on the third one."""
    tracks = [OVAL, find_track("hairpin"), find_track("esses")]
    objects = np.arange(18.0).reshape(3, 2, 3)
    environment = SimpleNamespace(
        tracks=tracks, car_track=np.array([1, 0, 1]), referee=SimpleNamespace(objects=objects, object_shape=BOX)
    )
    TrackMarkers(ros.node, environment)
    heard = listen(ros)
    markers = markers_of(ros, heard, 1)
    assert {marker.ns for marker in markers} == {"oval", "hairpin", "esses", "oval/objects", "hairpin/objects"}
    assert places(markers)["oval/objects"].tolist() == objects[1, :, :2].tolist()
    assert places(markers)["hairpin/objects"].tolist() == objects[0, :, :2].tolist()
    assert len({(marker.ns, marker.id) for marker in markers}) == len(markers)


def test_objects_that_are_drawn_anew_are_shown_anew(ros):
    obstacles = ObstaclesConfig(count=3, random=True)
    config = EnvironmentConfig(
        simulation=SimulationConfig(threads=1),
        camera=CameraConfig(16, 12),
        race=RaceConfig("object_avoidance", obstacles=obstacles),
    )
    environment = make_environment(config, ["oval"], 2, seed=1)
    output = TrackMarkers(ros.node, environment)
    heard = listen(ros)
    before = places(markers_of(ros, heard, 1))["oval/objects"]
    np.testing.assert_allclose(before, environment.objects[0, :, :2])
    outcome = environment.reset()
    output.publish(outcome, Time())
    after = places(markers_of(ros, heard, 2))["oval/objects"]
    np.testing.assert_allclose(after, environment.objects[0, :, :2])
    assert not np.allclose(before, after)
    # Another car's objects, and none at all, are no news.
    environment.restart(np.array([False, True]))
    output.publish(outcome, Time())
    output.publish(outcome, Time())
    environment.restart(np.array([True, False]))
    output.publish(outcome, Time())
    np.testing.assert_allclose(places(markers_of(ros, heard, 3))["oval/objects"], environment.objects[0, :, :2])
