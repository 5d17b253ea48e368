"""The referee: judges the episodes of N cars on several tracks; it knows no simulator."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from deepracer_ros.errors import InputError
from deepracer_ros.race.compilation import compiled
from deepracer_ros.race.config import RaceConfig, RefereeConfig
from deepracer_ros.race.control import CONTROL_PERIOD
from deepracer_ros.race.episode import EpisodeTable, Rules, as_table, judge_car, new_cars
from deepracer_ros.race.geometry import TrackTable
from deepracer_ros.race.obstacle import Obstacle, flatten_obstacles
from deepracer_ros.race.start import Starter, place_cars
from deepracer_ros.race.state import STATE_NAMES
from deepracer_ros.race.status import CUTS, FAILURES, Status
from deepracer_ros.race.track import Track, flatten

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Flags = NDArray[np.bool_]

TERMINATES = np.isin(np.array(Status), FAILURES)
TRUNCATES = np.isin(np.array(Status), CUTS)


class Motion(Protocol):
    """What the referee must know of N cars; `simulation.simulator.CarStates` is one. Arrays (N,)."""

    @property
    def x(self) -> Floats:
        """World position of base_link, m."""

    @property
    def y(self) -> Floats:
        """World position of base_link, m."""

    @property
    def yaw(self) -> Floats:
        """Heading, rad."""

    @property
    def speed(self) -> Floats:
        """Longitudinal speed, m/s."""


@dataclass(frozen=True)
class Footprint:
    """The car seen from above; base_link is on the ground, midway between the axles.

    By default the DeepRacer: the fields that `simulation.vehicle.Vehicle` has too are from its URDF.
    """

    wheelbase: float = 0.163974
    """Between the axles, m."""
    front_track: float = 0.1592
    """Between the contact points of the front wheels, m."""
    rear_track: float = 0.1621
    """Between the contact points of the rear wheels, m."""
    body_x: float = 0.0
    """Of the middle of the body ahead of base_link, m."""
    body_length: float = 0.32
    """m."""
    body_width: float = 0.1921
    """m."""
    front: float = 0.14
    """Of the point whose progress counts ahead of base_link, m: the front of the car, as in DeepRacer's simulator."""


DEEPRACER = Footprint()


class Reward(Protocol):
    """What the referee asks for the reward of a step; `rewards.reward` has two of them."""

    names: tuple[str, ...]
    """Of the R terms."""

    def __call__(self, episodes: EpisodeTable, tracks: Sequence[Track]) -> Floats:
        """Return the weighted terms (R, N) of N cars; a car's reward is their sum."""
        ...


@dataclass(frozen=True, eq=False)
class Verdict:
    """What the referee says about N cars after a step; arrays (N,) of the caller's own.

    Attributes:
        reward: Of the step; 0 at the start of an episode.
        terms: (R, N) the weighted terms that it is the sum of.
        terminated: The episode ended by a failure.
        truncated: The referee ended the episode of a car that could drive on: laps complete, time up.
        status: A `Status`.
        progress: Of the lap since the start of the episode, %, at most 100.
        episode: Number of the car's episode, from 0.
        step: Number of the step in the episode, 0 at its start.
        lap: Laps completed in the episode.
        lap_seconds: Time of the last lap completed in the episode, s of simulation; NaN if none was.
        station: Arc length at the car's front, m.
        offset: Of the car's front from the centre line, m, + left.
        heading_error: The car's heading less the track's, rad, in [-pi, pi).
        all_wheels_on_track: Whether all four wheels are on the road.
    """

    reward: Floats
    terms: Floats
    terminated: Flags
    truncated: Flags
    status: Integers
    progress: Floats
    episode: Integers
    step: Integers
    lap: Integers
    lap_seconds: Floats
    station: Floats
    offset: Floats
    heading_error: Floats
    all_wheels_on_track: Flags

    @property
    def ended(self) -> Flags:
        """Whether the episode is over."""
        return self.terminated | self.truncated


class Referee:
    """Judges N cars in lock-step.

    Attributes:
        tracks: The tracks as driven: those given, then each of them reversed.
        car_track: (N,) the index of each car's track among those given.
        episodes: Where every car stands; read-only for everybody else.
        state: (N, S) float32: the observation `state`, in the order of `STATE_NAMES`.
        reward_names: Of the terms of the reward.
    """

    def __init__(
        self,
        tracks: Sequence[Track],
        car_track: ArrayLike,
        config: RefereeConfig,
        reward: Reward,
        seed: int,
        race: RaceConfig | None = None,
        obstacles: Sequence[Obstacle] = (),
        footprint: Footprint = DEEPRACER,
        control_period: float = CONTROL_PERIOD,
    ) -> None:
        """Take the cars to their tracks; `start` begins their first episodes.

        Args:
            tracks: The tracks.
            car_track: (N,) the index of each car's track.
            config: The rules.
            reward: Called once per step for all cars.
            seed: Of all draws.
            race: What is raced; by default one lap alone.
            obstacles: Boxes on the road.
            footprint: The cars seen from above.
            control_period: Simulation time of a step, s.

        Raises:
            InputError: if more than one lap is asked for on an open track.
        """
        race = race or RaceConfig()
        for track in tracks:
            if race.laps > 1 and not track.closed:
                raise InputError(f"race.laps: found {race.laps}, expected 1: track {track.name} is open")
        self.tracks = [*tracks, *(track.reversed() for track in tracks)]
        self.car_track = np.asarray(car_track, dtype=np.int64)
        self._table = flatten(self.tracks)
        self._rules = _rules(config, race, footprint, control_period)
        self._reward = reward
        self.reward_names = reward.names
        self.state: NDArray[np.float32] = np.zeros((len(self.car_track), len(STATE_NAMES)), np.float32)
        self._starter = Starter(self.car_track, config.start, seed)
        reverse_side = [replace(obstacle, track=obstacle.track + len(tracks)) for obstacle in obstacles]
        self._obstacles = flatten_obstacles([*obstacles, *reverse_side])
        self._cars = new_cars(len(self.car_track))
        self.episodes = as_table(self._cars)

    def start(self, mask: Flags) -> Floats:
        """Begin a new episode for the masked cars.

        Args:
            mask: (N,) which cars.

        Returns:
            (N, 3) x and y, m, and yaw, rad, where each of them starts; the other rows are 0.
        """
        cars = np.flatnonzero(mask)
        episodes = self.episodes
        episodes.episode[cars] += 1
        episodes.step[cars] = -1
        backwards, fraction, lateral, heading = self._starter.draw(cars, episodes.episode[cars])
        track = self.car_track[cars] + backwards * (len(self.tracks) // 2)
        found = np.empty((len(cars), 3))
        waypoint = np.empty(len(cars), dtype=np.int64)
        place_cars(self._table, self._obstacles, track, fraction, lateral, heading, found, waypoint)
        episodes.track[cars], episodes.waypoint[cars] = track, waypoint
        poses = np.zeros((len(mask), 3))
        poses[cars] = found
        return poses

    def judge(self, states: Motion, steering: ArrayLike, speed: ArrayLike) -> Verdict:
        """Judge what one control period did; for a car that was just started, note where it stands.

        Every car whose episode ended must be started again before the next call.

        Args:
            states: Where the cars are now.
            steering: (N,) the commands that led here, rad, + left.
            speed: (N,) the commands that led here, m/s.
        """
        episodes = self.episodes
        episodes.speed[:] = states.speed
        episodes.commanded_speed[:] = speed
        motion = np.array([states.x, states.y, states.yaw, steering], dtype=np.float64)
        _judge_all(self._cars, self._table, self._rules, self._obstacles, motion)
        terms = np.where(episodes.step > 0, self._reward(episodes, self.tracks), 0.0)
        return Verdict(
            reward=terms.sum(axis=0),
            terms=terms,
            terminated=TERMINATES[episodes.status],
            truncated=TRUNCATES[episodes.status],
            status=episodes.status.copy(),
            progress=episodes.progress.copy(),
            episode=episodes.episode.copy(),
            step=episodes.step.copy(),
            lap=episodes.lap.copy(),
            lap_seconds=episodes.lap_seconds.copy(),
            station=episodes.station.copy(),
            offset=episodes.offset.copy(),
            heading_error=episodes.heading_error.copy(),
            all_wheels_on_track=episodes.wheels_on_track == 4,
        )


def _rules(config: RefereeConfig, race: RaceConfig, car: Footprint, control_period: float) -> Rules:
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
    )


@compiled
def _judge_all(cars: NDArray[np.void], tracks: TrackTable, rules: Rules, obstacles: Floats, motion: Floats) -> None:
    for i in range(len(cars)):
        pose = (motion[0, i], motion[1, i], motion[2, i])
        judge_car(cars[i], tracks, rules, obstacles, pose, motion[3, i])
