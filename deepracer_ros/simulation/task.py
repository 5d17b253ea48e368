"""What Gymnasium's single and vectorised environments share: their keyword arguments, spaces and actions."""

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
        track: Name of a track or path of a route file; of several, cars are shared out over them in turn.
        width: Of the camera's image, pixels.
        height: Of the camera's image, pixels.
        colour: `grey` or `rgb`.
        sensors: What is observed. One sensor gives a box, several a dictionary of boxes by name.
        reward: Weights of reward terms by name, or path of a Python file with a DeepRacer `reward_function(params)`.
        actions: An action space; continuous ones are a box of steering and speed, each in [-1, 1]. Or a list of
            pairs of steering angle (rad, + left) and speed (m/s), which makes the action space discrete.
        simulator: `embedded` or `gazebo`.
        threads: Of the embedded simulator; by default one per core.
        race: What is raced.
        referee: The rules of an episode.
        randomisation: What differs between cars and episodes.
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
    """What the single and the vectorised environment share: spaces, actions, and the environment of a seed."""

    def __init__(self, config: TaskConfig, cars: int) -> None:
        """Find track, sensors and reward.

        Raises:
            InputError: if one of them does not exist.
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
        self._reward = find_reward(config.reward)
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
        """Return an environment whose every draw follows from the seed."""
        return make_environment(
            self._config, self._tracks, self._cars, seed, reward=self._reward, threads=self._threads
        )

    def decode(self, actions: Any) -> tuple[NDArray[np.float64], NDArray[np.float64]]:  # noqa: ANN401
        """Return (N,) steering angles, rad, and speeds, m/s, from (N,) choices or (N, 2) numbers in [-1, 1]."""
        if isinstance(self._coder, DiscreteActions):
            return self._coder.decode(np.asarray(actions, dtype=np.float32).reshape(-1, 1))
        wanted = np.clip(np.asarray(actions, dtype=np.float32), -1.0, 1.0)
        return self._coder.decode(0.5 * (wanted + 1.0))

    def observe(self, outcome: Outcome) -> Any:  # noqa: ANN401
        """Return copies of what is observed: an array (N, *shape), or several by name."""
        found = {
            name: (self.images(outcome) if name == CAMERA else outcome.observations[name].copy())
            for name in self._observed
        }
        return found if len(found) > 1 else next(iter(found.values()))

    def images(self, outcome: Outcome) -> Frames:
        """Return a copy of what the cameras see, (N, H, W, C)."""
        return outcome.frames.reshape(-1, *self.image_shape).copy()

    def picture(self, image: Frames) -> Frames:
        """Return a car's image as a picture (H, W, 3)."""
        return np.repeat(image, 3 // self.image_shape[2], axis=-1)
