# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""The environment: a simulator and the referee joined to one continuous stream of observations per car."""

from collections.abc import Callable, Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from deepracer_ros.race.referee import Referee, Verdict
from deepracer_ros.race.track import Track
from deepracer_ros.simulation.sensors import CAMERA, SENSORS, STATE, Array, Observations, SensorSpec
from deepracer_ros.simulation.simulator import CarStates, Simulator

Floats = NDArray[np.float64]


class Outcome(NamedTuple):
    """The result of a step for N cars; observations and states are buffers that the next step overwrites.

    Attributes:
        observations: Observations (N, *shape) of each sensor by its name.
        states: Poses and motion of all cars.
        verdict: The referee's judgement of all cars.
    """

    observations: Observations
    states: CarStates
    verdict: Verdict

    @property
    def frames(self) -> NDArray[np.uint8]:
        """Camera frames of all cars, or stacks of frames: (N, H, W) grey or (N, H, W, 3) RGB, uint8."""
        return self.observations[CAMERA]


class Environment:
    """N cars that drive one episode after another.

    Every observation is returned once and in order, also the last observation of an episode. The action that answers
    it is ignored, and the next observation is the first of a new episode, with reward 0 and status PREPARE
    (Gymnasium's NEXT_STEP autoreset).

    Attributes:
        simulator: Simulates the cars and their own sensors.
        referee: Starts, judges and ends the episodes.
        sensors: Specification of each observed sensor by its name.
        tracks: The tracks in their given direction.
        cars: Number of cars, N.
    """

    def __init__(
        self, simulator: Simulator, referee: Referee, measured: Mapping[str, SensorSpec] | None = None
    ) -> None:
        """Join a simulator and a referee of the same cars on the same tracks; `reset` begins the first episodes.

        Args:
            simulator: Simulates the cars; all of its sensors are observed.
            referee: Judges the cars.
            measured: Specification of further sensors, measured from states and referee, by name; by default none.
        """
        self.simulator = simulator
        self.referee = referee
        self.sensors: dict[str, SensorSpec] = {**simulator.sensors, **(measured or {})}
        self.tracks: tuple[Track, ...] = tuple(referee.tracks[: len(referee.tracks) // 2])
        self.cars = simulator.cars
        self._measures: dict[str, Callable[[CarStates, Referee], Array]] = {}
        for name in measured or {}:
            measure = SENSORS[name].measure
            if measure is not None:
                self._measures[name] = measure
        self._last: Verdict | None = None

    @property
    def car_track(self) -> NDArray[np.int64]:
        """Index of each car's track (N,), the same for both driving directions."""
        return self.referee.car_track

    @property
    def laps(self) -> int:
        """Number of laps of an episode."""
        return self.referee.laps

    @property
    def objects(self) -> Floats:
        """Poses (N, K, 3), x, y, m, and yaw, rad, of the objects on each car's road now."""
        return self.referee.objects

    def reset(self) -> Outcome:
        """Begin a new episode of every car and return the first observations."""
        return self.restart(np.ones(self.cars, dtype=np.bool_))

    def restart(self, mask: NDArray[np.bool_]) -> Outcome:
        """Begin a new episode of the masked cars at once; no time passes, and the other cars do not move.

        Args:
            mask: (N,) True for the cars that begin a new episode.
        """
        observations, states = self.simulator.reset(mask, self.referee.start(mask))
        nothing = np.zeros(self.cars)
        return self._judge(observations, states, nothing, nothing)

    def step(self, steering: Floats, speed: Floats) -> Outcome:
        """Drive all cars for one control period; cars whose episode had ended begin a new episode instead.

        Cars that had failed and have a reset left, see `RecoveryConfig`, are put back on the road instead.

        Args:
            steering: (N,) commanded steering angle, rad, + left.
            speed: (N,) commanded speed, m/s.
        """
        if self._last is None:
            return self.reset()
        observations, states = self.simulator.step(steering, speed)
        misplaced = self._last.misplaced
        if misplaced.any():
            observations, states = self.simulator.reset(misplaced, self.referee.place(self._last))
        return self._judge(observations, states, steering, speed)

    def close(self) -> None:
        """Close the simulator, and end the process of a user's reward function."""
        self.simulator.close()
        self.referee.close()

    def _judge(self, observations: Observations, states: CarStates, steering: Floats, speed: Floats) -> Outcome:
        verdict = self._last = self.referee.judge(states, steering, speed)
        measured = {name: measure(states, self.referee) for name, measure in self._measures.items()}
        return Outcome({**observations, **measured}, states, verdict)


__all__ = ["CAMERA", "STATE", "Environment", "Outcome"]
