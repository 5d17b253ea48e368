# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""Gymnasium environments of the package, made by `gymnasium.make("DeepRacer-v0")` and `gymnasium.make_vec`."""

from typing import Any

import gymnasium
import numpy as np
from gymnasium.vector import AutoresetMode, VectorEnv
from gymnasium.vector.utils import batch_space
from numpy.typing import NDArray

from deepracer_ros.race.control import CONTROL_RATE
from deepracer_ros.race.referee import Verdict
from deepracer_ros.race.status import Status
from deepracer_ros.simulation.environment import Environment, Outcome
from deepracer_ros.simulation.task import Frames, Task, TaskConfig

Info = dict[str, Any]


class DeepRacerEnv(gymnasium.Env[Any, Any]):
    """Gymnasium environment of one car on one of the package's simulators."""

    metadata: dict[str, Any] = {"render_modes": ["rgb_array"], "render_fps": CONTROL_RATE}

    def __init__(self, render_mode: str | None = None, **settings: Any) -> None:  # noqa: ANN401
        """Check the settings and set the spaces; the first `reset` starts the simulator.

        Args:
            render_mode: `rgb_array`: `render` returns the camera's image. None: it returns None.
            settings: Keyword arguments, the fields of `TaskConfig`.

        Raises:
            InputError: if a track, a sensor or the reward does not exist.
            ValueError: if two settings contradict each other.
        """
        self.render_mode = render_mode
        self._task = Task(TaskConfig(**settings), 1)
        self.observation_space = self._task.observation_space
        self.action_space = self._task.action_space
        self._environment: Environment | None = None
        self._image: Frames = np.zeros(self._task.image_shape, dtype=np.uint8)

    def reset(self, *, seed: int | None = None, options: Info | None = None) -> tuple[Any, Info]:
        """Begin an episode and return its first observation and info.

        Args:
            seed: Seed of all random numbers; the simulator is then built anew. None continues with the present one.
            options: Not used.
        """
        super().reset(seed=seed)
        self._environment = _begin(self._task, self._environment, seed, self.np_random)
        outcome = self._environment.reset()
        return self._observe(outcome), _car_info(outcome.verdict)

    def step(self, action: Any) -> tuple[Any, float, bool, bool, Info]:  # noqa: ANN401
        """Drive for one control period; return observation, reward, terminated, truncated and info.

        Args:
            action: An element of `action_space`.

        Raises:
            ResetNeeded: if `reset` was not called before.
        """
        if self._environment is None:
            raise gymnasium.error.ResetNeeded("step: found no episode, expected reset before it")
        outcome = self._environment.step(*self._task.decode(np.asarray(action)[None]))
        verdict = outcome.verdict
        terminated, truncated = bool(verdict.terminated[0]), bool(verdict.truncated[0])
        return self._observe(outcome), float(verdict.reward[0]), terminated, truncated, _car_info(verdict)

    def render(self) -> Frames | None:
        """Return the last camera image (H, W, 3), uint8 RGB; None without a render mode."""
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
    """Gymnasium vector environment of N cars in lock-step.

    A car whose episode ended begins a new one with the next step (NEXT_STEP autoreset).
    """

    metadata: dict[str, Any] = {
        "render_modes": ["rgb_array"],
        "render_fps": CONTROL_RATE,
        "autoreset_mode": AutoresetMode.NEXT_STEP,
    }

    def __init__(self, num_envs: int = 1, render_mode: str | None = None, **settings: Any) -> None:  # noqa: ANN401
        """Check the settings and set the spaces; the first `reset` starts the simulator.

        Args:
            num_envs: Number of cars, N.
            render_mode: `rgb_array`: `render` returns the cameras' images. None: it returns None.
            settings: Keyword arguments, the fields of `TaskConfig`.

        Raises:
            InputError: if a track, a sensor or the reward does not exist.
            ValueError: if two settings contradict each other.
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
        """Begin an episode of every car and return the first observations and infos.

        Args:
            seed: Seed of all random numbers, of a list the first element; the simulator is then built anew. None
                continues with the present one.
            options: Not used.
        """
        first = seed[0] if isinstance(seed, list) else seed
        super().reset(seed=first)
        self._environment = _begin(self._task, self._environment, first, self.np_random)
        outcome = self._environment.reset()
        return self._observe(outcome), _info(outcome.verdict)

    def step(  # type: ignore[override]  # terminated and truncated are bool arrays, in the base class numbers
        self,
        actions: Any,  # noqa: ANN401
    ) -> tuple[Any, NDArray[np.float64], NDArray[np.bool_], NDArray[np.bool_], Info]:
        """Drive all cars for one control period; return observations, rewards, terminated, truncated and infos.

        Args:
            actions: An element of `action_space`, one action per car.

        Raises:
            ResetNeeded: if `reset` was not called before.
        """
        if self._environment is None:
            raise gymnasium.error.ResetNeeded("step: found no episode, expected reset before it")
        outcome = self._environment.step(*self._task.decode(actions))
        verdict = outcome.verdict
        return self._observe(outcome), verdict.reward, verdict.terminated, verdict.truncated, _info(verdict)

    def render(self) -> tuple[Frames, ...] | None:
        """Return the last camera images, N arrays (H, W, 3), uint8 RGB; None without a render mode."""
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
    """Return the info of a vector environment: arrays (N,), each with a mask of the cars it is valid for."""
    everyone = np.ones(len(verdict.status), dtype=np.bool_)
    values = {name: getattr(verdict, name) for name in ("progress", "status", "station", "offset", "lap_seconds")}
    return values | {f"_{name}": everyone for name in values}


def _car_info(verdict: Verdict) -> Info:
    """Return the info of a single-car environment."""
    info = {name: getattr(verdict, name)[0].item() for name in ("progress", "station", "offset", "lap_seconds")}
    if np.isnan(info["lap_seconds"]):
        info["lap_seconds"] = None
    return info | {"status": Status(verdict.status[0]).name}
