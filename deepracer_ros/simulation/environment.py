"""The environment: any simulator and the referee, as one unbroken stream of observations per car."""

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
    """What came of a step; arrays are the simulator's and the referee's own buffers, valid until the next step.

    Attributes:
        observations: (N, *shape) of each sensor, by its name.
        states: Of all cars.
        verdict: On all cars.
    """

    observations: Observations
    states: CarStates
    verdict: Verdict

    @property
    def frames(self) -> NDArray[np.uint8]:
        """(N, H, W) or (N, H, W, 3): what the cameras see."""
        return self.observations[CAMERA]


class Environment:
    """N cars that drive one episode after another.

    Everything is observed once, in order, also at the last step of an episode: the action that answers an observation
    which ended an episode is ignored, and the next one is the first of a new episode, with reward 0 and status
    PREPARE (Gymnasium's NEXT_STEP autoreset).

    Attributes:
        simulator: Moves the cars and observes.
        referee: Starts, judges and ends the episodes.
        sensors: What is observed, by name.
        tracks: The tracks.
        cars: N.
    """

    def __init__(
        self, simulator: Simulator, referee: Referee, measured: Mapping[str, SensorSpec] | None = None
    ) -> None:
        """Join a simulator and a referee of the same cars on the same tracks; `reset` begins.

        Args:
            simulator: Its own sensors are all observed.
            referee: Judges.
            measured: Sensors that are measured besides, by name; by default none.
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
        self._ended = np.ones(self.cars, dtype=np.bool_)

    @property
    def car_track(self) -> NDArray[np.int64]:
        """(N,) the index of each car's track, whichever way it drives."""
        return self.referee.car_track

    @property
    def objects(self) -> Floats:
        """(N, K, 3) poses x, y, m, and yaw, rad, of what stands on each car's road now."""
        return self.referee.objects

    def reset(self) -> Outcome:
        """Begin a new episode of every car and return its first observations."""
        return self.restart(np.ones(self.cars, dtype=np.bool_))

    def restart(self, mask: NDArray[np.bool_]) -> Outcome:
        """Begin a new episode of the masked (N,) cars at once; no time passes, and the others stay where they are."""
        observations, states = self.simulator.reset(mask, self.referee.start(mask))
        nothing = np.zeros(self.cars)
        return self._judge(observations, states, nothing, nothing)

    def step(self, steering: Floats, speed: Floats) -> Outcome:
        """Drive all cars for one control period; those whose episode had ended begin a new one instead.

        Args:
            steering: (N,) commanded steering angle, rad, + left.
            speed: (N,) commanded speed, m/s.
        """
        observations, states = self.simulator.step(steering, speed)
        if self._ended.any():
            observations, states = self.simulator.reset(self._ended, self.referee.start(self._ended))
        return self._judge(observations, states, steering, speed)

    def close(self) -> None:
        """Close the simulator."""
        self.simulator.close()

    def _judge(self, observations: Observations, states: CarStates, steering: Floats, speed: Floats) -> Outcome:
        verdict = self.referee.judge(states, steering, speed)
        self._ended = verdict.ended
        measured = {name: measure(states, self.referee) for name, measure in self._measures.items()}
        return Outcome({**observations, **measured}, states, verdict)


__all__ = ["CAMERA", "STATE", "Environment", "Outcome"]
