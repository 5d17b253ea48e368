# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""Real processes that are really killed, around a chip that keeps its last pulse."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from deepracer_ros.car.guard import STUCK, guard

NODE = """
import os, sys, time
from pathlib import Path
from deepracer_ros.car.calibration import Calibration
from deepracer_ros.car.config import CarConfig
from deepracer_ros.car.guard import PIPES, Lifeline
from deepracer_ros.car.servos import Servos

folder, ending = Path(sys.argv[1]), sys.argv[2]
line = Lifeline(os.environ[PIPES])
if ending == "early":
    sys.exit(7)
servos = Servos(CarConfig(pwm=str(folder / "pwmchip0"), power=str(folder / "power")), Calibration())
line.promise(servos.will)
(folder / "node").write_text(str(os.getpid()))
if ending == "rest":
    for _ in range(3):
        line.beat(rests=True)
        time.sleep(0.3)
    sys.exit(0)
line.beat()
servos.power(True)
for number in range(10**9):
    trouble = line.beat()
    if trouble == line.ENDED:
        servos.will.execute()
        sys.exit(2)
    if trouble:
        servos.drive(0.0, 0.0)
    else:
        servos.drive(0.5, 0.5)
    if ending == "finish" and number == 20:
        sys.exit(0)
    time.sleep(0.02)
"""
GUARD = "import sys; from deepracer_ros.car.guard import guard; sys.exit(guard([sys.executable, *sys.argv[1:]]))"
NEUTRAL = 1_446_000


@pytest.fixture
def start(chip):
    """Return a guard that runs a node, when the car moves."""
    script = chip.folder / "node.py"
    script.write_text(NODE)
    started = []

    def start(ending="never"):
        process = subprocess.Popen([sys.executable, "-c", GUARD, str(script), str(chip.folder), ending])
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.wait()
    if (chip.folder / "node").is_file():
        pid = int((chip.folder / "node").read_text())
        if Path(f"/proc/{pid}").exists():
            os.kill(pid, signal.SIGKILL)


def until(condition, seconds=20.0):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.002)


def node_of(chip):
    return int((chip.folder / "node").read_text())


def has_ended(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except FileNotFoundError:
        return True


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSTOP, signal.SIGTERM, signal.SIGSEGV])
def test_whatever_happens_to_the_node_the_car_stops_without_power(start, chip, number):
    process = start()
    until(lambda: chip.moves)
    node = node_of(chip)
    os.kill(node, number)
    assert process.wait(10) == (STUCK if number == signal.SIGSTOP else 128 + number)
    assert (chip.motor, chip.power) == (NEUTRAL, 1)
    until(lambda: has_ended(node))


def test_a_node_that_is_continued_sends_no_pulse_any_more(start, chip):
    process = start()
    until(lambda: chip.moves)
    node = node_of(chip)
    os.kill(node, signal.SIGSTOP)
    until(lambda: chip.power == 1)
    until(lambda: has_ended(node))
    process.wait(10)
    assert chip.motor == NEUTRAL


def test_the_node_stops_the_car_when_its_guard_is_killed(start, chip):
    process = start()
    until(lambda: chip.moves)
    node = node_of(chip)
    process.kill()
    until(lambda: has_ended(node))
    assert (chip.motor, chip.power) == (NEUTRAL, 1)


def test_the_node_stops_the_car_while_its_guard_is_stuck(start, chip):
    process = start()
    until(lambda: chip.moves)
    os.kill(process.pid, signal.SIGSTOP)
    until(lambda: chip.motor == NEUTRAL)
    os.kill(process.pid, signal.SIGCONT)


@pytest.mark.parametrize(("ending", "code"), [("finish", 0), ("rest", 0), ("early", 7)])
def test_the_exit_code_is_that_of_the_node(start, chip, ending, code):
    """A node without power on the servos may be silent, as while a lifecycle manager configures it."""
    assert start(ending).wait(20) == code
    assert chip.power == 1


def test_signals_reach_the_node(start, chip):
    process = start()
    until(lambda: chip.moves)
    process.terminate()
    assert process.wait(10) == 128 + signal.SIGTERM
    assert (chip.motor, chip.power) == (NEUTRAL, 1)


def test_a_command_that_cannot_start_is_no_guarded_node(chip):
    with pytest.raises(OSError):
        guard([str(chip.folder / "absent")])
