"""Gymnasium's view of the environment: `gymnasium.make("DeepRacer-v0")` and `gymnasium.make_vec`."""

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
