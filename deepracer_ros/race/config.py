# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""Configuration of a race: its type and objects, the rules of an episode, and the starts of the cars."""

from dataclasses import dataclass, replace
from typing import Literal

from deepracer_ros.config import Section, key, section


@dataclass(frozen=True)
class StartConfig(Section):
    """Start positions and driving directions of the episodes of a car."""

    spread: Literal["random", "round_robin", "even", "fixed"] = key(
        "random",
        "Distribution of the starts over the lap of a closed track. random: each start is drawn from the car's own "
        "part of the lap, which moves on with every episode. round_robin: every episode advances a fixed part of the "
        "lap, as in DeepRacer. even: car i of n always starts at i/n of the lap. "
        "fixed: all cars always start at the same place. On an open track every car starts at "
        "the start line.",
    )
    advance: float = key(0.05, "Part of the lap by which round_robin advances with every episode.", least=0, most=1)
    offset: float = key(0.0, "Part of the lap by which all starts are moved on.", least=0, most=1)
    direction: Literal["forward", "reverse", "alternate", "random"] = key(
        "forward",
        "Driving direction. alternate: it changes with every episode and from car to car; in head_to_head "
        "alternate and random change from heat to heat.",
    )
    lateral_noise: float = key(
        0.3, "Largest distance of a start from the centre line, as a part of the way to the border.", least=0, most=1
    )
    heading_noise: float = key(
        0.15, "Largest deviation of a start from the track's direction.", unit="rad", least=0, most=3.1416
    )


@dataclass(frozen=True)
class RecoveryConfig(Section):
    """What follows a failure: the end of the episode or, as in DeepRacer's evaluations, a penalty and a reset."""

    resets: int = key(
        0,
        "Number of times in an episode that a car which fails is put back on the road and drives on. 0: the first "
        "failure ends the episode.",
        least=0,
    )
    off_track_penalty: float = key(
        2.0, "Time added when a car leaves the track, stands still or drives backwards.", unit="s", least=0
    )
    collision_penalty: float = key(5.0, "Time added when a car crashes.", unit="s", least=0)
    distance: float = key(
        1.0, "Distance behind an object at which a car is put back after a crash; ahead of it if negative.", unit="m"
    )
    mercy: int = key(
        0, "Number of crashes in a row with the same object after which a car is put ahead of it. 0: never.", least=0
    )
    distance_ahead: float = key(1.0, "Distance ahead of the object then.", unit="m", least=0)

    def __post_init__(self) -> None:
        """Check that every key has an effect.

        Raises:
            ValueError: if a key is set whose own condition is 0.
        """
        super().__post_init__()
        conditions = dict.fromkeys(("off_track_penalty", "collision_penalty", "distance", "mercy"), "resets")
        for name, condition in (conditions | {"distance_ahead": "mercy"}).items():
            value = getattr(self, name)
            if not getattr(self, condition) and value != getattr(RecoveryConfig, name):
                raise ValueError(f"{name}: found {value:g}, which has no effect with {condition}: 0")


@dataclass(frozen=True)
class RefereeConfig(Section):
    """The rules of an episode."""

    slowest_speed: float = key(
        0.25,
        "Mean speed that sets the time limit of an episode: the length of its laps over this speed.",
        unit="m/s",
        above=0,
    )
    immobilized_steps: int = key(15, "A car that stands still for this many steps in a row is immobilized.", least=1)
    immobilized_distance: float = key(
        0.0003, "A car that moves less than this in a step stands still.", unit="m", least=0
    )
    reversed_steps: int = key(15, "A car whose progress falls for this many steps in a row is reversed.", least=1)
    start: StartConfig = section(StartConfig, "Start positions and driving directions of episodes.")
    recovery: RecoveryConfig = section(RecoveryConfig, "What follows a failure.")

    def for_evaluation(self) -> "RefereeConfig":
        """Return these rules with starts spread evenly from the offset, on the centre line and in its direction."""
        return replace(self, start=replace(self.start, spread="even", lateral_noise=0.0, heading_noise=0.0))


@dataclass(frozen=True)
class ObstaclesConfig(Section):
    """The objects on the road of a race."""

    count: int = key(0, "Number of objects on each track.", least=0, most=100)
    kind: Literal["box", "car"] = key("box", "box: DeepRacer's cardboard box. car: a parked car.")
    spacing: float = key(
        2.0, "Least distance between two randomly placed objects along the centre line.", unit="m", above=0,
    )  # fmt: skip
    progress: tuple[float, ...] = key(
        (), "Fixed positions along the lap, one per object. Empty: the objects are spread evenly, or placed at random.",
        unit="%", least=0, most=100,
    )  # fmt: skip
    lane: tuple[float, ...] = key(
        (), "Fixed positions across the road, one per object: -1 is the right border, 0 the centre line, 1 the left "
        "border. Empty: halfway to the left and the right border in turn, or to a random one of them.",
        least=-1, most=1,
    )  # fmt: skip
    random: bool = key(
        False,
        "Place the objects at random. The embedded simulator places them anew for every episode. Gazebo, whose cars "
        "share one world, places them once at its start.",
    )

    def __post_init__(self) -> None:
        """Check that the positions of the objects do not contradict each other.

        Raises:
            ValueError: if there is not one position per object, positions are both fixed and random, or a key has no
                effect.
        """
        super().__post_init__()
        if self.spacing != ObstaclesConfig.spacing and not self.random:
            raise ValueError(f"spacing: found {self.spacing:g} m, which has no effect without random: true")
        for name in ("progress", "lane"):
            places = getattr(self, name)
            if places and len(places) != self.count:
                raise ValueError(f"{name}: found {len(places)} places, expected one for each of {self.count} objects")
            if places and self.random:
                raise ValueError(f"{name}: found fixed places together with random: true, expected one of the two")


@dataclass(frozen=True)
class RaceConfig(Section):
    """The race: its type, its laps and the objects on the road."""

    type: str = key(
        "time_trial", "Race type by name. time_trial: an empty road. object_avoidance: objects stand on the road. "
        "head_to_head: several cars share a road.",
    )  # fmt: skip
    cars: int = key(1, "Cars of a heat, which see each other and must not touch; 2 or more in head_to_head.", least=1)
    laps: int = key(1, "Laps of an episode; must be 1 on an open track.", least=1)
    obstacles: ObstaclesConfig = section(ObstaclesConfig, "The objects on the road.")
