# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""The rule by which workers are started again, with an engine of which only the exit codes matter."""

import time

import pytest

from deepracer_ros.engine import supervisor
from deepracer_ros.engine.engine import TRAINER, Report, Task
from deepracer_ros.engine.processes import BAD_INPUT, FATAL
from deepracer_ros.engine.supervisor import FUTILE_REFUSALS, FUTILE_RESTARTS, RESTART_SECONDS, Supervisor
from deepracer_ros.errors import InputError

JOB = Task("simulation", 3)


class Codes:
    """An engine that is told how its workers end."""

    is_spread = False

    def __init__(self):
        self.started, self.stopped, self.codes = [], [], {}

    def start(self, task):
        if task.job > 5:
            raise InputError("no place")
        self.started.append(task)
        self.codes[task] = None

    def begin(self):
        pass

    def poll(self, tasks):
        return {task: Report(self.codes[task]) for task in tasks}

    def stop(self, tasks):
        self.stopped += tasks

    def last_words(self, task):
        return f"the words of {task.name}"


@pytest.fixture
def clock(monkeypatch):
    """Time that passes at once."""
    now = [100.0]
    monkeypatch.setattr(supervisor.time, "monotonic", lambda: now[0])
    return now


@pytest.fixture
def engine():
    return Codes()


def die(made, engine, clock, code, task=JOB):
    """Let a worker end; return who was started again at once, and after the pause."""
    engine.codes[task] = code
    at_once = made.revive(made.poll())
    clock[0] += RESTART_SECONDS
    return at_once, made.revive(made.poll())


def test_all_start_and_the_trainer_is_stopped_last(engine):
    made = Supervisor(engine, [TRAINER, JOB])
    assert engine.started == [TRAINER, JOB]
    assert {task: report.is_alive for task, report in made.poll().items()} == {TRAINER: True, JOB: True}
    made.stop()
    assert engine.stopped == [JOB, TRAINER]


def test_a_start_that_fails_stops_those_before_it(engine):
    with pytest.raises(InputError, match="no place"):
        Supervisor(engine, [TRAINER, Task("simulation", 6)])
    assert TRAINER in engine.stopped


def test_a_dead_worker_starts_again_after_a_pause_and_as_often_as_it_is_of_use(engine, clock):
    made = Supervisor(engine, [TRAINER, JOB])
    for _ in range(3 * FUTILE_RESTARTS):
        assert die(made, engine, clock, -9) == ([], ["simulation job 3"])
        made.progressed()


def test_restarts_without_progress_end_the_run(engine, clock):
    made = Supervisor(engine, [TRAINER, JOB])
    for _ in range(FUTILE_RESTARTS):
        die(made, engine, clock, -11)
    with pytest.raises(InputError, match=r"simulation job 3: ended 6 times \(the words of simulation job 3\)"):
        die(made, engine, clock, -11)


def test_a_refusal_is_tried_once_more(engine, clock):
    made = Supervisor(engine, [TRAINER, JOB])
    for _ in range(FUTILE_REFUSALS):
        die(made, engine, clock, BAD_INPUT)
    with pytest.raises(InputError, match="^the words of simulation job 3$"):
        die(made, engine, clock, BAD_INPUT)


def test_what_a_restart_would_repeat_ends_the_run_at_once(engine, clock):
    made = Supervisor(engine, [TRAINER, JOB])
    engine.codes[TRAINER] = FATAL
    with pytest.raises(InputError, match="^the words of trainer$"):
        made.revive(made.poll())


def test_the_pause_is_real_time(engine):
    made = Supervisor(engine, [TRAINER])
    engine.codes[TRAINER] = -9
    began = time.monotonic()
    while not made.revive(made.poll()):
        assert time.monotonic() - began < 5.0
    assert time.monotonic() - began >= 0.9 * RESTART_SECONDS


def test_on_several_hosts_the_other_jobs_go_on_without_one_that_fails(engine, clock):
    engine.is_spread, other = True, Task("simulation", 4)
    made = Supervisor(engine, [TRAINER, JOB, other])
    die(made, engine, clock, BAD_INPUT)
    assert die(made, engine, clock, BAD_INPUT) == ([], [])
    assert made.given_up == {JOB: "simulation job 3 is given up: the words of simulation job 3"}
    assert die(made, engine, clock, -9) == ([], [])
    with pytest.raises(InputError, match="^the words of simulation job 4$"):
        die(made, engine, clock, FATAL, other)
    with pytest.raises(InputError, match="^the words of trainer$"):
        die(made, engine, clock, FATAL, TRAINER)
