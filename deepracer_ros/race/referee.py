# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""The referee: starts and judges the episodes of N cars on several tracks, independently of any simulator."""

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
from deepracer_ros.race.recovery import Recovery
from deepracer_ros.race.rules import Footprint, Rules, make_rules
from deepracer_ros.race.start import Starter, place_cars
from deepracer_ros.race.state import STATE_NAMES
from deepracer_ros.race.state_kernel import fill_state
from deepracer_ros.race.status import TERMINATES, TRUNCATES
from deepracer_ros.race.track import Track, flatten
from deepracer_ros.race.vehicle import read_vehicle

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Flags = NDArray[np.bool_]

PLACES = 1
"""Stream number of the random generator that places objects; it differs from the generator of the starts."""


class Motion(Protocol):
    """Motion of N cars as the referee needs it, for example `simulation.simulator.CarStates`."""

    @property
    def x(self) -> Floats:
        """World position of base_link along x (N,), m."""

    @property
    def y(self) -> Floats:
        """World position of base_link along y (N,), m."""

    @property
    def yaw(self) -> Floats:
        """Heading (N,), rad."""

    @property
    def speed(self) -> Floats:
        """Longitudinal speed (N,), m/s."""

    @property
    def lateral_speed(self) -> Floats:
        """Speed to the left (N,), m/s."""

    @property
    def yaw_rate(self) -> Floats:
        """Yaw rate, anticlockwise (N,), rad/s."""

    @property
    def steering(self) -> Floats:
        """Measured angle of the virtual middle front wheel (N,), rad, + left."""


class Reward(Protocol):
    """Computes the reward of a step; implemented by `WeightedTerms` and `SandboxedReward` in `rewards`."""

    names: tuple[str, ...]
    """Names of the R terms of the reward."""

    def __call__(self, episodes: EpisodeTable, tracks: Sequence[Track]) -> Floats:
        """Return the weighted terms (R, N) of N cars; the reward of a car is the sum of its terms.

        Args:
            episodes: State of the cars' episodes.
            tracks: The tracks that `episodes.track` refers to.
        """
        ...

    def close(self) -> None:
        """End what the reward has started."""
        ...


@dataclass(frozen=True, eq=False)
class Verdict:
    """Judgement of N cars after a step; arrays have the shape (N,) and are copies.

    Attributes:
        reward: Reward of the step; 0 at the start of an episode.
        terms: (R, N) weighted terms of the reward; their sum is `reward`.
        terminated: Whether the episode ended by a failure.
        truncated: Whether the episode ended without a failure: laps complete or time up.
        put_back: Whether the car has failed and is put back on the road before the next step.
        status: State of the episode, a `Status`.
        progress: Progress of the lap, %, at most 100.
        episode: Number of the car's episode, from 0.
        step: Number of the step in the episode, 0 at its start.
        lap: Laps completed in the episode.
        lap_seconds: Time of the last completed lap of the episode, s of simulation; NaN before the first.
        station: Arc length along the centre line at the car's front, m (Frenet s).
        offset: Distance of the car's front from the centre line, m, + left (Frenet d).
        heading_error: Heading of the car less the direction of the track, rad, in [-pi, pi).
        all_wheels_on_track: Whether all four wheels are on the road.
    """

    reward: Floats
    terms: Floats
    terminated: Flags
    truncated: Flags
    put_back: Flags
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
        """Whether the episode of each car is over (N,): terminated or truncated."""
        return self.terminated | self.truncated

    @property
    def misplaced(self) -> Flags:
        """Whether each car is placed anew before the next step (N,): its episode is over, or it is put back."""
        return self.terminated | self.truncated | self.put_back


class Referee:
    """Starts, judges and ends the episodes of N cars in lock-step.

    Attributes:
        tracks: The given tracks, then each of them reversed.
        car_track: (N,) index of each car's track among the given tracks.
        episodes: State of the cars' episodes; only the referee writes to it.
        objects: (N, K, 3) poses x, y, m, and yaw, rad, of the objects on each car's road. The array stays the same
            object; its contents change.
        object_shape: Size and colour of every object.
        state: (N, S) float32 observation `state`, in the order of `STATE_NAMES`.
        reward_names: Names of the terms of the reward.
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
        redraw: bool = True,
    ) -> None:
        """Assign the cars to their tracks and place the objects; `start` begins the first episodes.

        Args:
            tracks: The tracks.
            car_track: (N,) index of each car's track.
            config: The rules of an episode.
            reward: Computes the rewards; called once per step for all cars.
            seed: Seed of all random numbers.
            race: Race type, laps, objects, and number of consecutive cars in `car_track` that share a road; by default
                one lap of each car on an empty road of its own.
            footprint: Dimensions of the cars seen from above; by default of the package's car.
            control_period: Simulation time of a step, s.
            redraw: Whether objects at random positions are placed anew for every episode. Otherwise they are placed
                once per track.

        Raises:
            InputError: if `race` has more than one lap on an open track, its type does not exist, or its objects do
                not fit on a track.
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
        self._rules = make_rules(config, race, footprint, self.object_shape, control_period)
        self.reward = reward
        self.reward_names = reward.names
        self.state: NDArray[np.float32] = np.zeros((len(self.car_track), len(STATE_NAMES)), np.float32)
        self._starter = Starter(self.car_track, config.start, seed, race.cars)
        self._recovery = Recovery(config.recovery, len(self.car_track), self._table, footprint.front)
        self._random = np.random.default_rng((seed, PLACES))
        self._redraw = redraw and race.obstacles.random
        self.objects: Floats = np.stack([self._place(track) for track in tracks])[self.car_track]
        self._object_places = np.zeros((*self.objects.shape[:2], 2))
        self._motions = np.zeros((len(Moving), len(self.car_track)))
        self._cars = new_cars(len(self.car_track))
        self.episodes = as_table(self._cars, self.objects, self._object_places)

    @property
    def laps(self) -> int:
        """Number of laps of an episode."""
        return self._race.laps

    def close(self) -> None:
        """Close the reward."""
        self.reward.close()

    def _place(self, track: Track) -> Floats:
        """Return the (K, 3) poses of the objects on a track."""
        if self._type.place is None:
            return np.zeros((0, 3))
        return self._type.place(track, self._race.obstacles, self._random)

    def place(self, verdict: Verdict) -> Floats:
        """Place the cars that cannot drive on from where they are: start the ended ones, put the failed ones back.

        Args:
            verdict: The last judgement.

        Returns:
            (N, 3) poses x and y, m, and yaw, rad, of base_link; rows of the other cars are 0.
        """
        poses = self.start(verdict.ended)
        if verdict.put_back.any():
            cars = np.flatnonzero(verdict.put_back)
            self._place_cars(cars, self._recovery.places(self.episodes, cars), poses)
        return poses

    def start(self, mask: Flags) -> Floats:
        """Begin a new episode for the masked cars.

        Args:
            mask: (N,) True for the cars that start an episode.

        Returns:
            (N, 3) start poses x and y, m, and yaw, rad, of base_link; rows of the other cars are 0.
        """
        cars = np.flatnonzero(mask)
        episodes = self.episodes
        episodes.episode[cars] += 1
        episodes.step[cars] = -1
        self._recovery.begin(cars)
        if self._redraw:
            for car in cars:
                self.objects[car] = self._place(self.tracks[self.car_track[car]])
        backwards, draws = self._starter.draw(cars, episodes.episode[cars])
        track = self.car_track[cars] + backwards * (len(self.tracks) // 2)
        episodes.track[cars] = track
        draws[0] *= np.where(self._table.closed[track], self._table.length[track], 0.0)
        poses = np.zeros((len(mask), 3))
        self._place_cars(cars, draws, poses)
        return poses

    def _place_cars(self, cars: Integers, places: Floats, poses: Floats) -> None:
        """Set the poses of K cars, see `place_cars`."""
        episodes, shape = self.episodes, (self.object_shape.length, self.object_shape.width)
        positions = self._motions[[Moving.X, Moving.Y]].T.copy()
        place_cars(
            self._table, self.objects, shape, cars, episodes.track[cars], places, self._race.cars, positions, poses,
            episodes.waypoint, self._object_places,
        )  # fmt: skip

    def judge(self, states: Motion, steering: ArrayLike, speed: ArrayLike) -> Verdict:
        """Judge one control period of all cars; a car that was just started is only observed at its start.

        Every car that is `Verdict.misplaced` must be placed with `place` before the next call.

        Args:
            states: Poses and motion of the cars at the end of the period.
            steering: (N,) steering angles commanded for the period, rad, + left.
            speed: (N,) speeds commanded for the period, m/s.
        """
        episodes = self.episodes
        motions = self._motions
        motions[Moving.X], motions[Moving.Y], motions[Moving.YAW] = states.x, states.y, states.yaw
        motions[Moving.SPEED], motions[Moving.LATERAL_SPEED] = states.speed, states.lateral_speed
        motions[Moving.YAW_RATE], motions[Moving.STEERING] = states.yaw_rate, states.steering
        motions[Moving.COMMANDED_STEERING], motions[Moving.COMMANDED_SPEED] = steering, speed
        _judge_all(self._cars, self._table, self._rules, self.objects, self._object_places, motions, self.state)
        terms = np.where(episodes.rewarded, self.reward(episodes, self.tracks), 0.0)
        put_back = episodes.put_back == 1
        return Verdict(
            reward=terms.sum(axis=0),
            terms=terms,
            terminated=TERMINATES[episodes.status] & ~put_back,
            truncated=TRUNCATES[episodes.status],
            put_back=put_back,
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
