# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""The numbers that the referee's kernel reads: the rules, and the dimensions of cars and objects."""

from dataclasses import dataclass
from typing import NamedTuple

from deepracer_ros.race.config import RaceConfig, RefereeConfig
from deepracer_ros.race.obstacle import ObstacleShape
from deepracer_ros.race.vehicle import Vehicle

FRONT_OF_CAR = 0.14
"""Distance from base_link to the front of the car, m; progress is measured there, as in DeepRacer's simulator."""


class Rules(NamedTuple):
    """The numbers that the referee's kernel reads.

    Attributes:
        laps: Laps of an episode.
        control_period: Simulation time of a step, s.
        slowest_speed: Mean speed that sets the time limit of an episode, m/s.
        immobilized_steps: Number of steps in a row at rest after which a car is immobilized.
        immobilized_distance: Distance below which a car's movement in a step counts as rest, m.
        reversed_steps: Number of steps in a row with falling progress after which a car is reversed.
        resets: Number of times in an episode that a car which fails is put back on the road.
        off_track_penalty: Time added when a car leaves the track, stands still or drives backwards, s.
        collision_penalty: Time added when a car crashes, s.
        front: Distance from base_link forward to the point whose progress counts, m.
        axle: Distance from base_link to either axle, m.
        front_half_track: Distance of a front wheel's contact point from the car's middle line, m.
        rear_half_track: Distance of a rear wheel's contact point from the car's middle line, m.
        body_x: Distance from base_link forward to the middle of the body, m.
        body_length: Length of the body, m.
        body_width: Width of the body, m.
        object_length: Length of an object on the road, m.
        object_width: Width of an object on the road, m.
        cars_per_heat: Number of consecutive cars that share a road and must not touch each other: heat k has the cars
            `cars_per_heat * k` to `cars_per_heat * k + cars_per_heat - 1`.
    """

    laps: int
    control_period: float
    slowest_speed: float
    immobilized_steps: int
    immobilized_distance: float
    reversed_steps: int
    resets: int
    off_track_penalty: float
    collision_penalty: float
    front: float
    axle: float
    front_half_track: float
    rear_half_track: float
    body_x: float
    body_length: float
    body_width: float
    object_length: float
    object_width: float
    cars_per_heat: int


@dataclass(frozen=True)
class Footprint:
    """Dimensions of the car seen from above; base_link is on the ground, midway between the axles."""

    wheelbase: float
    """Distance between the axles, m."""
    front_track: float
    """Distance between the contact points of the front wheels, m."""
    rear_track: float
    """Distance between the contact points of the rear wheels, m."""
    body_x: float
    """Distance from base_link forward to the middle of the body, m."""
    body_length: float
    """Length of the body, m."""
    body_width: float
    """Width of the body, m."""
    front: float = FRONT_OF_CAR
    """Distance from base_link forward to the point whose progress counts, m."""

    @classmethod
    def of(cls, car: Vehicle) -> "Footprint":
        """Return the footprint of a vehicle."""
        return cls(car.wheelbase, car.front_track, car.rear_track, car.body_x, car.body_length, car.body_width)


def make_rules(
    config: RefereeConfig, race: RaceConfig, car: Footprint, shape: ObstacleShape, control_period: float
) -> Rules:
    """Return the numbers that the referee's kernel reads.

    Args:
        config: The rules of an episode.
        race: The race, for its number of laps and of cars in a heat.
        car: Dimensions of the cars.
        shape: Size of the objects on the road.
        control_period: Simulation time of a step, s.
    """
    return Rules(
        laps=race.laps,
        control_period=control_period,
        slowest_speed=config.slowest_speed,
        immobilized_steps=config.immobilized_steps,
        immobilized_distance=config.immobilized_distance,
        reversed_steps=config.reversed_steps,
        resets=config.recovery.resets,
        off_track_penalty=config.recovery.off_track_penalty,
        collision_penalty=config.recovery.collision_penalty,
        front=car.front,
        axle=0.5 * car.wheelbase,
        front_half_track=0.5 * car.front_track,
        rear_half_track=0.5 * car.rear_track,
        body_x=car.body_x,
        body_length=car.body_length,
        body_width=car.body_width,
        object_length=shape.length,
        object_width=shape.width,
        cars_per_heat=race.cars,
    )
