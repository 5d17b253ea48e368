"""What can be configured about a race: its type, its objects, the rules of an episode, where cars start."""

from dataclasses import dataclass, replace
from typing import Literal

from deepracer_ros.config import Section, key, section


@dataclass(frozen=True)
class StartConfig(Section):
    """Where and which way the episodes of a car start."""

    spread: Literal["random", "round_robin", "even"] = key(
        "random",
        "Starts over the lap of a closed track. random: each start is drawn from the car's own stretch, and the next "
        "episode moves on to another. round_robin: every episode advances a fixed part of the lap, as DeepRacer does. "
        "even: car i of n starts at i/n of the lap, always. On an open track every car starts at the start line.",
    )
    advance: float = key(0.05, "Part of the lap by which round_robin advances per episode.", least=0, most=1)
    direction: Literal["forward", "reverse", "alternate", "random"] = key(
        "forward", "Driving direction. alternate: changes with every episode, and from car to car."
    )
    lateral_noise: float = key(
        0.3, "Largest distance of a start from the centre line, as a part of the way to the border.", least=0, most=1
    )
    heading_noise: float = key(
        0.15, "Largest deviation of a start from the track's direction.", unit="rad", least=0, most=3.1416
    )


@dataclass(frozen=True)
class RefereeConfig(Section):
    """The rules of an episode."""

    slowest_speed: float = key(
        0.25, "An episode that takes longer than its laps at this mean speed is out of time.", unit="m/s", above=0
    )
    immobilized_steps: int = key(15, "A car that stands still for so many steps in a row is immobilized.", least=1)
    immobilized_distance: float = key(
        0.0003, "A car that moves less than this in a step stands still.", unit="m", least=0
    )
    reversed_steps: int = key(15, "A car whose progress falls for so many steps in a row is reversed.", least=1)
    start: StartConfig = section(StartConfig, "Where and which way episodes start.")

    def for_evaluation(self) -> "RefereeConfig":
        """Return these rules with starts spread evenly over the track, straight on the centre line."""
        return replace(self, start=replace(self.start, spread="even", lateral_noise=0.0, heading_noise=0.0))


@dataclass(frozen=True)
class ObstaclesConfig(Section):
    """The objects on the road of a race."""

    count: int = key(0, "Objects on each track.", least=0, most=100)
    kind: Literal["box", "car"] = key("box", "box: DeepRacer's cardboard box. car: a parked car.")
    spacing: float = key(
        2.0, "Least distance between two objects along the centre line, where they are drawn at random.", unit="m",
        above=0,
    )  # fmt: skip
    progress: tuple[float, ...] = key(
        (), "Fixed places along the lap, one per object. Empty: spread evenly, or drawn at random.", unit="%", least=0,
        most=100,
    )  # fmt: skip
    lane: tuple[float, ...] = key(
        (), "Fixed places across the road, one per object: -1 the right border, 0 the centre line, 1 the left border. "
        "Empty: halfway to the left and the right border in turn, or to one of them at random.", least=-1, most=1,
    )  # fmt: skip
    random: bool = key(
        False,
        "Draw the places at random: in the embedded simulator anew for every episode; in Gazebo, whose cars share "
        "their world, once when it starts.",
    )

    def __post_init__(self) -> None:
        """Refuse places that contradict each other.

        Raises:
            ValueError: if there is not one place per object, places are both fixed and random, or a key has no effect.
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
    """What is raced."""

    type: str = key(
        "time_trial", "Race type by name. time_trial: alone on the road. object_avoidance: among objects that stand."
    )
    laps: int = key(1, "Laps of an episode; an open track has one, from start to finish.", least=1)
    obstacles: ObstaclesConfig = section(ObstaclesConfig, "The objects on the road.")
