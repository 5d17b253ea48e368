"""Gymnasium's view of the environment: `gymnasium.make("DeepRacer-v0")` and `gymnasium.make_vec`."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import gymnasium
import numpy as np
from gymnasium import spaces
from gymnasium.vector import AutoresetMode, VectorEnv
from gymnasium.vector.utils import batch_space
from numpy.typing import NDArray

from deepracer_ros.race.actions import ActionSpaceConfig, DiscreteActions, make_action_coder
from deepracer_ros.race.catalogue import find_tracks
from deepracer_ros.race.config import RaceConfig, RefereeConfig
from deepracer_ros.race.control import CONTROL_RATE
from deepracer_ros.race.referee import Verdict
from deepracer_ros.race.status import Status
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
Info = dict[str, Any]


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


class DeepRacerEnv(gymnasium.Env[Any, Any]):
    """One car: observations in, an action out, one episode at a time."""

    metadata: dict[str, Any] = {"render_modes": ["rgb_array"], "render_fps": CONTROL_RATE}

    def __init__(self, render_mode: str | None = None, **settings: Any) -> None:  # noqa: ANN401
        """Describe the task; the first `reset` starts the simulator.

        Args:
            render_mode: None or `rgb_array`, the camera's picture.
            settings: The fields of `TaskConfig`.
        """
        self.render_mode = render_mode
        self._task = Task(TaskConfig(**settings), 1)
        self.observation_space = self._task.observation_space
        self.action_space = self._task.action_space
        self._environment: Environment | None = None
        self._image: Frames = np.zeros(self._task.image_shape, dtype=np.uint8)

    def reset(self, *, seed: int | None = None, options: Info | None = None) -> tuple[Any, Info]:
        """Begin an episode; a seed begins everything anew."""
        super().reset(seed=seed)
        self._environment = _begin(self._task, self._environment, seed, self.np_random)
        outcome = self._environment.reset()
        return self._observe(outcome), _car_info(outcome.verdict)

    def step(self, action: Any) -> tuple[Any, float, bool, bool, Info]:  # noqa: ANN401
        """Drive for one control period."""
        if self._environment is None:
            raise gymnasium.error.ResetNeeded("step: found no episode, expected reset before it")
        outcome = self._environment.step(*self._task.decode(np.asarray(action)[None]))
        verdict = outcome.verdict
        terminated, truncated = bool(verdict.terminated[0]), bool(verdict.truncated[0])
        return self._observe(outcome), float(verdict.reward[0]), terminated, truncated, _car_info(verdict)

    def render(self) -> Frames | None:
        """Return what the camera saw last, (H, W, 3)."""
        return self._task.picture(self._image) if self.render_mode else None

    def close(self) -> None:
        """Close the simulator."""
        if self._environment is not None:
            self._environment.close()

    def _observe(self, outcome: Outcome) -> Any:  # noqa: ANN401
        self._image = self._task.images(outcome)[0]
        found = self._task.observe(outcome)
        return {name: array[0] for name, array in found.items()} if isinstance(found, dict) else found[0]


class DeepRacerVectorEnv(VectorEnv[Any, Any, NDArray[np.float64]]):
    """N cars in lock-step, each with its own episodes; an ended one begins anew with the next step."""

    metadata: dict[str, Any] = {
        "render_modes": ["rgb_array"],
        "render_fps": CONTROL_RATE,
        "autoreset_mode": AutoresetMode.NEXT_STEP,
    }

    def __init__(self, num_envs: int = 1, render_mode: str | None = None, **settings: Any) -> None:  # noqa: ANN401
        """Describe the task; the first `reset` starts the simulator.

        Args:
            num_envs: N.
            render_mode: None or `rgb_array`, the cameras' pictures.
            settings: The fields of `TaskConfig`.
        """
        self.num_envs = num_envs
        self.render_mode = render_mode
        self._task = Task(TaskConfig(**settings), num_envs)
        self.single_observation_space = self._task.observation_space
        self.single_action_space = self._task.action_space
        self.observation_space = batch_space(self.single_observation_space, num_envs)
        self.action_space = batch_space(self.single_action_space, num_envs)
        self._environment: Environment | None = None
        self._images: Frames = np.zeros((num_envs, *self._task.image_shape), dtype=np.uint8)

    def reset(self, *, seed: int | list[int | None] | None = None, options: Info | None = None) -> tuple[Any, Info]:
        """Begin an episode of every car; a seed (of a list, its first) begins everything anew."""
        first = seed[0] if isinstance(seed, list) else seed
        super().reset(seed=first)
        self._environment = _begin(self._task, self._environment, first, self.np_random)
        outcome = self._environment.reset()
        return self._observe(outcome), _info(outcome.verdict)

    def step(  # type: ignore[override]  # ends are flags, not the numbers that the base class says
        self,
        actions: Any,  # noqa: ANN401
    ) -> tuple[Any, NDArray[np.float64], NDArray[np.bool_], NDArray[np.bool_], Info]:
        """Drive all cars for one control period."""
        if self._environment is None:
            raise gymnasium.error.ResetNeeded("step: found no episode, expected reset before it")
        outcome = self._environment.step(*self._task.decode(actions))
        verdict = outcome.verdict
        return self._observe(outcome), verdict.reward, verdict.terminated, verdict.truncated, _info(verdict)

    def render(self) -> tuple[Frames, ...] | None:
        """Return what the cameras saw last, N pictures (H, W, 3)."""
        return tuple(self._task.picture(image) for image in self._images) if self.render_mode else None

    def close_extras(self, **_: Any) -> None:  # noqa: ANN401
        """Close the simulator."""
        if self._environment is not None:
            self._environment.close()

    def _observe(self, outcome: Outcome) -> Any:  # noqa: ANN401
        found = self._task.observe(outcome)
        if self.render_mode:
            self._images = self._task.images(outcome)
        return found


def _begin(task: Task, running: Environment | None, seed: int | None, random: np.random.Generator) -> Environment:
    """Return the running environment, or a new one if there is none or a seed is given."""
    if running is not None and seed is None:
        return running
    if running is not None:
        running.close()
    return task.begin(int(random.integers(2**31)) if seed is None else seed)


def _info(verdict: Verdict) -> Info:
    """Return a vector environment's info: arrays (N,), and beside each of them which cars it holds for."""
    everyone = np.ones(len(verdict.status), dtype=np.bool_)
    values = {name: getattr(verdict, name) for name in ("progress", "status", "station", "offset", "lap_seconds")}
    return values | {f"_{name}": everyone for name in values}


def _car_info(verdict: Verdict) -> Info:
    """Return the info of a single car."""
    info = {name: getattr(verdict, name)[0].item() for name in ("progress", "station", "offset", "lap_seconds")}
    if np.isnan(info["lap_seconds"]):
        info["lap_seconds"] = None
    return info | {"status": Status(verdict.status[0]).name}
