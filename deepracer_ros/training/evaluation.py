# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""Evaluation of policies: laps with greedy actions, without randomisation and without a user's reward function."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from deepracer_ros.config import to_mapping
from deepracer_ros.learning.policy import Policy
from deepracer_ros.models.policy_file import Model, Tensors
from deepracer_ros.parameters import merge
from deepracer_ros.race.track import Track
from deepracer_ros.raceline.reference import find_optimal_lap
from deepracer_ros.rewards.output import Collected
from deepracer_ros.run.summary import ModelSummary
from deepracer_ros.simulation.attempts import Evaluation
from deepracer_ros.simulation.config import WITHOUT_EFFECT_IN_GAZEBO
from deepracer_ros.simulation.environment import Environment
from deepracer_ros.simulation.evaluation import evaluate
from deepracer_ros.simulation.factory import make_evaluation
from deepracer_ros.simulation.sensors import TRACE, Observations, sensor_specs
from deepracer_ros.training.config import RunConfig, read_config, with_absolute_paths
from deepracer_ros.training.policies import make_policy


class Evaluator:
    """Evaluates policies during a training, always in the same environment."""

    def __init__(self, environment: Environment, make_policy: Callable[[Tensors], Policy]) -> None:
        """Keep the environment and the factory.

        Args:
            environment: Environment to drive in; closed with the evaluator.
            make_policy: Builds a policy from its weights, float32 arrays by name.
        """
        self._environment, self._make_policy = environment, make_policy

    def evaluate(self, tensors: Tensors, whole: bool = True) -> Evaluation:
        """Drive every lap once with a policy and return the result.

        Args:
            tensors: Weights of the policy, float32 arrays by name.
            whole: Whether to drive every lap to its end; otherwise the first failure ends the evaluation.
        """
        policy = self._make_policy(tensors)
        return evaluate(self._environment, lambda observations: greedy(policy, observations), stop_on_failure=not whole)

    def close(self) -> None:
        """Close the simulator."""
        self._environment.close()


def make_evaluator(config: RunConfig) -> Evaluator:
    """Build the evaluator of a run, which drives `trainer.evaluation_starts` laps on each of its tracks.

    Raises:
        InputError: if a track or the simulator does not exist.
    """
    read = (*config.network.reads, *config.network.critic_reads)
    config = replace(config, sensors=tuple(name for name in config.sensors if name != TRACE or name in read))
    sensors = sensor_specs(config)
    return Evaluator(
        make_evaluation(
            config,
            config.tracks,
            config.trainer.evaluation_starts,
            rewarded=config.trainer.best_by == "reward",
            output=Collected(0),  # its output in training is enough
        ),
        lambda tensors: Policy(tensors, config.network, sensors, config.actions),
    )


def greedy(policy: Policy, observations: Observations) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the greedy actions of a policy: steering (N,), rad, positive to the left, and speed (N,), m/s.

    Args:
        policy: The policy.
        observations: (N, *shape) observations by sensor name.
    """
    decision = policy.act(observations)
    return decision.steering, decision.speed


def config_of(model: Model, changes: Mapping[str, Any] | None = None) -> RunConfig:
    """Return the configuration of the run that trained a model.

    Args:
        model: A checked model.
        changes: Nested keys and values to change; a race type replaces the race as a whole.

    Raises:
        InputError: if a value in the model's manifest is not valid in this release, or a change is wrong.
    """
    config = read_config(model.manifest.config, f"model {model.manifest.run}: config", tolerant=True)
    if not changes:
        return config
    values = to_mapping(config)
    del values["randomisation"]  # an evaluation has none
    if changes.get("simulation", {}).get("simulator") == "gazebo":
        for section, _, names in WITHOUT_EFFECT_IN_GAZEBO:
            values[section] = {name: value for name, value in values.get(section, {}).items() if name not in names}
    if "type" in changes.get("race", {}):
        del values["race"]
    return read_config(with_absolute_paths(merge(values, changes), Path.cwd()), "evaluation")


def optimal_seconds(config: RunConfig, tracks: Sequence[Track]) -> float | None:
    """Return the time of the time-optimal flying lap, s, if it is known.

    With several tracks, objects or other cars on the road it is None.

    Args:
        config: Configuration of the run.
        tracks: The tracks of the evaluation.

    Raises:
        InputError: if the file with the times cannot be read.
    """
    if len(tracks) != 1 or config.race.obstacles.count or config.race.cars > 1:
        return None
    lap = find_optimal_lap(tracks[0], config.dynamics)
    return None if lap is None else lap.lap_seconds


def evaluate_model(
    model: Model, config: RunConfig, tracks: Sequence[str], starts: int, folder: Path, trace: Path | None = None
) -> tuple[Evaluation, list[Path]]:
    """Drive `starts` laps with a model on each track, and write report, plots and video into `folder`.

    Args:
        model: A checked model.
        config: Configuration of the model's run, with the simulator to use.
        tracks: Names of tracks, or paths of route files.
        starts: Number of laps on each track, with starts spread evenly along it.
        folder: An existing folder.
        trace: Folder for a trace and metrics in DeepRacer's form; None: none are written.

    Returns:
        The evaluation and the files written.

    Raises:
        InputError: if a track does not exist, the simulator cannot start or the folder cannot be written.
    """
    from deepracer_ros.report.evaluation_report import MOST_PAGES, write_evaluation_report  # not needed by a trainer
    from deepracer_ros.report.film import CAMERAS, Film
    from deepracer_ros.training.evaluation_trace import TracedCourse

    policy = make_policy(model)
    if trace is not None:
        config = replace(config, sensors=tuple(dict.fromkeys((*config.sensors, TRACE))))
    environment = make_evaluation(config, tracks, starts)
    try:
        course = TracedCourse(environment) if trace is not None else None
        cameras = CAMERAS if len(tracks) <= MOST_PAGES else 0
        film = Film(course or environment, config.camera.stack_size, cameras)
        evaluation = evaluate(film, lambda observations: greedy(policy, observations), record=True)
        summary = ModelSummary(model.manifest.version, model.manifest.sha256)
        shape = environment.referee.object_shape
        evaluation = replace(evaluation, optimal_lap_seconds=optimal_seconds(config, environment.tracks))
        files = write_evaluation_report(folder, evaluation, environment.tracks, summary, film.takes, shape)
        if trace is not None and course is not None:
            files += course.write(trace, config, tracks)
    finally:
        environment.close()
    return evaluation, files
