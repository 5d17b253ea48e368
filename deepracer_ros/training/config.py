"""The configuration of a run: one frozen dataclass out of those of its parts."""

from dataclasses import dataclass, field
from typing import Literal

from deepracer_ros.learning.action_space import ActionSpaceConfig
from deepracer_ros.learning.network import NetworkConfig
from deepracer_ros.learning.ppo import PPOConfig
from deepracer_ros.race.referee import RefereeConfig
from deepracer_ros.simulation.camera import CameraConfig
from deepracer_ros.simulation.randomisation import RandomisationConfig


@dataclass(frozen=True)
class SimulationConfig:
    """One simulation job: the cars it steps together."""

    simulator: Literal["embedded", "gazebo"] = "embedded"
    """`embedded` is fast; `gazebo` is a real Gazebo."""
    cars: int = 64
    """Cars in lock-step; they are shared out over the job's tracks."""
    threads: int = 1
    """Threads of the embedded simulator."""
    real_time: bool = False
    """False: wait for every drive command, faster than real time. True: 15 frames per second of the wall
    clock; a car without a fresh command stops."""
    window: int = 0
    """Steps the simulation may be ahead of what is recorded; 0 where no recorder is expected."""
    agent_seconds: float = 60.0
    """How long to wait for an agent (and a recorder) before giving up, s."""


@dataclass(frozen=True)
class AgentConfig:
    """How the agent drives."""

    model: str = ""
    """Folder of a model to drive with, for a car or a replay; empty follows the models of the run."""
    explore: bool = True
    """Draw actions from the policy's distribution; false takes the greedy action."""
    random_before_model: bool = True
    """Drive at random until the first model is there; false stands still."""
    live_camera: bool = False
    """The frames come from a camera on a car: best effort, stamped with ROS time, and a car whose frame is
    older than `max_age` stops. False: a simulation waits for every answer."""
    max_age: float = 0.2
    """How old a live frame may be, and how long a command is good for where nobody waits for it, s."""


@dataclass(frozen=True)
class ExperienceConfig:
    """Where experience is kept between recorder and trainer."""

    url: str = ""
    """Redis URL, `redis://[:password@]host:port`, `rediss://...` or `unix://...`; empty starts a local server."""
    segment_steps: int = 32
    """Steps of one segment."""
    capacity_segments: int = 64
    """Segments that may wait for the trainer; more are refused and the simulations wait."""


@dataclass(frozen=True)
class ModelsConfig:
    """Where models are kept."""

    endpoint: str = ""
    """URL of the S3 server; empty starts a local one, unless `aws` is set."""
    bucket: str = "deepracer"
    """Bucket of the models."""
    aws: bool = False
    """Use AWS S3 with the credentials of boto3's usual chain."""
    keep: int = 20
    """Versions kept beside the best and the last."""


@dataclass(frozen=True)
class TrainerConfig:
    """What the trainer does around the learner."""

    batch_segments: int = 64
    """Segments in one update."""
    max_staleness: int = 3
    """Experience of a model more versions old than this is dropped and counted."""
    threads: int = 2
    """Threads of the update; each takes a part of every minibatch."""
    evaluate_every: int = 4
    """Updates between two evaluations."""
    evaluation_starts: int = 10
    """Laps of an evaluation, started evenly over each track."""
    perfect_evaluations: int = 2
    """Training is done when so many evaluations in a row completed every lap; 0: never for that reason."""
    max_seconds: float = 600.0
    """Training ends after this time in any case, s."""
    max_env_steps: int = 0
    """Training ends after so many environment steps; 0: no such limit."""
    patience: float = 120.0
    """How long to wait for experience before giving up, s."""


@dataclass(frozen=True)
class RunConfig:
    """Everything that a run depends on; saved with the run and with every model."""

    run: str = "run"
    """Name of the run: its folder, its experience and its models."""
    folder: str = "runs/run"
    """The run folder: checkpoint, progress, TensorBoard events."""
    tracks: tuple[str, ...] = ("technical",)
    """Names of tracks, or paths of DeepRacer route files."""
    jobs: int = 1
    """Simulation jobs; tracks are shared out among them."""
    seed: int = 0
    """What every random draw derives from."""
    reward: str = "progress"
    """Name of a reward, or path of a Python file with `reward_function(params)`."""
    simulation: SimulationConfig = field(default_factory=SimulationConfig)
    """The simulation jobs."""
    camera: CameraConfig = field(default_factory=lambda: CameraConfig(width=80, height=60))
    """What the simulated cameras deliver."""
    randomisation: RandomisationConfig = field(default_factory=RandomisationConfig)
    """What varies from episode to episode."""
    referee: RefereeConfig = field(default_factory=RefereeConfig)
    """The rules."""
    agent: AgentConfig = field(default_factory=AgentConfig)
    """How the agent drives."""
    actions: ActionSpaceConfig = field(default_factory=ActionSpaceConfig)
    """What the policy chooses from."""
    network: NetworkConfig = field(default_factory=NetworkConfig)
    """The network and what it sees."""
    learning: PPOConfig = field(default_factory=PPOConfig)
    """The learner."""
    trainer: TrainerConfig = field(default_factory=TrainerConfig)
    """Around the learner."""
    experience: ExperienceConfig = field(default_factory=ExperienceConfig)
    """Redis."""
    models: ModelsConfig = field(default_factory=ModelsConfig)
    """S3."""

    def __post_init__(self) -> None:
        """Check what no single part can.

        Raises:
            ValueError: if a count is not positive or the jobs have no track each.
        """
        for name, count in (
            ("tracks", len(self.tracks)), ("jobs", self.jobs), ("simulation.cars", self.simulation.cars),
            ("trainer.batch_segments", self.trainer.batch_segments),
            ("experience.segment_steps", self.experience.segment_steps),
        ):  # fmt: skip
            if count < 1:
                raise ValueError(f"{name}: found {count}, expected 1 or more")
        if self.camera.colour != self.network.colour:
            raise ValueError(
                f"camera.colour: found {self.camera.colour!r}, expected the network's {self.network.colour!r}"
            )

    def job_tracks(self, job: int) -> tuple[str, ...]:
        """Return the tracks of one job: every jobs-th from its own number on, all in turn if there are fewer."""
        return self.tracks[job :: self.jobs] or (self.tracks[job % len(self.tracks)],)
