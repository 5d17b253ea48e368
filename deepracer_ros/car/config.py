# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""Configuration of a car: what its gate lets through, and how the servos are driven."""

from dataclasses import dataclass

from deepracer_ros.config import Section, key


@dataclass(frozen=True)
class GateConfig(Section):
    """Configuration of the gate, behind which only fresh and sound commands reach the servos."""

    max_age: float = key(
        0.2, "Greatest age of a command, by its stamp and by its arrival; an older one gives way to neutral.", unit="s",
        above=0, most=1,
    )  # fmt: skip
    least_frames: float = key(
        10.0, "Least rate of the camera; below it the car stands.", unit="1/s", above=0, most=1000
    )
    throttle: float = key(
        0.5,
        "Greatest throttle that is sent, of the calibrated range; may change while driving.",
        least=0,
        most=1,
    )
    steering_rate: float = key(
        10.0, "Greatest change of the steering, of the calibrated range, per second.", unit="1/s", above=0
    )
    throttle_rate: float = key(
        4.0, "Greatest increase of the throttle, of the calibrated range, per second; it falls at once.", unit="1/s",
        above=0,
    )  # fmt: skip
    dead_man: bool = key(False, "Whether a button must be held, on joy, for the car to move.")
    dead_man_button: int = key(4, "Number of that button.", least=0, most=63)
    least_battery: float = key(0.0, "Charge of the battery below which the car stops. 0: not watched.", least=0, most=1)
    crash: float = key(
        3.0, "Acceleration on imu that is a crash: the car stops until the fault is cleared.", unit="g",
        above=1,
    )  # fmt: skip
    lifted: float = key(
        0.5, "Acceleration below which the car counts as picked up or falling: it stops in the same way.", unit="g",
        least=0, most=0.99,
    )  # fmt: skip


@dataclass(frozen=True)
class CarConfig(Section):
    """Configuration of the servos of a car that a PWM chip of Linux drives."""

    pwm: str = key("/sys/class/pwm/pwmchip0", "Folder of the PWM chip; it has a folder for each channel, pwm0, ...")
    steering_channel: int = key(1, "Channel of the steering servo.", least=0, most=63)
    motor_channel: int = key(0, "Channel of the motor controller.", least=0, most=63)
    power: str = key(
        "/sys/class/gpio/gpio436/value", "File of the switch of the servos' power: 0 is on, 1 is off. Empty: none."
    )
    silence: float = key(
        0.1, "Silence after which car_guard and car_node take each other for stuck; both then stop the car.", unit="s",
        above=0, most=1,
    )  # fmt: skip
    fastest: float = key(
        3.0, "Speed of a command that means full throttle: the fastest action of the model.", unit="m/s", above=0
    )
    calibration: str = key("/opt/aws/deepracer/calibration.json", "Calibration file of the car.")
