"""The referee: judges the episodes of N cars on several tracks; it knows no simulator."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from deepracer_ros.errors import InputError
from deepracer_ros.race.compilation import compiled
from deepracer_ros.race.config import RaceConfig, RefereeConfig
from deepracer_ros.race.control import CONTROL_PERIOD
from deepracer_ros.race.episode import EpisodeTable, Moving, as_table, new_cars
from deepracer_ros.race.geometry import TrackTable
from deepracer_ros.race.judging import judge_car
from deepracer_ros.race.obstacle import ObstacleShape, shape_of
from deepracer_ros.race.race import find_race
from deepracer_ros.race.rules import Footprint, Rules, make_rules
from deepracer_ros.race.start import Starter, place_cars
from deepracer_ros.race.state import STATE_NAMES
from deepracer_ros.race.state_kernel import fill_state
from deepracer_ros.race.status import CUTS, FAILURES, Status
from deepracer_ros.race.track import Track, flatten
from deepracer_ros.race.vehicle import read_vehicle

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Flags = NDArray[np.bool_]

PLACES = 1
"""Distinguishes the draws of the objects' places from those of the starts."""

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

    @property
    def lateral_speed(self) -> Floats:
        """Speed to the left, m/s."""

    @property
    def yaw_rate(self) -> Floats:
        """Anticlockwise, rad/s."""

    @property
    def steering(self) -> Floats:
        """Measured angle of the virtual middle front wheel, rad, + left."""


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
        objects: (N, K, 3) poses x, y, m, and yaw, rad, of what stands on each car's road now; always the same array.
        object_shape: Of all of them.
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
        footprint: Footprint | None = None,
        control_period: float = CONTROL_PERIOD,
        cars_per_heat: int = 1,
        redraw: bool = True,
    ) -> None:
        """Take the cars to their tracks; `start` begins their first episodes.

        Args:
            tracks: The tracks.
            car_track: (N,) the index of each car's track.
            config: The rules.
            reward: Called once per step for all cars.
            seed: Of all draws.
            race: What is raced; by default one lap alone.
            footprint: The cars seen from above; by default the package's car.
            control_period: Simulation time of a step, s.
            cars_per_heat: So many cars, one after another in `car_track`, share a road and must not touch each other.
            redraw: Whether objects with random places are placed anew for every episode. Otherwise, and for cars that
                share a road, they are placed once per track.

        Raises:
            InputError: if more than one lap is asked for on an open track, there is no such race type, or its objects
                do not fit on a track.
        """
        race = race or RaceConfig()
        self._race, self._type = race, find_race(race)
        for track in tracks:
            if race.laps > 1 and not track.closed:
                raise InputError(f"race.laps: found {race.laps}, expected 1: track {track.name} is open")
        self.tracks = [*tracks, *(track.reversed() for track in tracks)]
        self.car_track = np.asarray(car_track, dtype=np.int64)
        self._table = flatten(self.tracks)
        self.object_shape: ObstacleShape = shape_of(race.obstacles.kind)
        footprint = footprint or Footprint.of(read_vehicle())
        self._rules = make_rules(config, race, footprint, self.object_shape, control_period, cars_per_heat)
        self._reward = reward
        self.reward_names = reward.names
        self.state: NDArray[np.float32] = np.zeros((len(self.car_track), len(STATE_NAMES)), np.float32)
        self._starter = Starter(self.car_track, config.start, seed)
        self._random = np.random.default_rng((seed, PLACES))
        self._redraw = redraw and race.obstacles.random and cars_per_heat == 1
        self.objects: Floats = np.stack([self._place(track) for track in tracks])[self.car_track]
        self._object_places = np.zeros((*self.objects.shape[:2], 2))
        self._motions = np.zeros((len(Moving), len(self.car_track)))
        self._cars = new_cars(len(self.car_track))
        self.episodes = as_table(self._cars, self.objects, self._object_places)

    def _place(self, track: Track) -> Floats:
        """Return the (K, 3) poses of the objects on a track."""
        if self._type.place is None:
            return np.zeros((0, 3))
        return self._type.place(track, self._race.obstacles, self._random)

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
        if self._redraw:
            for car in cars:
                self.objects[car] = self._place(self.tracks[self.car_track[car]])
        backwards, draws = self._starter.draw(cars, episodes.episode[cars])
        track = self.car_track[cars] + backwards * (len(self.tracks) // 2)
        episodes.track[cars] = track
        poses = np.zeros((len(mask), 3))
        shape = (self.object_shape.length, self.object_shape.width)
        place_cars(self._table, self.objects, shape, cars, track, draws, poses, episodes.waypoint, self._object_places)
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
        motions = self._motions
        motions[Moving.X], motions[Moving.Y], motions[Moving.YAW] = states.x, states.y, states.yaw
        motions[Moving.SPEED], motions[Moving.LATERAL_SPEED] = states.speed, states.lateral_speed
        motions[Moving.YAW_RATE], motions[Moving.STEERING] = states.yaw_rate, states.steering
        motions[Moving.COMMANDED_STEERING], motions[Moving.COMMANDED_SPEED] = steering, speed
        _judge_all(self._cars, self._table, self._rules, self.objects, self._object_places, motions, self.state)
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


@compiled
def _judge_all(
    cars: NDArray[np.void],
    tracks: TrackTable,
    rules: Rules,
    objects: Floats,
    object_places: Floats,
    motions: Floats,
    state: NDArray[np.float32],
) -> None:
    for i in range(len(cars)):
        judge_car(i, cars, tracks, rules, objects, motions)
        fill_state(state, i, cars[i], tracks, object_places, motions)
