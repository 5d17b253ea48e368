# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""Whether the servos of a car go to neutral in time, whatever happens to the processes that drive it.

    python -m benchmarks.car_stops --events 200 --seed 1

A camera sends 30 frames per second to a real agent_node, whose commands a real car_node sends to a PWM chip made of
files, which hold their last pulse as the real ones do. `car_guard` watches it. While the car moves, one of `EVENTS`
happens at a random moment. The motor's pulse must be neutral within 0.25 s, and stay so.
"""

import argparse
import os
import random
import signal
import subprocess
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path

from rclpy.node import Node
from std_srvs.srv import SetBool, Trigger

from benchmarks.common import default_config, descendants, own_ros_domain
from benchmarks.stops import Trial, report
from deepracer_ros.car.calibration import Calibration, write_calibration
from deepracer_ros.car.config import CarConfig
from deepracer_ros.config import to_mapping
from deepracer_ros.parameters import write_parameters

LIMIT = 0.25
"""Time within which the pulse must be neutral, s."""
WATCHED = 0.6
"""Time after an event for which the pulse is watched, s."""
SAMPLE = 0.001
"""Time between two looks at the pulse, s."""
KILL, STOP = signal.SIGKILL, signal.SIGSTOP
EVENTS = {
    "agent killed": ("agent", KILL), "agent stuck": ("agent", STOP), "car_node killed": ("node", KILL),
    "car_node stuck": ("node", STOP), "car_guard killed": ("guard", KILL), "car_guard stuck": ("guard", STOP),
    "camera silent": ("camera", STOP),
}  # fmt: skip
"""What happens, by its name: the process, and the signal that it gets."""


def make_chip(folder: Path) -> None:
    """Make a PWM chip, the switch of the power and a calibration file in a folder."""
    for channel in ("pwm0", "pwm1"):
        (folder / "chip" / channel).mkdir(parents=True)
        for name in ("period", "duty_cycle", "enable"):
            (folder / "chip" / channel / name).write_text("0")
    (folder / "power").write_text("1")
    write_calibration(folder / "calibration.json", Calibration())


def places(folder: Path) -> dict[str, str]:
    """Return the keys of `car` that name the files of `make_chip`."""
    names = {"pwm": "chip", "power": "power", "calibration": "calibration.json"}
    return {name: str(folder / place) for name, place in names.items()}


class CarTrial(Trial):
    """A camera, an agent and a guarded car around a chip made of files."""

    def __init__(self, folder: Path, silence: float = CarConfig.silence) -> None:
        """Make the chip, and write the parameters of the car into a folder.

        Args:
            folder: An existing folder.
            silence: Silence after which car_guard and car_node take each other for stuck, s.
        """
        super().__init__(folder)
        make_chip(folder)
        config = default_config(simulation={"cars": 1}, car={**places(folder), "silence": silence})
        (folder / "car.yaml").write_bytes(write_parameters(to_mapping(config)))
        self.folder, self._neutral = folder, Calibration().motor.middle
        self.guard: subprocess.Popen[bytes] | None = None
        self._arm = self._node.create_client(SetBool, "/car/arm")
        self._clear = self._node.create_client(Trigger, "/car/clear")
        self.moved_at, self._is_open = 0.0, True
        self._thread = threading.Thread(target=self._sample, daemon=True)
        self._thread.start()

    @property
    def power(self) -> str:
        """Value of the switch of the power: 0 is on, 1 is off."""
        return (self.folder / "power").read_text()

    @property
    def node(self) -> Node:
        """The ROS node of the camera, which may call services."""
        return self._node

    def _sample(self) -> None:
        path = self.folder / "chip" / "pwm0" / "duty_cycle"
        while self._is_open:
            text = path.read_text()
            if text and int(text) not in (0, self._neutral):
                self.moved_at = time.monotonic()
            time.sleep(SAMPLE)

    def drive(self, seconds: float = 60.0) -> None:
        """Start what does not run, arm the car, and wait until it moves.

        Raises:
            TimeoutError: if it does not move in time.
        """
        super().drive(seconds)
        if self.guard is None or self.guard.poll() is not None:
            command = [sys.executable, "-m", "deepracer_ros.nodes.car_guard", "--ros-args", "--log-level", "fatal"]
            self.guard = subprocess.Popen([*command, "--params-file", str(self.folder / "car.yaml")])
        deadline, asked, due = time.monotonic() + seconds, time.monotonic(), 0.0
        while self.moved_at < asked:
            if time.monotonic() > deadline:
                raise TimeoutError(f"the motor's pulse stayed neutral for {seconds:g} s, expected a moving car")
            if time.monotonic() > due and self._arm.service_is_ready():
                self._clear.call_async(Trigger.Request())
                self._arm.call_async(SetBool.Request(data=True))
                due = time.monotonic() + 0.3
            self._spin(0.05)

    @property
    def car_node(self) -> int:
        """Id of the car's node."""
        assert self.guard is not None
        return descendants(self.guard.pid)[1]

    def stop_after(self, event: str) -> float:
        """Let an event happen, and return the time after which the pulse was neutral for good, s."""
        assert self.agent is not None
        assert self.guard is not None
        part, number = EVENTS[event]
        pid = {"agent": self.agent.pid, "node": self.car_node, "guard": self.guard.pid, "camera": 0}[part]
        began = time.monotonic()
        if part == "camera":
            self._sends = False
        else:
            os.kill(pid, number)
        self._spin(WATCHED)
        stopped = max(0.0, self.moved_at - began)
        if number == STOP and part != "camera":
            with suppress(ProcessLookupError):  # the guard kills a node that is stuck
                os.kill(pid, signal.SIGCONT)
        if part in ("node", "guard") and not (part == "guard" and number == STOP):
            self.guard.wait(20.0)
        elif part == "agent" and number == KILL:
            self.agent.wait(10.0)
        return stopped

    def close(self) -> None:
        """End all processes."""
        self._is_open = False
        self._thread.join()
        if self.guard is not None and self.guard.poll() is None:
            self.guard.terminate()
            self.guard.wait(20.0)
        super().close()


def main() -> int:
    """Print how often the car stopped in time, by event; the exit code is 1 if it did not always."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.car_stops", description=__doc__)
    parser.add_argument("--events", type=int, default=35, help="number of events (default: 35)")
    parser.add_argument("--seed", type=int, default=1, help="seed of the events and their moments (default: 1)")
    options = parser.parse_args()
    chance = random.Random(options.seed)
    seconds: dict[str, list[float]] = {event: [] for event in EVENTS}
    with own_ros_domain() as folder:
        trial = CarTrial(folder)
        try:
            for event in chance.choices(list(EVENTS), k=options.events):
                trial.drive()
                trial.drive_on(chance.uniform(0.0, 0.3))
                seconds[event].append(trial.stop_after(event))
        finally:
            trial.close()
    return report(seconds, LIMIT)


if __name__ == "__main__":
    sys.exit(main())
