# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""Configuration of a simulation: cameras, dynamics, randomisation, and the environment as a whole."""

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
    """The image of a car's camera; the URDF defines the camera's position and field of view."""

    width: int = key(80, "Width of the image.", unit="pixels", least=8, most=4096)
    height: int = key(60, "Height of the image.", unit="pixels", least=8, most=4096)
    colour: Literal["grey", "rgb"] = key(
        "grey", "grey: one channel, as DeepRacer's networks read. rgb: three channels."
    )
    stack_size: int = key(
        1, "Number of a car's last frames in one observation, below each other, the newest at the bottom.", least=1,
        most=16,
    )  # fmt: skip

    @property
    def channels(self) -> int:
        """Number of colour channels: 1 for grey, 3 for RGB."""
        return 1 if self.colour == "grey" else 3

    @property
    def frame_shape(self) -> tuple[int, ...]:
        """Shape of a frame: (height, width) for grey, (height, width, 3) for RGB."""
        return (self.height, self.width) if self.colour == "grey" else (self.height, self.width, 3)


@dataclass(frozen=True)
class DynamicsConfig(Section):
    """Parameters of the car's motion that the URDF does not contain."""

    substeps: int = key(
        16, "Integration steps per control period; 16 steps are 1/240 s each, as in Gazebo.", least=1, most=1000
    )
    slip_stiffness: float = key(
        5.0,
        "Tyre force per unit of slip, over load times friction. The default is near the values identified for a 1/10 "
        "car (4.72 front, 5.46 rear: O'Kelly et al., F1TENTH, NeurIPS 2019 Competition Track).",
        unit="1/rad",
        above=0,
    )
    steering_lag: float = key(
        0.03, "Time constant of the steering servo near its goal; far from it the URDF's rate limit applies.", unit="s",
        above=0,
    )  # fmt: skip
    drive_lag: float = key(
        0.06, "Time constant of the speed controller while the motors' torque suffices. The default is an estimate: no "
        "identification of the real drive is published.", unit="s", above=0,
    )  # fmt: skip
    maximum_speed: float = key(4.0, "Largest speed; faster commands are limited to it.", unit="m/s", above=0)
    latency: float = key(
        0.0, "Time from a camera frame until the command that answers it takes effect.", unit="s", least=0, most=10
    )


@dataclass(frozen=True)
class RandomisationConfig(Section):
    """Largest deviations to either side, uniformly distributed and drawn for each car at each reset; 0 is off."""

    light_gain: float = key(0.0, "Largest relative change of the image's brightness.", least=0, most=1)
    light_offset: float = key(
        0.0, "Largest shift of the image's brightness, in levels of 0 to 255.", unit="levels", least=0, most=255
    )
    colour: float = key(
        0.0, "Largest shift of each of several tones of each colour channel: road, lines and ground become darker, "
        "lighter or of another hue independently.", unit="levels", least=0, most=255,
    )  # fmt: skip
    camera_x: float = key(0.0, "Largest shift of the camera along the car.", unit="m", least=0, most=255)
    camera_z: float = key(0.0, "Largest change of the camera's height.", unit="m", least=0, most=255)
    camera_pitch: float = key(0.0, "Largest change of the camera's pitch.", unit="rad", least=0, most=255)
    camera_yaw: float = key(0.0, "Largest change of the camera's yaw.", unit="rad", least=0, most=255)
    camera_fov: float = key(0.0, "Largest relative change of the camera's field of view.", least=0, most=0.5)
    friction: float = key(0.0, "Largest relative change of the tyres' friction.", least=0, most=0.9)
    latency: float = key(
        0.0, "Largest extra delay of drive commands, added to dynamics.latency.", unit="s", least=0, most=255
    )
    steering_bias: float = key(0.0, "Largest constant error of the steering angle.", unit="rad", least=0, most=255)
    steering_gain: float = key(0.0, "Largest relative error of the steering angle.", least=0, most=0.9)
    speed_gain: float = key(0.0, "Largest relative error of the commanded speed.", least=0, most=0.9)
    pixel_noise: float = key(
        0.0, "Standard deviation of the noise in every pixel of every frame.", unit="levels", least=0, most=255
    )


@dataclass(frozen=True)
class SimulationConfig(Section):
    """One simulation job: its simulator, its cars and its timing."""

    simulator: str = key(
        "embedded", "Simulator by name. embedded: the package's own fast simulator. gazebo: Gazebo Classic 11."
    )
    cars: int = key(
        64, "Number of cars, simulated in lock-step and divided among the job's tracks.", least=1, most=65535
    )
    threads: int = key(1, "Number of threads of the embedded simulator.", least=1, most=1024)
    real_time: bool = key(
        False, "false: wait for every drive command and run faster than real time. true: run 15 frames per second of "
        "wall-clock time; a car without a recent command stops.",
    )  # fmt: skip
    real_time_factor: float = key(
        1.0, "Speed of the simulation in real time: 2 runs 30 frames per second of wall-clock time. It has an effect "
        "only with real_time.", above=0, most=100,
    )  # fmt: skip
    agent_seconds: float = key(
        60.0, "Time to wait for an agent (and a recorder) before the job fails.", unit="s", above=0
    )


WITHOUT_EFFECT_IN_GAZEBO: tuple[tuple[str, Section, tuple[str, ...]], ...] = (
    ("randomisation", RandomisationConfig(), tuple(RandomisationConfig.__dataclass_fields__)),
    ("dynamics", DynamicsConfig(), ("substeps", "latency")),
    ("simulation", SimulationConfig(), ("threads",)),
)
"""Sections of the configuration with their defaults, and the keys that must have them in Gazebo."""


@dataclass(frozen=True)
class EnvironmentConfig(Section):
    """Configuration of an environment: simulator, race, referee, rewards and sensors."""

    race: RaceConfig = section(RaceConfig, "The race: its type, laps and objects.")
    referee: RefereeConfig = section(RefereeConfig, "The rules of an episode.")
    reward: str | Mapping[str, float] = field(
        default_factory=lambda: dict(DEFAULT_REWARD),
        metadata={
            "text": "Weights of reward terms by name, or the path of a Python file with reward_function(params)."
        },
    )
    require_sandbox: bool = key(
        False, "Whether to refuse a reward file on a machine that cannot keep it from files and networks."
    )
    sensors: tuple[str, ...] = key(
        ("FRONT_FACING_CAMERA", "state"), "Sensors that are observed and recorded at every step, by name."
    )
    simulation: SimulationConfig = section(SimulationConfig, "The simulation jobs.")
    camera: CameraConfig = section(CameraConfig, "The images of the simulated cameras.")
    dynamics: DynamicsConfig = section(DynamicsConfig, "Parameters of the car's motion that the URDF does not contain.")
    randomisation: RandomisationConfig = section(RandomisationConfig, "Random differences between cars and episodes.")

    def __post_init__(self) -> None:
        """Check that all keys take effect with the configured simulator, and that the race type exists.

        Raises:
            ValueError: if a key has no effect, or the race is not valid.
        """
        super().__post_init__()
        if self.simulation.simulator == "gazebo":
            for section_name, defaults, names in WITHOUT_EFFECT_IN_GAZEBO:
                for name in names:
                    expected = getattr(defaults, name)
                    if getattr(getattr(self, section_name), name) != expected:
                        raise ValueError(f"{section_name}.{name}: has no effect in Gazebo, expected {expected}")
        try:
            find_race(self.race)
        except InputError as error:
            raise ValueError(str(error)) from error
