# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""The manifest of a run's policy, and the policy of a model."""

from collections.abc import Collection
from typing import Any

from deepracer_ros.config import from_mapping, to_mapping
from deepracer_ros.errors import InputError
from deepracer_ros.learning.config import NetworkConfig
from deepracer_ros.learning.policy import Policy
from deepracer_ros.models.policy_file import Manifest, Model, Tensors
from deepracer_ros.race.actions import ActionSpaceConfig
from deepracer_ros.simulation.sensors import CAMERA, SensorSpec, sensor_specs
from deepracer_ros.training.config import RunConfig, to_saved

FIRST_FORMAT = 1
"""Manifest format of the first release, whose networks read only the camera."""


def make_manifest(config: RunConfig, run: str, updates: int, env_steps: int, basis: str = "") -> Manifest:
    """Return the manifest of a policy; the store fills in version, hash, size and shapes.

    Args:
        config: Configuration of the run.
        run: Name of the run.
        updates: Number of learner updates before this policy.
        env_steps: Number of environment steps trained on before this policy.
        basis: What the score of the policy belongs to, see `training.score`.
    """
    network = config.network
    return Manifest(
        run=run,
        architecture=to_mapping(network),
        action_space=to_mapping(config.actions),
        reads=_specs(config, network.reads),
        critic_reads=_specs(config, network.critic_reads),
        training_step=updates,
        env_steps=env_steps,
        config=to_saved(config),
        score_basis=basis,
    )


def _specs(config: RunConfig, names: tuple[str, ...]) -> dict[str, Any]:
    return {name: to_mapping(spec) for name, spec in sensor_specs(config, names).items()}


def make_policy(model: Model, available: Collection[str] | None = None) -> Policy:
    """Build the policy of a checked model.

    Args:
        model: The model.
        available: Names of the sensors that the policy can be given; None allows all.

    Raises:
        InputError: if the architecture or action space in the manifest is unknown, the tensors do not fit it, or the
            policy reads a sensor that is not available.
    """
    manifest = model.manifest
    where = f"model {manifest.run}/{manifest.version}"
    network = from_mapping(NetworkConfig, manifest.architecture, f"{where}: architecture", tolerant=True)
    actions = from_mapping(ActionSpaceConfig, manifest.action_space, f"{where}: action_space", tolerant=True)
    both = {**manifest.reads, **manifest.critic_reads}
    sensors = {name: from_mapping(SensorSpec, spec, f"{where}: {name}", tolerant=True) for name, spec in both.items()}
    for name in (*network.reads, *network.critic_reads):
        if name not in sensors:
            raise InputError(f"{where}: reads: found {', '.join(sensors)}, expected {name}, which its network reads")
    if available is not None and not set(network.reads) <= set(available):
        reads, expected = ", ".join(network.reads), ", ".join(available)
        raise InputError(f"{where}: reads: found {reads}, expected only sensors that are there: {expected}")
    return Policy(upgrade_tensors(model), network, sensors, actions)


def upgrade_tensors(model: Model) -> Tensors:
    """Return the tensors of a model with the tensor names of this release, also for a model of manifest format 1."""
    if model.manifest.format > FIRST_FORMAT:
        return model.tensors
    return {
        f"encoders.{CAMERA}.{name}" if name.startswith(("first.", "rest.")) else name: tensor
        for name, tensor in model.tensors.items()
    }
