"""Gymnasium's view of simulator and referee: `gymnasium.make("DeepRacer-v0")` and `gymnasium.make_vec`."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import gymnasium
import numpy as np
from gymnasium import spaces
from gymnasium.vector import AutoresetMode, VectorEnv
from gymnasium.vector.utils import batch_space
from numpy.typing import NDArray

from deepracer_ros.race.catalogue import find_track
from deepracer_ros.race.referee import Referee, RefereeConfig, Verdict
from deepracer_ros.race.reward import find_reward
from deepracer_ros.race.status import Status
from deepracer_ros.race.track import Track
from deepracer_ros.simulation.camera import CameraConfig
from deepracer_ros.simulation.embedded import EmbeddedSimulator
from deepracer_ros.simulation.environment import Environment
from deepracer_ros.simulation.randomisation import RandomisationConfig
from deepracer_ros.simulation.simulator import CONTROL_PERIOD, Simulator
from deepracer_ros.simulation.vehicle import read_vehicle

Frames = NDArray[np.uint8]
Actions = NDArray[np.float32] | NDArray[np.int64]
Info = dict[str, Any]

FPS = round(1.0 / CONTROL_PERIOD)


@dataclass(frozen=True)
class TaskConfig:
    """The keyword arguments of `gymnasium.make` and `gymnasium.make_vec`.

    Attributes:
        track: Name of a track or path of a route file; of several, cars are shared out over them in turn.
        width: Of the camera's image, pixels.
        height: Of the camera's image, pixels.
        colour: `grey` or `rgb`.
        reward: Name of a reward, or path of a Python file with a DeepRacer `reward_function(params)`.
        actions: Pairs of steering angle (rad, + left) and speed (m/s) make the action space discrete;
            none, and it is a box of both in [-1, 1].
        slowest: Speed at -1 of that box, m/s.
        fastest: Speed at +1 of that box, m/s.
        simulator: `embedded` or `gazebo`.
        threads: Of the embedded simulator; by default one per core.
        referee: The rules of an episode.
        randomisation: What differs between cars and episodes.
    """

    track: str | Sequence[str] = "technical"
    width: int = 160
    height: int = 120
    colour: Literal["grey", "rgb"] = "grey"
    reward: str = "progress"
    actions: Sequence[tuple[float, float]] | None = None
    slowest: float = 0.5
    fastest: float = 4.0
    simulator: Literal["embedded", "gazebo"] = "embedded"
    threads: int | None = None
    referee: RefereeConfig = field(default_factory=RefereeConfig)
    randomisation: RandomisationConfig = field(default_factory=RandomisationConfig)


class Task:
    """What the single and the vectorised environment share: spaces, actions, and the environment of a seed."""

    def __init__(self, config: TaskConfig, cars: int) -> None:
        """Find track and reward.

        Raises:
            InputError: if there is no such track or reward.
        """
        self.config = config
        self.camera = CameraConfig(config.width, config.height, config.colour)
        self._vehicle = read_vehicle()
        names = [config.track] if isinstance(config.track, str) else config.track
        self._tracks = [find_track(name) for name in names]
        self._car_track = np.arange(cars) % len(self._tracks)
        self._reward = find_reward(config.reward)
        self.image_shape = (config.height, config.width, self.camera.channels)
        self.observation_space = spaces.Box(0, 255, self.image_shape, np.uint8)
        self.action_space: spaces.Space[Any] = (
            spaces.Discrete(len(config.actions)) if config.actions else spaces.Box(-1.0, 1.0, (2,), np.float32)
        )
        self._choices = np.array(config.actions or [], dtype=np.float64).reshape(-1, 2)

    def begin(self, seed: int) -> Environment:
        """Return an environment whose every draw follows from the seed."""
        referee = Referee(self._tracks, self._car_track, self.config.referee, self._reward, seed)
        return Environment(self._simulator(self._tracks, seed), referee)

    def decode(self, actions: Actions) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return (N,) steering angles, rad, and speeds, m/s, from (N,) choices or (N, 2) numbers in [-1, 1]."""
        if self.config.actions:
            chosen = self._choices[np.asarray(actions, dtype=np.int64)]
            return chosen[:, 0], chosen[:, 1]
        wanted = np.clip(np.asarray(actions, dtype=np.float64), -1.0, 1.0)
        slowest, fastest = self.config.slowest, self.config.fastest
        return wanted[:, 0] * self._vehicle.steering_limit, slowest + 0.5 * (wanted[:, 1] + 1.0) * (fastest - slowest)

    def image(self, frame: Frames) -> Frames:
        """Return a car's frame as a picture (H, W, 3)."""
        return np.repeat(frame.reshape(self.image_shape), 3 // self.camera.channels, axis=-1)

    def _simulator(self, tracks: Sequence[Track], seed: int) -> Simulator:
        config = self.config
        if config.simulator == "gazebo":
            from deepracer_ros.simulation.gazebo.simulator import GazeboSimulator  # its parts may be absent

            return GazeboSimulator(tracks, self._car_track, self.camera, self._vehicle, seed)
        return EmbeddedSimulator(
            tracks,
            self._car_track,
            self.camera,
            self._vehicle,
            randomisation=config.randomisation,
            seed=seed,
            threads=config.threads,
        )


class DeepRacerEnv(gymnasium.Env[Frames, Any]):
    """One car: frames (H, W, C) uint8 in, an action out, one episode at a time."""

    metadata: dict[str, Any] = {"render_modes": ["rgb_array"], "render_fps": FPS}

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
        self._frame: Frames = np.zeros(self._task.image_shape, dtype=np.uint8)

    def reset(self, *, seed: int | None = None, options: Info | None = None) -> tuple[Frames, Info]:
        """Begin an episode; a seed begins everything anew."""
        super().reset(seed=seed)
        self._environment = _begin(self._task, self._environment, seed, self.np_random)
        frames, _, verdict = self._environment.reset()
        return self._observe(frames), _car_info(verdict)

    def step(self, action: Any) -> tuple[Frames, float, bool, bool, Info]:  # noqa: ANN401
        """Drive for one control period."""
        if self._environment is None:
            raise gymnasium.error.ResetNeeded("step: found no episode, expected reset before it")
        frames, _, verdict = self._environment.step(*self._task.decode(np.asarray(action)[None]))
        terminated, truncated = bool(verdict.terminated[0]), bool(verdict.truncated[0])
        return self._observe(frames), float(verdict.reward[0]), terminated, truncated, _car_info(verdict)

    def render(self) -> Frames | None:
        """Return what the camera saw last, (H, W, 3)."""
        return self._task.image(self._frame) if self.render_mode else None

    def close(self) -> None:
        """Close the simulator."""
        if self._environment is not None:
            self._environment.close()

    def _observe(self, frames: Frames) -> Frames:
        self._frame = frames[0].reshape(self._task.image_shape).copy()
        return self._frame


class DeepRacerVectorEnv(VectorEnv[Frames, Any, NDArray[np.float64]]):
    """N cars in lock-step, each with its own episodes; an ended one begins anew with the next step."""

    metadata: dict[str, Any] = {
        "render_modes": ["rgb_array"],
        "render_fps": FPS,
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
        self._frames: Frames = np.zeros((num_envs, *self._task.image_shape), dtype=np.uint8)

    def reset(self, *, seed: int | list[int | None] | None = None, options: Info | None = None) -> tuple[Frames, Info]:
        """Begin an episode of every car; a seed (of a list, its first) begins everything anew."""
        first = seed[0] if isinstance(seed, list) else seed
        super().reset(seed=first)
        self._environment = _begin(self._task, self._environment, first, self.np_random)
        frames, _, verdict = self._environment.reset()
        return self._observe(frames), _info(verdict)

    def step(  # type: ignore[override]  # ends are flags, not the numbers that the base class says
        self,
        actions: Any,  # noqa: ANN401
    ) -> tuple[Frames, NDArray[np.float64], NDArray[np.bool_], NDArray[np.bool_], Info]:
        """Drive all cars for one control period."""
        if self._environment is None:
            raise gymnasium.error.ResetNeeded("step: found no episode, expected reset before it")
        frames, _, verdict = self._environment.step(*self._task.decode(actions))
        return self._observe(frames), verdict.reward, verdict.terminated, verdict.truncated, _info(verdict)

    def render(self) -> tuple[Frames, ...] | None:
        """Return what the cameras saw last, N pictures (H, W, 3)."""
        return tuple(self._task.image(frame) for frame in self._frames) if self.render_mode else None

    def close_extras(self, **_: Any) -> None:  # noqa: ANN401
        """Close the simulator."""
        if self._environment is not None:
            self._environment.close()

    def _observe(self, frames: Frames) -> Frames:
        self._frames = frames.reshape(self.num_envs, *self._task.image_shape).copy()
        return self._frames


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
