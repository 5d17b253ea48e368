"""What can be configured about a simulation: cameras, dynamics, randomisation, and the environment as a whole."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from deepracer_ros.config import Section, key, section
from deepracer_ros.errors import InputError
from deepracer_ros.race.config import RaceConfig, RefereeConfig
from deepracer_ros.race.race import find_race

DEFAULT_REWARD: Mapping[str, float] = {"progress": 1.0, "failure": -1.0}


@dataclass(frozen=True)
class CameraConfig(Section):
    """The image that a car's camera gives; where it sits and how wide it looks stands in the URDF."""

    width: int = key(80, "Pixels of a row.", unit="pixels", least=8, most=4096)
    height: int = key(60, "Rows of pixels.", unit="pixels", least=8, most=4096)
    colour: Literal["grey", "rgb"] = key("grey", "grey: one channel, as DeepRacer's networks see. rgb: three.")

    @property
    def channels(self) -> int:
        """1 or 3."""
        return 1 if self.colour == "grey" else 3

    @property
    def frame_shape(self) -> tuple[int, ...]:
        """(height, width) of a grey camera, (height, width, 3) of an RGB one."""
        return (self.height, self.width) if self.colour == "grey" else (self.height, self.width, 3)


@dataclass(frozen=True)
class DynamicsConfig(Section):
    """What the URDF does not say of the car's motion."""

    substeps: int = key(
        16, "Steps of the integration in one control period; 16 are 1/240 s each, as Gazebo's.", least=1, most=1000
    )
    slip_stiffness: float = key(
        5.0,
        "Tyre force per unit of slip, over load times friction. 5 1/rad is what was identified for a 1/10 car on its "
        "tyres (4.72 front, 5.46 rear: O'Kelly et al., F1TENTH, NeurIPS 2019 Competition Track).",
        unit="1/rad",
        above=0,
    )
    steering_lag: float = key(
        0.03, "Time constant of the steering servo near its goal; far from it the URDF's rate limits.", unit="s",
        above=0,
    )  # fmt: skip
    drive_lag: float = key(
        0.06, "Time constant of the speed controller while the motors' torque suffices. Estimated: no identification "
        "of the real drive is published.", unit="s", above=0,
    )  # fmt: skip
    maximum_speed: float = key(4.0, "Commands beyond this are limited to it.", unit="m/s", above=0)
    latency: float = key(
        0.0, "Time from a frame until the command that answers it takes effect.", unit="s", least=0, most=10
    )


@dataclass(frozen=True)
class RandomisationConfig(Section):
    """How far each term strays to either side, evenly spread; drawn per car at each reset. 0 is off."""

    light_gain: float = key(0.0, "Of the brightness, as a part of it.", least=0, most=1)
    light_offset: float = key(0.0, "Of the brightness, grey levels (0 to 255).", unit="levels", least=0, most=255)
    colour: float = key(
        0.0, "Of each of several tones of each channel on its own: road, lines and ground become darker, lighter or of "
        "another hue independently.", unit="levels", least=0, most=255,
    )  # fmt: skip
    camera_x: float = key(0.0, "Of the camera's place along the car.", unit="m", least=0, most=255)
    camera_z: float = key(0.0, "Of the camera's height.", unit="m", least=0, most=255)
    camera_pitch: float = key(0.0, "Of the camera's pitch.", unit="rad", least=0, most=255)
    camera_yaw: float = key(0.0, "Of the camera's yaw.", unit="rad", least=0, most=255)
    camera_fov: float = key(0.0, "Of the camera's field of view, as a part of it.", least=0, most=0.5)
    friction: float = key(0.0, "Of the tyres' friction, as a part of it.", least=0, most=0.9)
    latency: float = key(
        0.0, "Drive commands are late by up to this much beyond the usual latency.", unit="s", least=0, most=255
    )
    steering_bias: float = key(0.0, "Added to the steering angle.", unit="rad", least=0, most=255)
    steering_gain: float = key(0.0, "Of the steering angle, as a part of it.", least=0, most=0.9)
    speed_gain: float = key(0.0, "Of the commanded speed, as a part of it.", least=0, most=0.9)
    pixel_noise: float = key(
        0.0, "Standard deviation of the noise of every pixel of every frame.", unit="levels", least=0, most=255
    )


@dataclass(frozen=True)
class SimulationConfig(Section):
    """One simulation job: the cars it steps together."""

    simulator: str = key("embedded", "Simulator by name. embedded is fast; gazebo is a real Gazebo.")
    cars: int = key(64, "Cars in lock-step; they are shared out over the job's tracks.", least=1, most=65535)
    threads: int = key(1, "Threads of the embedded simulator.", least=1, most=1024)
    real_time: bool = key(
        False, "false: wait for every drive command, faster than real time. true: 15 frames per second of wall-clock "
        "time, and a car without a fresh command stops.",
    )  # fmt: skip
    agent_seconds: float = key(
        60.0, "How long to wait for an agent (and a recorder) before giving up.", unit="s", above=0
    )


@dataclass(frozen=True)
class EnvironmentConfig(Section):
    """Everything that an environment is made of: simulator, race, referee, rewards and sensors."""

    race: RaceConfig = section(RaceConfig, "What is raced.")
    referee: RefereeConfig = section(RefereeConfig, "The rules of an episode.")
    reward: str | Mapping[str, float] = field(
        default_factory=lambda: dict(DEFAULT_REWARD),
        metadata={
            "text": "Weights of reward terms by name; or the path of a Python file with reward_function(params)."
        },
    )
    sensors: tuple[str, ...] = key(
        ("FRONT_FACING_CAMERA", "state"), "What is observed at every step, and recorded, by name."
    )
    simulation: SimulationConfig = section(SimulationConfig, "The simulation jobs.")
    camera: CameraConfig = section(CameraConfig, "What the simulated cameras deliver.")
    dynamics: DynamicsConfig = section(DynamicsConfig, "How the car moves, beyond the URDF.")
    randomisation: RandomisationConfig = section(RandomisationConfig, "What varies from episode to episode.")

    def __post_init__(self) -> None:
        """Refuse keys that cannot take effect together.

        Raises:
            ValueError: if one cannot; names it.
        """
        super().__post_init__()
        if self.simulation.simulator == "gazebo":
            for name, value in vars(self.randomisation).items():
                if value:
                    raise ValueError(f"randomisation.{name}: has no effect in Gazebo, expected 0")
            defaults = DynamicsConfig()
            for name in ("substeps", "latency"):
                if getattr(self.dynamics, name) != getattr(defaults, name):
                    raise ValueError(f"dynamics.{name}: has no effect in Gazebo, expected {getattr(defaults, name)}")
            if self.simulation.threads != SimulationConfig().threads:
                raise ValueError("simulation.threads: has no effect in Gazebo, expected 1")
        try:
            find_race(self.race)
        except InputError as error:
            raise ValueError(str(error)) from error
