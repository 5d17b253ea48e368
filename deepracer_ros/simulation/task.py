# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""Keyword arguments, spaces and actions shared by the single and the vectorised Gymnasium environment."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
from gymnasium import spaces
from numpy.typing import NDArray

from deepracer_ros.race.actions import ActionSpaceConfig, DiscreteActions, make_action_coder
from deepracer_ros.race.catalogue import find_tracks
from deepracer_ros.race.config import RaceConfig, RefereeConfig
from deepracer_ros.rewards.reward import find_reward
from deepracer_ros.simulation.config import (
    DEFAULT_REWARD,
    CameraConfig,
    EnvironmentConfig,
    RandomisationConfig,
    SimulationConfig,
)
from deepracer_ros.simulation.environment import Environment, Outcome
from deepracer_ros.simulation.factory import make_environment
from deepracer_ros.simulation.sensors import CAMERA, sensor_specs

Frames = NDArray[np.uint8]


@dataclass(frozen=True)
class TaskConfig:
    """The keyword arguments of `gymnasium.make` and `gymnasium.make_vec`.

    Attributes:
        track: Name of a track or path of a route file, or several of them, which are assigned to the cars in turn.
        width: Width of the camera's image, pixels.
        height: Height of the camera's image, pixels.
        colour: Colour of the camera's image: `grey` or `rgb`.
        sensors: Names of the observed sensors. For one sensor the observation space is a box, for several a
            dictionary of boxes by name.
        reward: Weights of reward terms by name, or path of a Python file with a DeepRacer `reward_function(params)`.
        actions: Configuration of the action space; a continuous one is a box of steering and speed, each in [-1, 1].
            Or a list of pairs of steering angle (rad, + left) and speed (m/s), for a discrete action space.
        simulator: Name of the simulator: `embedded` or `gazebo`.
        threads: Number of threads of the embedded simulator; by default one per core.
        race: The race: its type, laps and objects.
        referee: The rules of an episode.
        randomisation: Random differences between cars and episodes.
    """

    track: str | Sequence[str] = "technical"
    width: int = 160
    height: int = 120
    colour: Literal["grey", "rgb"] = "grey"
    sensors: tuple[str, ...] = (CAMERA,)
    reward: str | Mapping[str, float] = field(default_factory=lambda: dict(DEFAULT_REWARD))
    actions: ActionSpaceConfig | Sequence[tuple[float, float]] = field(default_factory=ActionSpaceConfig)
    simulator: str = "embedded"
    threads: int | None = None
    race: RaceConfig = field(default_factory=RaceConfig)
    referee: RefereeConfig = field(default_factory=RefereeConfig)
    randomisation: RandomisationConfig = field(default_factory=RandomisationConfig)


class Task:
    """Spaces, action conversion and environments for the single and the vectorised Gymnasium environment.

    Attributes:
        image_shape: Shape (H, W, C) of a camera image.
        observation_space: Observation space of one car.
        action_space: Action space of one car.
    """

    def __init__(self, config: TaskConfig, cars: int) -> None:
        """Find tracks, sensors and reward, and set the spaces.

        Args:
            config: The keyword arguments.
            cars: Number of cars.

        Raises:
            InputError: if a track, a sensor or the reward does not exist.
            ValueError: if two keyword arguments contradict each other.
        """
        self._cars, self._threads = cars, config.threads or len(os.sched_getaffinity(0))
        self._config = EnvironmentConfig(
            race=config.race,
            referee=config.referee,
            reward=config.reward,
            sensors=config.sensors if CAMERA in config.sensors else (CAMERA, *config.sensors),
            simulation=SimulationConfig(simulator=config.simulator),
            camera=CameraConfig(config.width, config.height, config.colour),
            randomisation=config.randomisation,
        )
        self._tracks = [config.track] if isinstance(config.track, str) else list(config.track)
        find_tracks(self._tracks)
        find_reward(config.reward).close()
        self._observed = config.sensors
        self.image_shape = (config.height, config.width, self._config.camera.channels)
        boxes: dict[str, spaces.Space[Any]] = {name: self._box(name) for name in config.sensors}
        self.observation_space: spaces.Space[Any] = spaces.Dict(boxes) if len(boxes) > 1 else next(iter(boxes.values()))
        self._coder = (
            make_action_coder(config.actions)
            if isinstance(config.actions, ActionSpaceConfig)
            else DiscreteActions(*np.array(config.actions, dtype=np.float64).reshape(-1, 2).T)
        )
        self.action_space: spaces.Space[Any] = (
            spaces.Discrete(len(self._coder))
            if isinstance(self._coder, DiscreteActions)
            else spaces.Box(-1.0, 1.0, (2,), np.float32)
        )

    def _box(self, name: str) -> spaces.Box:
        if name == CAMERA:
            return spaces.Box(0, 255, self.image_shape, np.uint8)
        spec = sensor_specs(self._config, (name,))[name]
        return spaces.Box(-np.inf, np.inf, spec.shape, np.dtype(spec.dtype).type)

    def begin(self, seed: int) -> Environment:
        """Return a new environment, also with new reward functions; `seed` determines all of its random numbers."""
        return make_environment(self._config, self._tracks, self._cars, seed, threads=self._threads)

    def decode(self, actions: Any) -> tuple[NDArray[np.float64], NDArray[np.float64]]:  # noqa: ANN401
        """Return the steering angles (N,), rad, + left, and speeds (N,), m/s, of N actions.

        Args:
            actions: (N,) indices of a discrete action space, or (N, 2) numbers in [-1, 1] of a continuous one.
        """
        if isinstance(self._coder, DiscreteActions):
            return self._coder.decode(np.asarray(actions, dtype=np.float32).reshape(-1, 1))
        wanted: NDArray[np.float32] = np.asarray(actions, dtype=np.float32).clip(-1.0, 1.0)
        return self._coder.decode((0.5 * (wanted + 1.0)).astype(np.float32))

    def observe(self, outcome: Outcome) -> Any:  # noqa: ANN401
        """Return copies of the observations: an array (N, *shape) of the only sensor, or arrays by sensor name."""
        found = {
            name: (self.images(outcome) if name == CAMERA else outcome.observations[name].copy())
            for name in self._observed
        }
        return found if len(found) > 1 else next(iter(found.values()))

    def images(self, outcome: Outcome) -> Frames:
        """Return a copy of the camera images, (N, H, W, C)."""
        return outcome.frames.reshape(-1, *self.image_shape).copy()

    def picture(self, image: Frames) -> Frames:
        """Return the RGB picture (H, W, 3) of a camera image (H, W, C)."""
        return np.repeat(image, 3 // self.image_shape[2], axis=-1)
