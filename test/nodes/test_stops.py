# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""Whatever happens to the agent of a moving car, a receiver that holds the last command holds a stop 0.2 s later."""

import os
import signal
import threading
import time
from pathlib import Path

import pytest

from benchmarks.common import own_ros_domain
from benchmarks.stops import EVENTS, LIMIT, Trial
from deepracer_ros.nodes.command_guard import STANDING, Topics, watch
from deepracer_ros.nodes.guard import Guard


@pytest.fixture(scope="module")
def trial():
    with own_ros_domain() as folder:
        trial = Trial(folder, by_sender=True)  # a busy machine may delay the test; benchmarks.stops measures receivers
        yield trial
        trial.close()


@pytest.mark.parametrize("event", EVENTS)
def test_the_car_stops_in_time(trial, chance, event):
    trial.drive()
    trial.drive_on(chance.uniform(0.0, 0.1))
    assert trial.stop_after(event) <= LIMIT


def test_a_car_without_a_guard_stands_until_there_is_another(trial):
    trial.drive()
    (guard,) = children(trial.agent.pid)
    os.kill(guard, signal.SIGKILL)
    trial.drive_on(0.2)
    assert not trial.moves
    trial.drive()  # the agent has started another guard
    assert children(trial.agent.pid) != [guard]


def children(pid):
    """Return the children of a process that run."""
    found = [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    return [child for child in found if Path(f"/proc/{child}/cmdline").read_bytes()]


def test_a_guard_that_is_stuck_counts_as_none_and_ends_with_its_owner():
    guard = Guard(Topics("/nobody/cmd_vel", "/nobody/ackermann_cmd"), max_age=0.2)  # other tests listen to cmd_vel
    process = guard._process
    try:
        until(lambda: guard.watches(0))
        os.kill(process.pid, signal.SIGSTOP)
        until(lambda: not guard.watches(0))
        assert guard.restarts == 0
        os.kill(process.pid, signal.SIGCONT)
        until(lambda: guard.watches(0))
        until(lambda: not guard.watches(1))  # it has no receiver
    finally:
        guard.close()
        process.wait(10.0)


class Receivers:
    """The stops of a guard whose only receiver has not discovered it yet."""

    def __init__(self):
        self.receivers, self.published, self.is_known = 1, 0, False

    def publish(self):
        self.published += 1

    def deliver(self):
        return self.is_known


def test_a_receiver_counts_when_it_has_acknowledged_a_stop():
    stops, (commands, agent), (signs, guard) = Receivers(), os.pipe(), os.pipe()
    os.write(agent, STANDING)
    thread = threading.Thread(target=watch, args=(stops, 0.1, commands, guard))
    thread.start()
    try:
        assert [os.read(signs, 1) for _ in range(5)] == 5 * [b"\0"]
        assert stops.published == 1
        stops.is_known = True
        until(lambda: os.read(signs, 1) == b"\1")
        assert stops.published == 1
    finally:
        os.close(agent)
        thread.join(10.0)


def until(condition, seconds=30.0):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)
