# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""A run's number of simulation jobs: which workers end and begin when it changes."""

import itertools

import pytest

from deepracer_ros.cli.main import main
from deepracer_ros.engine import job_count
from deepracer_ros.engine.engine import TRAINER, Task
from deepracer_ros.engine.job_count import JobCount
from deepracer_ros.experience.bulletin import Bulletin, BulletinReader
from deepracer_ros.training.config import read_config

RUNS = (f"jobs-{number}" for number in itertools.count())


@pytest.fixture
def run():
    return next(RUNS)


@pytest.fixture
def open_count(redis_server, run, monkeypatch):
    """Follow the number of jobs of a run on some tracks."""
    monkeypatch.setattr(job_count, "LOOK_SECONDS", 0.0)
    opened = []

    def make(jobs, *tracks):
        values = {"jobs": jobs, "tracks": list(tracks), "experience": {"url": redis_server.url}}
        opened.append(JobCount(read_config(values, "test"), run))
        return opened[-1]

    yield make
    for count in opened:
        count.close()


def tasks(jobs):
    return [Task("simulation", job, jobs) for job in range(jobs)]


def test_on_one_track_jobs_only_come_or_go(open_count, redis_server, run):
    count, told = open_count(2, "oval"), Bulletin(redis_server.url, run)
    assert count.changes([TRAINER, *tasks(2)]) == ([], [])
    told.want_jobs(4)
    gone, new = count.changes([TRAINER, *tasks(2)])
    assert (gone, new) == ([], [Task("simulation", 2, 4), Task("simulation", 3, 4)])
    told.want_jobs(1)
    gone, new = count.changes([TRAINER, *tasks(2), *new])
    assert [task.job for task in gone] == [1, 2, 3]
    assert new == []


def test_tracks_are_shared_out_anew(open_count, redis_server, run):
    count, told = open_count(1, "oval", "hairpin"), Bulletin(redis_server.url, run)
    told.want_jobs(2)
    assert count.changes([TRAINER, *tasks(1)]) == (tasks(1), tasks(2))
    told.want_jobs(3)  # job 0 keeps its track, and job 2 gets that of job 0
    assert count.changes([TRAINER, *tasks(2)]) == ([], [Task("simulation", 2, 3)])


def test_a_number_that_is_none_changes_nothing(open_count, redis_server, run):
    count, told = open_count(2, "oval"), Bulletin(redis_server.url, run)
    for odd in (0, -1, 10_000):
        told.want_jobs(odd)
        assert count.changes(tasks(2)) == ([], [])


def test_the_command_tells_a_run_that_trains(open_count, redis_server, run, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    command = ["scale", run, "--jobs", "3", "--redis", redis_server.tcp_url]
    assert main(command) == 2
    assert f"run {run}: found no training, expected a run that trains" in capsys.readouterr().err
    open_count(2, "oval")
    assert main(command) == 0
    assert capsys.readouterr().out == f"run {run}: 3 simulation jobs wanted, 2 before\n"
    assert BulletinReader(redis_server.url, run).wanted_jobs() == 3
    assert main([*command[:3], "0", *command[4:]]) == 2
    assert "--jobs: found 0, expected 1 to 1000" in capsys.readouterr().err
    assert main(["scale", "nothing", "--jobs", "3"]) == 2
    assert "nothing: found no run folder with services.json" in capsys.readouterr().err
