"""The one place that evaluates: a policy drives laps, greedily; nothing random happens, no user's reward is called."""

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from deepracer_ros.learning.policy import Policy
from deepracer_ros.models.policy_file import Model, Tensors
from deepracer_ros.run.summary import ModelSummary
from deepracer_ros.simulation.environment import Environment
from deepracer_ros.simulation.evaluation import Evaluation, evaluate
from deepracer_ros.simulation.factory import make_evaluation
from deepracer_ros.simulation.sensors import Observations, sensor_specs
from deepracer_ros.training.config import RunConfig, read_config
from deepracer_ros.training.policies import make_policy


class Evaluator:
    """Drives evaluations during a training, always in the same environment."""

    def __init__(self, environment: Environment, make_policy: Callable[[Tensors], Policy]) -> None:
        """Take the environment, which is closed with this, and what makes a policy from its weights."""
        self._environment, self._make_policy = environment, make_policy

    def evaluate(self, tensors: Tensors) -> Evaluation:
        """Drive every lap once with a policy's weights."""
        policy = self._make_policy(tensors)
        return evaluate(self._environment, lambda observations: greedy(policy, observations))

    def close(self) -> None:
        """Close the simulator."""
        self._environment.close()


def make_evaluator(config: RunConfig) -> Evaluator:
    """Build what evaluates during a run: on all of its tracks, `trainer.evaluation_starts` laps on each.

    Raises:
        InputError: if a track or the simulator does not exist.
    """
    sensors = sensor_specs(config)
    return Evaluator(
        make_evaluation(config, config.tracks, config.trainer.evaluation_starts),
        lambda tensors: Policy(tensors, config.network, sensors, config.actions),
    )


def greedy(policy: Policy, observations: Observations) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the policy's greedy steering (N,), rad, + left, and speed (N,), m/s."""
    decision = policy.act(observations)
    return decision.steering, decision.speed


def config_of(model: Model) -> RunConfig:
    """Return the configuration of the run that trained a model.

    Raises:
        InputError: if it is of another release.
    """
    return read_config(model.manifest.config, f"model {model.manifest.run}: config", tolerant=True)


def evaluate_model(
    model: Model, config: RunConfig, tracks: Sequence[str], starts: int, folder: Path
) -> tuple[Evaluation, list[Path]]:
    """Drive `starts` laps on each track and write report, plots and video into `folder`.

    Args:
        model: Checked.
        config: Of its run, with the simulator to use.
        tracks: Names or route files.
        starts: Laps on each track, started evenly over it.
        folder: An existing folder.

    Returns:
        The evaluation and the files written.

    Raises:
        InputError: if a track does not exist, the simulator cannot start or the folder cannot be written.
    """
    from deepracer_ros.report.evaluation_report import write_evaluation_report  # a trainer draws nothing
    from deepracer_ros.report.film import Film

    policy = make_policy(model)
    environment = make_evaluation(config, tracks, starts)
    try:
        film = Film(environment)
        evaluation = evaluate(film, lambda observations: greedy(policy, observations), record=True)
        summary = ModelSummary(model.manifest.version, model.manifest.sha256)
        shape = environment.referee.object_shape
        files = write_evaluation_report(folder, evaluation, environment.tracks, summary, film.takes, shape)
    finally:
        environment.close()
    return evaluation, files
