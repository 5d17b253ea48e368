"""The model store of a run, as its configuration names it, and models as the learner's types."""

from typing import Any

from deepracer_ros.config import from_mapping, to_mapping
from deepracer_ros.errors import InputError
from deepracer_ros.learning.config import NetworkConfig
from deepracer_ros.learning.policy import Policy
from deepracer_ros.models.config import ModelsConfig
from deepracer_ros.models.policy_file import Manifest, Model, Tensors
from deepracer_ros.models.store import ModelStore
from deepracer_ros.race.actions import ActionSpaceConfig
from deepracer_ros.simulation.sensors import CAMERA, SensorSpec, sensor_specs
from deepracer_ros.training.config import RunConfig, to_saved

FIRST_FORMAT = 1
"""Manifests of the first release, whose network read the camera and nothing else."""


def open_store(models: ModelsConfig, run: str) -> ModelStore:
    """Open the run's model store; credentials come from boto3's usual chain.

    Args:
        models: Where.
        run: Name of the run.

    Raises:
        InputError: if no endpoint is configured and AWS is not asked for, or the server is away.
    """
    if not models.endpoint and not models.aws:
        raise InputError("models.endpoint: is empty, expected the URL of an S3 server, or models.aws: true")
    return ModelStore(models, run)


def make_manifest(config: RunConfig, run: str, updates: int, env_steps: int) -> Manifest:
    """Describe a policy of this run; the store fills in what follows from the weights.

    Args:
        config: Of the run.
        run: Its name.
        updates: Of the learner that led to the policy.
        env_steps: Environment steps that led to the policy.
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
    )


def _specs(config: RunConfig, names: tuple[str, ...]) -> dict[str, Any]:
    return {name: to_mapping(spec) for name, spec in sensor_specs(config, names).items()}


def make_policy(model: Model) -> Policy:
    """Build the policy that a checked model holds.

    Raises:
        InputError: if its architecture or action space is unknown, or the tensors are of another one.
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
    return Policy(upgrade_tensors(model), network, sensors, actions)


def upgrade_tensors(model: Model) -> Tensors:
    """Return a model's tensors under the names that this release gives them."""
    if model.manifest.format > FIRST_FORMAT:
        return model.tensors
    return {
        f"encoders.{CAMERA}.{name}" if name.startswith(("first.", "rest.")) else name: tensor
        for name, tensor in model.tensors.items()
    }
