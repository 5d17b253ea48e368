# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""The rules of an episode for one car and one step: scalar numba functions."""

from math import cos, hypot, sin

import numpy as np
from numpy.typing import NDArray

from deepracer_ros.race.collision import overlap, touches_object
from deepracer_ros.race.compilation import compiled
from deepracer_ros.race.episode import Car, Moving
from deepracer_ros.race.geometry import TrackTable, advance, interpolate, locate, project_point, wrap_angle
from deepracer_ros.race.rules import Rules
from deepracer_ros.race.status import Status

Floats = NDArray[np.float64]


@compiled
def judge_car(
    number: int, cars: NDArray[np.void], tracks: TrackTable, rules: Rules, objects: Floats, motions: Floats
) -> None:
    """Update one car's record from the motion of all cars after a step.

    Args:
        number: Index of the car.
        cars: (N,) records of all cars, of dtype `CAR`.
        tracks: The tracks of the referee.
        rules: The rules, and the dimensions of cars and objects.
        objects: (N, K, 3) poses x, y, m, and yaw, rad, of the objects on the road of each car.
        motions: (9, N) motion and commands of all cars; rows are `Moving`.
    """
    car: Car = cars[number]
    pose = (motions[Moving.X, number], motions[Moving.Y, number], motions[Moving.YAW, number])
    steering = motions[Moving.COMMANDED_STEERING, number]
    moved = hypot(pose[0] - car.x, pose[1] - car.y)
    before = car.station
    car.clock += rules.control_period
    car.speed = motions[Moving.SPEED, number]
    car.commanded_speed = motions[Moving.COMMANDED_SPEED, number]
    observe(car, tracks, rules, pose)
    if car.step < 0:
        begin(car, tracks)
        return
    track = car.track
    distance = advance(before, car.station, tracks.length[track], tracks.closed[track])
    car.step += 1
    if car.put_back:
        drive_on(car, rules, distance)
        return
    car.distance = distance
    car.travelled += distance
    car.steps_still = car.steps_still + 1 if moved < rules.immobilized_distance else 0
    car.steps_backwards = car.steps_backwards + 1 if distance < 0.0 else 0
    car.steering_change = steering - car.commanded_steering
    car.commanded_steering = steering
    count_lap(car, rules)
    car.status = decide(car, rules, has_crashed(number, rules, objects, motions))
    if car.resets < rules.resets and Status.OFF_TRACK <= car.status <= Status.REVERSED:
        car.resets += 1
        car.put_back = 1


@compiled
def has_crashed(number: int, rules: Rules, objects: Floats, motions: Floats) -> bool:
    """Return whether a car touches an object on its road or another car of its heat.

    Args:
        number: Index of the car.
        rules: The dimensions of cars and objects, and the number of cars per heat.
        objects: (N, K, 3) poses x, y, m, and yaw, rad, of the objects on the road of each car.
        motions: (9, N) motion and commands of all cars; rows are `Moving`.
    """
    size = (rules.body_length, rules.body_width)
    body = middle_of_body(rules, (motions[Moving.X, number], motions[Moving.Y, number], motions[Moving.YAW, number]))
    if touches_object(objects, number, (rules.object_length, rules.object_width), body, size):
        return True
    first = number - number % rules.cars_per_heat
    for other in range(first, min(first + rules.cars_per_heat, motions.shape[1])):
        if other != number:
            pose = (motions[Moving.X, other], motions[Moving.Y, other], motions[Moving.YAW, other])
            if overlap(body, size, middle_of_body(rules, pose), size):
                return True
    return False


@compiled
def observe(car: Car, tracks: TrackTable, rules: Rules, pose: tuple[float, float, float]) -> None:
    """Set the pose of a car's record, and from it the car's position on its track.

    Args:
        car: Record of the car; updated.
        tracks: The tracks of the referee.
        rules: The dimensions of the car.
        pose: x and y, m, and yaw, rad, of base_link.
    """
    x, y, yaw = pose
    track = car.track
    front_x, front_y = x + rules.front * cos(yaw), y + rules.front * sin(yaw)
    index, station, offset, heading, curvature, left, right = locate(tracks, track, front_x, front_y, car.waypoint)
    car.x, car.y, car.yaw = x, y, yaw
    car.front_x, car.front_y = front_x, front_y
    car.waypoint = index
    car.station = station
    car.offset = offset
    car.heading_error = wrap_angle(yaw - heading)
    car.curvature = curvature
    car.left, car.right = left, right
    car.wheels_on_track = count_wheels(tracks, rules, track, index, pose)


@compiled
def count_wheels(tracks: TrackTable, rules: Rules, track: int, index: int, pose: tuple[float, float, float]) -> int:
    """Return how many of a car's four wheels are on the road, border lines included.

    Args:
        tracks: The tracks of the referee.
        rules: The dimensions of the car.
        track: Index of the car's track.
        index: Index of the segment at the car's front, the hint of the search.
        pose: x and y, m, and yaw, rad, of base_link.
    """
    x, y, yaw = pose
    cosine, sine = cos(yaw), sin(yaw)
    on_road = 0
    for wheel in range(4):
        ahead = rules.axle if wheel < 2 else -rules.axle
        aside = rules.front_half_track if wheel < 2 else rules.rear_half_track
        if wheel % 2:
            aside = -aside
        wheel_x, wheel_y = x + ahead * cosine - aside * sine, y + ahead * sine + aside * cosine
        near, fraction, offset = project_point(tracks, track, wheel_x, wheel_y, index)
        row = tracks.first[track] + near
        left, right = interpolate(tracks.left, row, fraction), interpolate(tracks.right, row, fraction)
        on_road += -right <= offset <= left
    return on_road


@compiled
def middle_of_body(rules: Rules, pose: tuple[float, float, float]) -> tuple[float, float, float]:
    """Return x, y, m, and yaw, rad, of the middle of a car's body; `pose` is the pose of its base_link."""
    x, y, yaw = pose
    return x + rules.body_x * cos(yaw), y + rules.body_x * sin(yaw), yaw


@compiled
def begin(car: Car, tracks: TrackTable) -> None:
    """Begin an episode at the car's position; its lap is the whole loop, or the rest of an open track."""
    track = car.track
    car.goal = tracks.length[track] - (0.0 if tracks.closed[track] else car.station)
    car.step = 0
    car.lap = 0
    car.status = Status.PREPARE
    car.steps_still = 0
    car.steps_backwards = 0
    car.distance = 0.0
    car.travelled = 0.0
    car.progress = 0.0
    car.commanded_steering = 0.0
    car.steering_change = 0.0
    car.lap_began = 0.0
    car.lap_seconds = np.nan
    car.resets = 0
    car.put_back = 0
    car.penalty = 0.0


@compiled
def drive_on(car: Car, rules: Rules, distance: float) -> None:
    """Go on with an episode where the car was put back on the road, later by the penalty of its failure.

    Args:
        car: Record of the car, whose `status` is the failure; updated.
        rules: The penalties.
        distance: Distance along the centre line from the place of the failure, m, + forward.
    """
    penalty = rules.collision_penalty if car.status == Status.CRASHED else rules.off_track_penalty
    car.penalty += penalty
    car.clock += penalty
    car.put_back = 0
    car.status = Status.PAUSE
    car.steps_still = 0
    car.steps_backwards = 0
    car.distance = 0.0
    car.travelled += distance
    car.progress = 100.0 * (car.travelled / car.goal - car.lap)
    car.commanded_steering = 0.0
    car.steering_change = 0.0


@compiled
def count_lap(car: Car, rules: Rules) -> None:
    """Count a lap whose end was passed in this step, set its time, and update the progress.

    The time is interpolated within the step.
    """
    goal = car.goal
    past = car.travelled - goal * (car.lap + 1)
    if past >= -1e-9:
        # A car that is put back ahead of an object may be past the end before it drives on.
        part = past / car.distance if car.distance > past else 1.0
        passed = (car.step - part) * rules.control_period + car.penalty
        car.lap_seconds = passed - car.lap_began
        car.lap_began = passed
        car.lap += 1
        past -= goal
    finished = car.lap >= rules.laps
    car.progress = 100.0 if finished else 100.0 * (1.0 + past / goal)


@compiled
def decide(car: Car, rules: Rules, crashed: bool) -> int:
    """Return the `Status` of a car after a step; leaving the track and collisions take precedence over a finish."""
    seconds = car.step * rules.control_period
    if crashed:
        return Status.CRASHED
    if car.wheels_on_track == 0:
        return Status.OFF_TRACK
    if car.lap >= rules.laps:
        return Status.LAP_COMPLETE
    if car.steps_backwards >= rules.reversed_steps:
        return Status.REVERSED
    if car.steps_still >= rules.immobilized_steps:
        return Status.IMMOBILIZED
    if seconds * rules.slowest_speed >= rules.laps * car.goal:
        return Status.TIME_UP
    return Status.IN_PROGRESS
