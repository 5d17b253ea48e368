"""The model store of a run, as its configuration names it, and models as the learner's types."""

from deepracer_ros.config import from_mapping, to_mapping
from deepracer_ros.errors import InputError
from deepracer_ros.learning.config import NetworkConfig
from deepracer_ros.learning.policy import Policy
from deepracer_ros.models.config import ModelsConfig
from deepracer_ros.models.policy_file import Manifest, Model, Observation
from deepracer_ros.models.store import ModelStore
from deepracer_ros.race.actions import ActionSpaceConfig
from deepracer_ros.training.config import RunConfig, to_saved


def open_store(models: ModelsConfig, run: str) -> ModelStore:
    """Open the run's model store; credentials come from boto3's usual chain.

    Raises:
        InputError: if no endpoint is configured and AWS is not asked for, a value is no such thing, or the server
            is away.
    """
    if not models.endpoint and not models.aws:
        raise InputError("models.endpoint: is empty, expected the URL of an S3 server, or models.aws: true")
    return ModelStore(models, run)


def make_manifest(config: RunConfig, run: str, updates: int, env_steps: int) -> Manifest:
    """Describe a policy of this run; the store fills in what follows from the weights."""
    return Manifest(
        run=run,
        architecture=to_mapping(config.network),
        action_space=to_mapping(config.actions),
        observation=Observation(config.network.width, config.network.height, config.network.colour),
        training_step=updates,
        env_steps=env_steps,
        config=to_saved(config),
    )


def make_policy(model: Model) -> Policy:
    """Build the policy that a checked model holds.

    Raises:
        InputError: if its architecture or action space is unknown, or the tensors are of another one.
    """
    where = f"model {model.manifest.run}/{model.manifest.version}"
    network = from_mapping(NetworkConfig, model.manifest.architecture, f"{where}: architecture")
    actions = from_mapping(ActionSpaceConfig, model.manifest.action_space, f"{where}: action_space")
    seen = model.manifest.observation
    if (seen.width, seen.height, seen.colour) != (network.width, network.height, network.colour):
        raise InputError(f"{where}: observation {seen.width}x{seen.height} {seen.colour} is not its network's")
    return Policy(model.tensors, network, actions)
