# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""Every node in a process of its own: the same segments as in one process, deaths, and signals."""

import signal
import time

import numpy as np
import pytest

from deepracer_ros.engine.domain import RANGE
from deepracer_ros.experience.reader import ExperienceReader
from deepracer_ros.simulation.sensors import CAMERA

CARS, SEGMENTS = 4, 6
APART = ("simulation_node", "agent_node", "recorder_node")
ARRAYS = ("steering", "speed", "reward", "log_probability", "progress", "terminated", "truncated", "valid")


class Job:
    """One run's experience: nodes that write it, and all that was taken of it."""

    def __init__(self, start, setting, names):
        self.names, self.children, self.taken = names, {}, []
        self._start, self._setting = start, setting
        self._reader = ExperienceReader(setting.config.experience.url, setting.run)

    def start(self):
        """Start those nodes that do not run."""
        space = self._setting.run.replace("-", "_")
        for name in self.names:
            if name not in self.children or self.children[name].process.poll() is not None:
                self.children[name] = self._start(name, self._setting, "-r", f"__ns:=/{space}", "-p", "recorded:=true")

    def kill(self, name):
        """Kill a node; return how many segments were recorded before."""
        self.children[name].process.kill()
        self.children[name].process.wait()
        return self._reader.status().appended

    def take(self, count):
        """Take segments until there are `count` of them in all; fail if a node ends or nothing comes."""
        deadline = time.monotonic() + 60.0
        while len(self.taken) < count:
            items = self._reader.take(1, 64, 0.2)
            self._reader.acknowledge([item.stream_id for item in items])
            self.taken += [item.segment for item in items]
            words = {name: child.words for name, child in self.children.items()}
            assert time.monotonic() < deadline, words
            assert all(child.process.poll() is None for child in self.children.values()), words

    def courses(self):
        """Return the segments of each car of each recorder, as they came."""
        courses = {}
        for segment in self.taken:
            courses.setdefault((segment.worker, segment.car), []).append(segment)
        return courses


@pytest.fixture(scope="module")
def subnet():
    """The default range of discovery: nodes that are killed need the transport that it allows."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(RANGE, "SUBNET")
        yield


@pytest.fixture(scope="module")
def jobs(subnet, module_start, module_setting):
    """The same job twice: in one process, and its nodes apart. Little experience is held, so they wait now and then."""
    jobs = [
        Job(module_start, module_setting(experience={"capacity_segments": 2 * CARS}), names)
        for names in (("simulation_job",), APART)
    ]
    for job in jobs:  # one after the other: each process needs a core for seconds before it does anything
        job.start()
        job.take(1)
    return jobs


def test_the_same_segments_in_one_process_and_apart(jobs):
    """Random actions, one seed: bit for bit, whatever the processes' timing."""
    found = []
    for job in jobs:
        job.start()
        job.take(SEGMENTS * CARS)
        first = job.taken[0].worker
        found.append({(segment.car, segment.sequence): segment for segment in job.taken if segment.worker == first})
    together, apart = found
    both = together.keys() & apart.keys()
    assert both >= {(car, sequence) for car in range(CARS) for sequence in range(SEGMENTS)}
    for key in both:
        for name in ARRAYS:
            np.testing.assert_array_equal(getattr(together[key], name), getattr(apart[key], name), f"{key} {name}")
        for part in ("observations", "terms"):
            one, other = getattr(together[key], part), getattr(apart[key], part)
            assert list(one) == list(other)
            for name, array in one.items():
                np.testing.assert_array_equal(array, other[name], f"{key} {name}")
    assert len({segment.observations[CAMERA].tobytes() for segment in together.values()}) > len(together) // 2


@pytest.mark.parametrize("victim", APART)
def test_a_killed_node_is_replaced(jobs, victim):
    """The others wait for it, and nothing that was recorded is lost, recorded twice or mixed up."""
    _, job = jobs
    job.start()
    job.take(len(job.taken) + 2 * CARS)
    before = job.kill(victim)
    job.start()
    job.take(before + 6 * CARS)
    breaks = 0
    for course in job.courses().values():
        assert [segment.sequence for segment in course] == list(range(len(course)))
        pairs = list(zip(course, course[1:], strict=False))
        breaks = max(
            breaks, sum(not np.array_equal(a.observations[CAMERA][-1], b.observations[CAMERA][0]) for a, b in pairs)
        )
    assert breaks <= len(APART)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=lambda number: number.name)
def test_every_node_ends_cleanly_on_a_signal(jobs, number):
    """In the middle of the driving, while all of them talk to each other."""
    job = jobs[number == signal.SIGINT]
    job.start()
    job.take(len(job.taken) + 4 * CARS)
    for child in job.children.values():
        child.process.send_signal(number)
    for name, child in job.children.items():
        assert child.process.wait(10.0) == 0, (name, child.words)
        assert "Traceback" not in child.words, (name, child.words)
        assert "Exception" not in child.words, (name, child.words)
