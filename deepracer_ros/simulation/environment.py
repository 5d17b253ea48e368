"""The environment: any simulator and the referee, as one unbroken stream of frames per car."""

import numpy as np
from numpy.typing import NDArray

from deepracer_ros.race.referee import Referee, Verdict
from deepracer_ros.race.track import Track
from deepracer_ros.simulation.simulator import CarStates, Simulator

Floats = NDArray[np.float64]
Observation = tuple[NDArray[np.uint8], CarStates, Verdict]
"""Frames (N, *frame_shape) and states of all cars, in the simulator's own buffers, and the verdict on them."""


class Environment:
    """N cars that drive one episode after another.

    Every frame is seen once, in order, also the last one of an episode: the action that answers a
    frame which ended an episode is ignored, and the next frame is the first of a new episode, with
    reward 0 and status PREPARE (Gymnasium's NEXT_STEP autoreset).

    Attributes:
        simulator: Moves the cars and draws the frames.
        referee: Starts, judges and ends the episodes.
        tracks: The tracks.
        cars: N.
    """

    def __init__(self, simulator: Simulator, referee: Referee) -> None:
        """Join a simulator and a referee of the same cars on the same tracks; `reset` begins."""
        self.simulator = simulator
        self.referee = referee
        self.tracks: tuple[Track, ...] = tuple(referee.tracks[: len(referee.tracks) // 2])
        self.cars = simulator.cars
        self._ended = np.ones(self.cars, dtype=np.bool_)

    @property
    def car_track(self) -> NDArray[np.int64]:
        """(N,) the index of each car's track, whichever way it drives."""
        return self.referee.car_track

    def reset(self) -> Observation:
        """Begin a new episode of every car and return its first frame."""
        everyone = np.ones(self.cars, dtype=np.bool_)
        frames, states = self.simulator.reset(everyone, self.referee.start(everyone))
        nothing = np.zeros(self.cars)
        return self._judge(frames, states, nothing, nothing)

    def step(self, steering: Floats, speed: Floats) -> Observation:
        """Drive all cars for one control period; those whose episode had ended begin a new one instead.

        Args:
            steering: (N,) commanded steering angle, rad, + left.
            speed: (N,) commanded speed, m/s.
        """
        frames, states = self.simulator.step(steering, speed)
        if self._ended.any():
            frames, states = self.simulator.reset(self._ended, self.referee.start(self._ended))
        return self._judge(frames, states, steering, speed)

    def close(self) -> None:
        """Close the simulator."""
        self.simulator.close()

    def _judge(self, frames: NDArray[np.uint8], states: CarStates, steering: Floats, speed: Floats) -> Observation:
        verdict = self.referee.judge(states, steering, speed)
        self._ended = verdict.ended
        return frames, states, verdict
