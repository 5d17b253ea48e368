"""Drives any model's evaluation and writes what a person wants to see of it."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from deepracer_ros.learning.policy import Policy
from deepracer_ros.models.policy_file import Model
from deepracer_ros.report.evaluation_report import write_evaluation_report
from deepracer_ros.report.film import Film
from deepracer_ros.run.summary import ModelSummary
from deepracer_ros.simulation.evaluation import Evaluation, evaluate
from deepracer_ros.simulation.factory import make_evaluation
from deepracer_ros.simulation.sensors import Observations
from deepracer_ros.training.config import RunConfig, read_config
from deepracer_ros.training.policies import make_policy


def config_of(model: Model) -> RunConfig:
    """Return the configuration of the run that trained a model.

    Raises:
        InputError: if it is of another release.
    """
    return read_config(model.manifest.config, f"model {model.manifest.run}: config", tolerant=True)


def greedy(policy: Policy, observations: Observations) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the policy's greedy steering and speed."""
    decision = policy.act(observations)
    return decision.steering, decision.speed


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
