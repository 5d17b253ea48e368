# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""Laps of the simulated car behind the servos of a real one, all processes apart, in real time.

    python -m benchmarks.car_laps --laps 5 --track oval

simulation_node sends frames, agent_node answers them, and car_node sends its commands through the gate to a PWM chip
made of files. This process reads the pulses as a servo does, and gives their steering and speed to the simulation.
"""

import argparse
import math
import subprocess
import sys
import time
from collections import Counter
from contextlib import ExitStack
from pathlib import Path

import numpy as np
import rclpy
from rclpy.executors import SingleThreadedExecutor
from sensor_msgs.msg import JointState, PointCloud2
from std_srvs.srv import SetBool

from benchmarks.car_stops import make_chip, places
from benchmarks.common import default_config, own_ros_domain
from deepracer_ros.car.calibration import Calibration, Pulses
from deepracer_ros.config import to_mapping
from deepracer_ros.models.folder import shipped_models
from deepracer_ros.nodes.base import make_node
from deepracer_ros.nodes.messages.drive import to_drive
from deepracer_ros.nodes.messages.state import from_state, terms_of
from deepracer_ros.nodes.qos import LOCK_STEP, recorded
from deepracer_ros.parameters import write_parameters
from deepracer_ros.race.status import Status
from deepracer_ros.race.vehicle import read_vehicle

FASTEST = 3.0
"""Speed of full throttle, m/s."""
SERVOS = "servo_drive"
"""Topic on which the simulation gets what the servos do."""
PERIOD = 0.02
"""Time between two pulses, s."""
LIMIT_SECONDS = 120.0
"""Longest time for all laps, and for the start, s."""


def value_of(pulses: Pulses, pulse: int) -> float:
    """Return the value from -1 to 1 for which a servo gets a pulse, ns."""
    side = pulses.most - pulses.middle if pulse > pulses.middle else pulses.middle - pulses.least
    return pulses.polarity * (pulse - pulses.middle) / side


def speed_of(throttle: float) -> float:
    """Return the lowest speed, m/s, for which DeepRacer's curve has a throttle; 0 for a negative one."""
    return FASTEST * (2.2 - math.sqrt(max(4.84 - 4.8 * min(max(throttle, 0.0), 1.0), 0.0))) / 2.4


class Servos:
    """Reads the pulses, moves the simulated car, and counts its laps."""

    def __init__(self, chip: Path) -> None:
        """Open the topics."""
        self._chip, self._calibration = chip, Calibration()
        self.node = make_node("servos")
        self._limit = read_vehicle().steering_limit
        self._drive = self.node.create_publisher(JointState, SERVOS, LOCK_STEP)
        self.node.create_subscription(PointCloud2, "race/state", self._on_state, recorded(default_config().window))
        self._arm = self.node.create_client(SetBool, "car/arm")
        self.ends: Counter[str] = Counter()
        self.is_driving = False

    def _on_state(self, message: PointCloud2) -> None:
        status = Status(int(from_state(message, terms_of(message))["status"][0]))
        if self.is_driving and status > Status.IN_PROGRESS:
            self.ends[status.name] += 1

    def arm(self) -> None:
        """Ask the gate to be armed."""
        if self._arm.service_is_ready():
            self._arm.call_async(SetBool.Request(data=True))

    def move(self) -> None:
        """Give the steering and speed of the present pulses to the simulation."""
        texts = [(self._chip / channel / "duty_cycle").read_text() for channel in ("pwm1", "pwm0")]
        if not all(texts) or "0" in texts:
            return
        angle, throttle = map(value_of, (self._calibration.steering, self._calibration.motor), map(int, texts))
        speed = speed_of(throttle)
        self.is_driving = self.is_driving or speed > 0.0
        numbers = np.array([angle * self._limit]), np.array([speed]), np.zeros(1, np.float32)
        self._drive.publish(to_drive(*numbers, ["car_0"], "servos", self.node.get_clock().now().to_msg()))


def _started(name: str, arguments: list[str]) -> "subprocess.Popen[bytes]":
    return subprocess.Popen([sys.executable, "-m", f"deepracer_ros.nodes.{name}", *arguments])


def drive(folder: Path, laps: int, track: str) -> Counter[str]:
    """Return how the episodes ended, by the name of the status, when there are as many as laps were asked for.

    Args:
        folder: Folder for the chip and the parameters.
        laps: Number of laps.
        track: Name of the track.

    Raises:
        TimeoutError: if the laps take too long.
    """
    make_chip(folder)
    config = default_config(
        tracks=[track], simulation={"cars": 1, "real_time": True}, car={**places(folder), "fastest": FASTEST},
        agent={"model": str(shipped_models()["generalist"]), "explore": False, "live_camera": True},
        gate={"throttle": 1.0}, network={"width": 80, "height": 60}, camera={"width": 160, "height": 120},
    )  # fmt: skip
    parameters = folder / "parameters.yaml"
    parameters.write_bytes(write_parameters(to_mapping(config)))
    ours = ["--ros-args", "--params-file", str(parameters), "--log-level", "fatal"]
    timed = ["-p", "use_sim_time:=true"]
    commands = {
        "simulation_node": [*ours, "-r", f"drive:={SERVOS}"],
        "agent_node": [*ours, *timed],
        "car_guard": [*ours, *timed],
    }
    with ExitStack() as stack:
        rclpy.init()
        stack.callback(rclpy.try_shutdown)
        servos, executor = Servos(folder / "chip"), SingleThreadedExecutor()
        executor.add_node(servos.node)
        processes = {name: stack.enter_context(_started(name, arguments)) for name, arguments in commands.items()}
        stack.callback(lambda: [process.terminate() for process in processes.values()])
        deadline, due, asked = time.monotonic() + LIMIT_SECONDS, 0.0, 0.0
        while servos.ends.total() < laps:
            now = time.monotonic()
            if now > deadline:
                raise TimeoutError(f"found {dict(servos.ends)} within {LIMIT_SECONDS:.0f} s, expected {laps} laps")
            if (guard := processes["car_guard"]).poll() is not None:  # a tick was late while all processes started
                print(f"car_guard ended with {guard.returncode} and is started again")
                processes["car_guard"] = stack.enter_context(_started("car_guard", commands["car_guard"]))
                servos.is_driving = False
            if not servos.is_driving and now > asked:
                servos.arm()
                asked = now + 0.5
            if now > due:
                servos.move()
                due = now + PERIOD
            executor.spin_once(timeout_sec=0.002)
    return servos.ends


def main() -> int:
    """Print how many laps were completed; the exit code is 1 if it was not every one."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.car_laps", description=__doc__)
    parser.add_argument("--laps", type=int, default=5, help="number of laps (default: 5)")
    parser.add_argument("--track", default="oval", help="name of the track (default: oval)")
    options = parser.parse_args()
    with own_ros_domain() as folder:
        ends = drive(folder, options.laps, options.track)
    done = ends[Status.LAP_COMPLETE.name]
    print(f"{done} of {options.laps} laps, {dict(ends)}")
    return 0 if done == options.laps else 1


if __name__ == "__main__":
    sys.exit(main())
