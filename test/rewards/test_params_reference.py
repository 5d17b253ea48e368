# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""The params of random poses on every shipped track, both ways, against a slow reference by shapely."""

import math
from bisect import bisect_right

import numpy as np
import pytest
from shapely.geometry import LineString, Point, Polygon

from deepracer_ros.race.catalogue import find_track, shipped_names
from deepracer_ros.race.config import ObstaclesConfig, RaceConfig, RefereeConfig, StartConfig
from deepracer_ros.race.referee import Referee
from deepracer_ros.race.rules import FRONT_OF_CAR
from deepracer_ros.race.vehicle import read_vehicle
from deepracer_ros.rewards.function import RewardFunction
from deepracer_ros.simulation.simulator import CarStates

POSES = 200
NEAR = 1e-6
BORDER = 0.02
"""Wheels closer to a border than this are not judged: road borders between waypoints are modelled in two ways, m."""
KEEP = "SEEN = []\ndef reward_function(params):\n    SEEN.append(params)\n    return 0.0\n"


def driven(path, track, direction, seed):
    """Drive random poses along a track; return the poses and their params."""
    path.write_text(KEEP)
    start = StartConfig("even", direction=direction, lateral_noise=0.0, heading_noise=0.0)
    race = RaceConfig("object_avoidance", obstacles=ObstaclesConfig(3))
    reward = RewardFunction(path)
    judge = Referee([track], [0], RefereeConfig(start=start), reward, seed, race=race)
    road = track if direction == "forward" else track.reversed()
    random, poses = np.random.default_rng(seed), []
    half = 0.5 * min(np.hypot(*(track.left - track.right).T))
    along = judge.start(np.ones(1, bool))
    for step in range(POSES):
        pose = along[0] if step == 0 else next(poses_along(road, random, half, step * road.length / POSES))
        judge.judge(states(pose), np.array([random.uniform(-0.5, 0.5)]), np.array([random.uniform(0.0, 4.0)]))
        poses.append((pose, judge.episodes.commanded_steering[0], judge.episodes.commanded_speed[0]))
        judge._cars["status"] = 1  # whatever happened, the drive goes on
    return road, judge, poses[1:], reward._functions[0].__globals__["SEEN"]


def poses_along(road, random, half, station):
    """Yield a pose near a station."""
    x, y, yaw = road.pose_at(np.array([station]), np.array([random.uniform(-1.1 * half, 1.1 * half)]))[0]
    yield np.array([x, y, yaw + random.uniform(-1.0, 1.0)])


def states(pose):
    x, y, yaw = (np.array([value]) for value in pose)
    return CarStates(x, y, yaw, 0 * x, 0 * x, 0 * x, 0 * x)


def ring(points, closed):
    return [*points, points[0]] if closed else list(points)


@pytest.mark.parametrize("direction", ["forward", "reverse"])
@pytest.mark.parametrize("name", shipped_names())
def test_params_are_those_of_the_reference(tmp_path, name, direction):
    track = find_track(name)
    road, judge, poses, seen = driven(tmp_path / "reward.py", track, direction, 7)
    line = LineString(ring(road.centre, road.closed))
    lengths = [line.project(Point(point)) for point in road.centre] + [line.length] * road.closed
    left, right = ring(road.left, road.closed), ring(road.right, road.closed)
    surface = Polygon(left, [right]) if Polygon(left).area > Polygon(right).area else Polygon(right, [left])
    surface = surface if road.closed else Polygon([*left, *reversed(right)])
    contacts, judged = wheel_contacts(), 0
    assert len(seen) == len(poses)
    for (pose, steering, speed), params in zip(poses, seen, strict=True):
        x, y, yaw = pose
        front = Point(x + FRONT_OF_CAR * math.cos(yaw), y + FRONT_OF_CAR * math.sin(yaw))
        station = line.project(front)
        assert (params["x"], params["y"]) == pytest.approx((front.x, front.y), abs=NEAR)
        assert math.remainder(math.radians(params["heading"]) - yaw, math.tau) == pytest.approx(0.0, abs=NEAR)
        assert params["distance_from_center"] == pytest.approx(line.distance(front), abs=NEAR)
        assert math.remainder(params["projection_distance"] - station, road.length) == pytest.approx(0.0, abs=NEAR)
        assert params["track_length"] == pytest.approx(line.length, abs=NEAR)
        assert params["steering_angle"] == pytest.approx(math.degrees(steering), abs=NEAR)
        assert params["speed"] == pytest.approx(speed, abs=NEAR)
        before = bisect_right(lengths, params["projection_distance"] + 1e-12) - 1
        assert params["closest_waypoints"] in ([before, before + 1], [before - 1, before])
        assert params["is_reversed"] is (direction == "reverse")
        check_objects(params, road, line, judge.objects[0], station)
        wheels = [turned(pose, wheel) for wheel in contacts]
        # An open road goes on beyond its ends, and the polygon does not.
        between = road.closed or 0.5 < station < road.length - 0.5
        if between and min(surface.boundary.distance(Point(wheel)) for wheel in wheels) > BORDER:
            inside = [surface.contains(Point(wheel)) for wheel in wheels]
            assert params["all_wheels_on_track"] is all(inside)
            assert params["is_offtrack"] is not any(inside)
            judged += 1
    assert judged > POSES // 3


def wheel_contacts():
    """Return where the wheels touch the ground, from base_link, which is midway between the axles."""
    car = read_vehicle()
    ends = ((0.5 * car.wheelbase, car.front_track), (-0.5 * car.wheelbase, car.rear_track))
    return [(x, side * 0.5 * width) for x, width in ends for side in (1, -1)]


def turned(pose, point):
    x, y, yaw = pose
    return (
        x + math.cos(yaw) * point[0] - math.sin(yaw) * point[1],
        y + math.sin(yaw) * point[0] + math.cos(yaw) * point[1],
    )


def check_objects(params, road, line, objects, station):
    """Check what is said of the objects."""
    places = [line.project(Point(x, y)) for x, y, _ in objects]
    assert np.array(params["objects_location"]) == pytest.approx(objects[:, :2], abs=NEAR)
    assert params["objects_distance"] == pytest.approx(places, abs=NEAR)
    assert params["objects_distance_from_center"] == pytest.approx(
        [line.distance(Point(x, y)) for x, y, _ in objects], abs=NEAR
    )
    if road.closed:
        ahead = [(place - station) % road.length for place in places]
        assert params["closest_objects"] == [ahead.index(max(ahead)), ahead.index(min(ahead))]
