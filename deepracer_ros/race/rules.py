"""The numbers that the kernel of the referee reads: of the rules, the car and the objects on the road."""

from dataclasses import dataclass
from typing import NamedTuple

from deepracer_ros.race.config import RaceConfig, RefereeConfig
from deepracer_ros.race.obstacle import ObstacleShape
from deepracer_ros.race.vehicle import Vehicle

FRONT_OF_CAR = 0.14
"""Of the point whose progress counts ahead of base_link, m: the front of the car, as in DeepRacer's simulator."""


class Rules(NamedTuple):
    """The numbers that the kernel reads, of a `RefereeConfig`, a `Footprint` and an `ObstacleShape`: see there.

    The cars `cars_per_heat * k` to `cars_per_heat * k + cars_per_heat - 1` share a road and must not touch each other.
    """

    laps: int
    control_period: float
    slowest_speed: float
    immobilized_steps: int
    immobilized_distance: float
    reversed_steps: int
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
    """The car seen from above; base_link is on the ground, midway between the axles."""

    wheelbase: float
    """Between the axles, m."""
    front_track: float
    """Between the contact points of the front wheels, m."""
    rear_track: float
    """Between the contact points of the rear wheels, m."""
    body_x: float
    """Of the middle of the body ahead of base_link, m."""
    body_length: float
    """m."""
    body_width: float
    """m."""
    front: float = FRONT_OF_CAR
    """Of the point whose progress counts ahead of base_link, m."""

    @classmethod
    def of(cls, car: Vehicle) -> "Footprint":
        """Return that of a vehicle."""
        return cls(car.wheelbase, car.front_track, car.rear_track, car.body_x, car.body_length, car.body_width)


def make_rules(
    config: RefereeConfig, race: RaceConfig, car: Footprint, shape: ObstacleShape, control_period: float, heat: int
) -> Rules:
    """Return the numbers that the kernel reads.

    Args:
        config: The rules.
        race: What is raced.
        car: The cars.
        shape: Of the objects.
        control_period: Simulation time of a step, s.
        heat: `Rules.cars_per_heat`.
    """
    return Rules(
        laps=race.laps,
        control_period=control_period,
        slowest_speed=config.slowest_speed,
        immobilized_steps=config.immobilized_steps,
        immobilized_distance=config.immobilized_distance,
        reversed_steps=config.reversed_steps,
        front=car.front,
        axle=0.5 * car.wheelbase,
        front_half_track=0.5 * car.front_track,
        rear_half_track=0.5 * car.rear_track,
        body_x=car.body_x,
        body_length=car.body_length,
        body_width=car.body_width,
        object_length=shape.length,
        object_width=shape.width,
        cars_per_heat=heat,
    )
