"""The configuration of a run: one frozen dataclass out of those of its parts."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from deepracer_ros.config import Section, from_mapping, key, section, to_mapping
from deepracer_ros.errors import InputError
from deepracer_ros.experience.config import ExperienceConfig, hide_password
from deepracer_ros.learning.config import NetworkConfig, PPOConfig, learner_entry
from deepracer_ros.models.config import ModelsConfig
from deepracer_ros.names import check_run_name
from deepracer_ros.race.actions import ActionSpaceConfig
from deepracer_ros.simulation.config import EnvironmentConfig

WINDOW_MARGIN = 8
"""Steps that a simulation may run ahead beyond one segment: time for an append, but not for a second segment."""

RENAMED: Mapping[str, str | None] = {
    "run": None,
    "folder": None,
    "simulation.window": None,
    "referee.laps": "race.laps",
}
"""Keys of earlier releases: what they are called now, None where nothing reads them any more."""


@dataclass(frozen=True)
class Place(Section):
    """Which part of which run a process is: told by whoever starts it, and no part of the run's configuration."""

    run: str = key("run", "Name of the run: of its experience and its models.")
    folder: str = key("", "Folder of the run, for the trainer. Empty: runs/NAME.")
    job: int = key(0, "Number of the simulation job.", least=0)
    recorded: bool = key(False, "Whether a recorder belongs to the simulation, which then waits for it.")

    def __post_init__(self) -> None:
        """Check the name.

        Raises:
            ValueError: if no run can have it.
        """
        super().__post_init__()
        try:
            check_run_name(self.run)
        except InputError as error:
            raise ValueError(str(error)) from error


@dataclass(frozen=True)
class AgentConfig(Section):
    """How the agent drives."""

    model: str = key("", "Folder of a model to drive with, for a car or a replay. Empty: the models of the run.")
    explore: bool = key(True, "true: draw actions from the policy's distribution. false: take the greedy action.")
    random_before_model: bool = key(True, "true: drive at random until the first model is there. false: stand still.")
    live_camera: bool = key(
        False, "true: frames come from a camera on a car, best effort, stamped with ROS time; a car whose frame is "
        "older than max_age stops. false: a simulation waits for every answer.",
    )  # fmt: skip
    max_age: float = key(
        0.2, "How old a live frame may be, and how long a command is good for where nobody waits for it.", unit="s",
        above=0,
    )  # fmt: skip


@dataclass(frozen=True)
class TrainerConfig(Section):
    """What the trainer does around the learner."""

    batch_segments: int = key(64, "Segments in one update.", least=1)
    max_staleness: int = key(3, "Experience of a model more versions old than this is dropped and counted.", least=0)
    threads: int = key(2, "Threads of the update; each takes a part of every minibatch.", least=1, most=1024)
    evaluate_every: int = key(4, "Updates between two evaluations. 0: never evaluate.", least=0)
    evaluation_starts: int = key(10, "Laps of an evaluation, started evenly over each track.", least=1)
    perfect_evaluations: int = key(
        2, "Training is done when so many evaluations in a row completed every lap. 0: never for that reason.", least=0
    )
    max_seconds: float = key(600.0, "Training ends after this time in any case.", unit="s", above=0)
    max_env_steps: int = key(0, "Training ends after so many environment steps. 0: no such limit.", least=0)
    patience: float = key(120.0, "How long to wait for experience before giving up.", unit="s", above=0)
    sinks: tuple[str, ...] = key(("tensorboard",), "Where progress goes besides progress.jsonl, by name.")


@dataclass(frozen=True)
class RunConfig(EnvironmentConfig):
    """Everything that a run depends on; saved with the run and with every model."""

    tracks: tuple[str, ...] = key(("technical",), "Names of tracks, or paths of DeepRacer route files.")
    jobs: int = key(1, "Simulation jobs; tracks are shared out among them.", least=1, most=1000)
    seed: int = key(0, "What every random draw derives from.", least=0, most=2**31 - 1)
    agent: AgentConfig = section(AgentConfig, "How the agent drives.")
    actions: ActionSpaceConfig = section(ActionSpaceConfig, "What the policy chooses from.")
    network: NetworkConfig = section(NetworkConfig, "The network and what it reads.")
    learner: str = key("ppo", "Learner by name.")
    learning: Any = field(default_factory=PPOConfig, metadata={"text": "Hyperparameters of the learner."})
    trainer: TrainerConfig = section(TrainerConfig, "What the trainer does around the learner.")
    experience: ExperienceConfig = section(ExperienceConfig, "Redis.")
    models: ModelsConfig = section(ModelsConfig, "S3.")

    def __post_init__(self) -> None:
        """Check what no single part can.

        Raises:
            ValueError: if there is no track, or two keys contradict each other.
        """
        super().__post_init__()
        if not self.tracks:
            raise ValueError("tracks: found 0, expected 1 or more")
        if self.camera.colour != self.network.colour:
            raise ValueError(
                f"camera.colour: found {self.camera.colour!r}, expected the network's {self.network.colour!r}"
            )
        for name in ("reads", "critic_reads"):
            for sensor in getattr(self.network, name):
                if sensor not in self.sensors:
                    raise ValueError(f"network.{name}: found {sensor!r}, expected one of sensors: {self.sensors}")

    @classmethod
    def types_by_value(cls, mapping: Mapping[str, Any]) -> dict[str, Any]:
        """Return the class of `learning`, which depends on `learner`.

        Raises:
            ValueError: if there is no such learner.
        """
        return {"learning": learner_entry(str(mapping.get("learner", "ppo"))).config}

    @property
    def window(self) -> int:
        """Steps that a recorded simulation may be ahead of what is recorded."""
        return self.experience.segment_steps + WINDOW_MARGIN

    def job_tracks(self, job: int) -> tuple[str, ...]:
        """Return the tracks of one job: every jobs-th from its own number on, all in turn if there are fewer."""
        return self.tracks[job :: self.jobs] or (self.tracks[job % len(self.tracks)],)

    def without_secrets(self) -> "RunConfig":
        """Return the configuration as it may stand in files and manifests: passwords replaced by `***`."""
        return replace(self, experience=replace(self.experience, url=hide_password(self.experience.url)))


def read_config(values: Mapping[str, Any], where: str, tolerant: bool = False) -> RunConfig:
    """Return the configuration that a mapping describes, also one that an earlier release wrote.

    Args:
        values: Nested keys.
        where: What they were read from, for error messages.
        tolerant: Leave out unknown keys, as a newer release may have written into a manifest.

    Raises:
        InputError: on an unknown key, or a value of another type or out of range.
    """
    return from_mapping(RunConfig, upgrade(values), where, tolerant)


def upgrade(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return nested keys under the names that this release gives them."""
    found = _copy(values)
    for old, new in RENAMED.items():
        *parents, leaf = old.split(".")
        node: Any = found
        for parent in parents:
            node = node.get(parent) if isinstance(node, dict) else None
        if isinstance(node, dict) and leaf in node:
            value = node.pop(leaf)
            if new is not None:
                room, name = new.split(".")
                found.setdefault(room, {}).setdefault(name, value)
    if isinstance(found.get("reward"), str) and not found["reward"].endswith(".py"):
        found["reward"] = {found["reward"]: 1.0, "failure": -1.0}
    return found


def _copy(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: _copy(value) if isinstance(value, Mapping) else value for name, value in values.items()}


def to_saved(config: RunConfig) -> dict[str, Any]:
    """Return the configuration as files and manifests hold it: plain values, without secrets."""
    return to_mapping(config.without_secrets())
