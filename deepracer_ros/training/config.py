# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""The configuration of a run, composed of the configuration classes of its parts."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

from deepracer_ros.car.config import CarConfig, GateConfig
from deepracer_ros.config import Section, from_mapping, key, section, to_mapping
from deepracer_ros.errors import InputError
from deepracer_ros.experience.config import ExperienceConfig, hide_password
from deepracer_ros.learning.config import NetworkConfig, PPOConfig, learner_entry
from deepracer_ros.models.config import ModelsConfig
from deepracer_ros.names import REVERSED, check_run_name, expand_tracks
from deepracer_ros.race.actions import FASTEST, ActionSpaceConfig
from deepracer_ros.simulation.config import EnvironmentConfig

WINDOW_MARGIN = 8
"""Steps beyond one segment that a simulation may run ahead: enough for an append, too few for a second segment."""

MOST_JOBS = 1000
"""Greatest number of simulation jobs of a run."""

FILES = (".py", ".npy", ".yaml", ".yml")
"""Endings of the names of files that a configuration may name."""

RENAMED: Mapping[str, str | None] = {
    "run": None,
    "folder": None,
    "simulation.window": None,
    "referee.laps": "race.laps",
}
"""Keys of earlier releases and their present names; None if the key no longer exists."""


@dataclass(frozen=True)
class Place(Section):
    """The run and the part of it that a node belongs to; given by the starting process, not by the configuration."""

    run: str = key("run", "Name of the run, under which its experience and models are stored.")
    folder: str = key("", "Folder of the run, used by the trainer. Empty: runs/NAME.")
    job: int = key(0, "Number of the simulation job.", least=0)
    recorded: bool = key(False, "Whether a recorder belongs to the simulation, which then waits for it.")
    autostart: bool = key(True, "Whether a managed node configures and activates itself.")
    frame_prefix: str = key("", "Prefix of the frames of the car, for example car_1/; the frame map has none.")

    def __post_init__(self) -> None:
        """Check the values.

        Raises:
            ValueError: if `run` is not a valid run name, or `job` is negative.
        """
        super().__post_init__()
        try:
            check_run_name(self.run)
        except InputError as error:
            raise ValueError(str(error)) from error


@dataclass(frozen=True)
class AgentConfig(Section):
    """Configuration of the agent: which model drives, and how."""

    model: str = key("", "Folder of a model to drive with, for a car or a replay. Empty: the models of the run.")
    explore: bool = key(True, "true: draw actions from the policy's distribution. false: take the greedy action.")
    epsilon: float = key(
        0.0, "Probability of a random action in place of one from the policy's distribution: DeepRacer's e-greedy "
        "exploration. It falls from 1 to this value over epsilon_steps.", least=0, most=1,
    )  # fmt: skip
    epsilon_steps: int = key(
        10000, "Steps of all cars of a job, from its start, over which the probability falls to epsilon.", least=1
    )
    random_before_model: bool = key(True, "true: take random actions until a model is loaded. false: stand still.")
    live_camera: bool = key(
        False, "true: frames come from a camera on a car, with best-effort delivery and ROS time stamps; the car stops "
        "if a frame is older than max_age. false: a simulation waits for the answer to every frame.",
    )  # fmt: skip
    max_age: float = key(
        0.2, "Greatest age of a live frame, and time within which a command without a successor is followed by a stop.",
        unit="s",
        above=0,
    )  # fmt: skip
    image_transport: Literal["raw", "compressed"] = key(
        "raw", "raw: sensor_msgs/Image on camera/image_raw. compressed: JPEG or PNG as CompressedImage on "
        "camera/image_raw/compressed.",
    )  # fmt: skip
    speed_limit: float = key(
        FASTEST, "Greatest speed that is commanded, for driving; a training keeps the default.", unit="m/s", least=0,
        most=FASTEST,
    )  # fmt: skip
    stamped_cmd_vel: bool = key(
        False, "true: cmd_vel has TwistStamped, for the agent that publishes and the simulation that accepts it. "
        "false: Twist.",
    )  # fmt: skip

    def __post_init__(self) -> None:
        """Check that every key has an effect.

        Raises:
            ValueError: if `epsilon_steps` is set and has no effect.
        """
        super().__post_init__()
        if self.epsilon_steps != AgentConfig.epsilon_steps and not self.epsilon:
            raise ValueError(f"epsilon_steps: found {self.epsilon_steps}, which has no effect with epsilon: 0")

    def epsilon_after(self, steps: int) -> float:
        """Return the probability of a random action after a number of steps of all cars of a job."""
        if not self.epsilon:
            return 0.0
        return max(self.epsilon, 1.0 - (1.0 - self.epsilon) * steps / self.epsilon_steps)


@dataclass(frozen=True)
class TrainerConfig(Section):
    """Configuration of the trainer: batches, evaluations, end of the training and sinks."""

    batch_segments: int = key(64, "Segments in the batch of one update.", least=1)
    max_staleness: int = key(3, "Experience of a model more than this number of versions old is dropped.", least=0)
    threads: int = key(2, "Threads of an update; each computes a part of every minibatch.", least=1, most=1024)
    evaluate_every: int = key(
        4,
        "Updates between two whole evaluations; until every lap is complete, the models between them are tried too. "
        "0: never evaluate.",
        least=0,
    )
    evaluation_starts: int = key(10, "Laps of an evaluation on each track, with evenly spread starts.", least=1)
    best_by: Literal["progress", "lap_time", "reward"] = key(
        "progress", "What makes the best model in the evaluations. progress: complete laps, then mean progress, then "
        "lap time. lap_time: mean time of the complete laps. reward: mean reward of a lap; only then evaluations call "
        "a reward function.",
    )  # fmt: skip
    perfect_evaluations: int = key(
        2, "Training ends after this number of consecutive evaluations with every lap complete. 0: never.", least=0
    )
    max_seconds: float = key(600.0, "Training ends after this training time at the latest.", unit="s", above=0)
    max_env_steps: int = key(0, "Training ends after this number of environment steps. 0: no such limit.", least=0)
    patience: float = key(120.0, "Longest wait for experience before the training fails.", unit="s", above=0)
    checkpoints: Literal["folder", "bucket"] = key(
        "folder", "Where checkpoints are kept. folder: in the folder of the run. bucket: in the bucket of the models, "
        "so that a trainer on another machine can take over.",
    )  # fmt: skip
    lease: float = key(
        6.0, "Time without a sign of the trainer after which another one takes over, with checkpoints: bucket.",
        unit="s", least=0.5, most=600,
    )  # fmt: skip
    sinks: tuple[str, ...] = key(("tensorboard",), "Sinks that receive progress in addition to progress.jsonl.")


@dataclass(frozen=True)
class RunConfig(EnvironmentConfig):
    """The configuration of a run, which is saved with the run and with every model."""

    tracks: tuple[str, ...] = key(
        ("technical",),
        "Names of tracks, or paths of DeepRacer route files. random:SEED is a generated track, random:A-B are those of "
        "the seeds from A to B.",
    )
    jobs: int = key(1, "Simulation jobs; the tracks are divided among them.", least=1, most=MOST_JOBS)
    seed: int = key(0, "Seed of all random draws.", least=0, most=2**31 - 1)
    agent: AgentConfig = section(AgentConfig, "How the agent drives.")
    actions: ActionSpaceConfig = section(ActionSpaceConfig, "The action space of the policy.")
    network: NetworkConfig = section(NetworkConfig, "The network and the sensors that it reads.")
    learner: str = key("ppo", "Name of the learner.")
    learning: Any = field(default_factory=PPOConfig, metadata={"text": "Hyperparameters of the learner."})
    trainer: TrainerConfig = section(TrainerConfig, "The trainer: batches, evaluations, end of the training and sinks.")
    experience: ExperienceConfig = section(ExperienceConfig, "The experience in Redis.")
    models: ModelsConfig = section(ModelsConfig, "The models in S3.")
    gate: GateConfig = section(GateConfig, "What the gate of a car lets through.")
    car: CarConfig = section(CarConfig, "The servos of a car.")

    def __post_init__(self) -> None:
        """Check what depends on several keys.

        Raises:
            ValueError: if there is no track, or two keys contradict each other.
        """
        super().__post_init__()
        object.__setattr__(self, "tracks", expand_tracks(self.tracks))
        if not self.tracks:
            raise ValueError("tracks: found 0, expected 1 or more")
        for name in ("colour", "stack_size"):
            found, expected = getattr(self.camera, name), getattr(self.network, name)
            if found != expected:
                raise ValueError(f"camera.{name}: found {found!r}, expected the network's {expected!r}")
        for name in ("reads", "critic_reads"):
            for sensor in getattr(self.network, name):
                if sensor not in self.sensors:
                    raise ValueError(f"network.{name}: found {sensor!r}, expected one of sensors: {self.sensors}")

    @classmethod
    def types_by_value(cls, mapping: Mapping[str, Any]) -> dict[str, Any]:
        """Return the configuration class of the key `learning`, which depends on the key `learner`.

        Raises:
            ValueError: if there is no such learner.
        """
        return {"learning": learner_entry(str(mapping.get("learner", "ppo"))).config}

    @property
    def window(self) -> int:
        """Number of steps that a recorded simulation may be ahead of the last recorded step."""
        return self.experience.segment_steps + WINDOW_MARGIN

    def job_tracks(self, job: int) -> tuple[str, ...]:
        """Return the tracks of one simulation job.

        Job k gets the tracks k, k + jobs, k + 2 jobs, ...; if there are fewer tracks than jobs, track k modulo their
        number.
        """
        return self.tracks[job :: self.jobs] or (self.tracks[job % len(self.tracks)],)

    def without_secrets(self) -> "RunConfig":
        """Return the configuration with passwords replaced by `***`, for files and manifests."""
        return replace(self, experience=replace(self.experience, url=hide_password(self.experience.url)))


def read_config(values: Mapping[str, Any], where: str, tolerant: bool = False) -> RunConfig:
    """Return the run configuration in a mapping; the keys of earlier releases are accepted.

    Args:
        values: Nested keys and values.
        where: Source of the values for error messages.
        tolerant: Skip unknown keys, for example those of a newer release in a manifest.

    Raises:
        InputError: on an unknown key, or a value of a wrong type or out of range.
    """
    return from_mapping(RunConfig, upgrade(values), where, tolerant)


def upgrade(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return nested configuration values with the keys of earlier releases renamed as in `RENAMED`."""
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


def with_absolute_paths(values: Mapping[str, Any], folder: Path) -> dict[str, Any]:
    """Return nested configuration values in which the files that exist in a folder are named by absolute paths.

    So a run finds its reward and its tracks again from wherever it is resumed.

    Args:
        values: Nested keys and values.
        folder: The folder to which relative paths refer.
    """
    found = dict(values)
    if isinstance(reward := found.get("reward"), str):
        found["reward"] = _absolute(reward, folder)
    if isinstance(tracks := found.get("tracks"), list | tuple):
        found["tracks"] = [_absolute(track, folder) if isinstance(track, str) else track for track in tracks]
    return found


def _absolute(name: str, folder: Path) -> str:
    """Return the absolute path of a file in a folder; the name itself if there is no such file."""
    bare = name.removesuffix(REVERSED)
    path = folder / bare
    if Path(bare).suffix not in FILES or not path.is_file():
        return name
    return f"{path.absolute()}{name[len(bare) :]}"


def _copy(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: _copy(value) if isinstance(value, Mapping) else value for name, value in values.items()}


def to_saved(config: RunConfig) -> dict[str, Any]:
    """Return the configuration as nested plain values without secrets, for files and manifests."""
    return to_mapping(config.without_secrets())
