# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""One contract for every engine: processes of this machine, and actors of a real Ray cluster."""

import os
import re
import signal
import sys
import time
from pathlib import Path

import pytest

from deepracer_ros.cli.main import main
from deepracer_ros.config import to_mapping
from deepracer_ros.engine.engine import TRAINER, Task
from deepracer_ros.engine.local_engine import LocalEngine
from deepracer_ros.engine.processes import BAD_INPUT
from deepracer_ros.engine.run_files import share_run
from deepracer_ros.errors import InputError
from deepracer_ros.experience.connection import Connection, Keys
from deepracer_ros.parameters import merge
from deepracer_ros.run.folder import RunFolder
from deepracer_ros.training.config import read_config

JOB = Task("simulation")
RUN, UNKNOWN = "engines", "unknown"


def ray_engine(*arguments):
    """Return a Ray engine in a cluster of this machine; without Ray the test is skipped."""
    pytest.importorskip("ray", reason="Ray is not installed: pip install 'deepracer_ros[ray]'")
    from deepracer_ros.engine.ray_engine import RayEngine

    return RayEngine(*arguments)


@pytest.fixture(scope="module")
def cluster():
    """A Ray cluster of this machine with two places."""
    ray = pytest.importorskip("ray", reason="Ray is not installed: pip install 'deepracer_ros[ray]'")
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("RAY_ADDRESS", raising=False)
        ray.init(num_cpus=2, include_dashboard=False, log_to_driver=False, logging_level="error")
        yield ray
        ray.shutdown()


@pytest.fixture(scope="module")
def shared(redis_server, s3, small, tmp_path_factory):
    """A run whose files are in S3 and whose training has no end."""
    folder = tmp_path_factory.mktemp("driver") / RUN
    folder.mkdir()
    changes = {
        "experience": {"url": redis_server.tcp_url},
        "models": {"endpoint": s3.endpoint},
        "trainer": {"checkpoints": "bucket", "lease": 1.0, "sinks": []},
    }
    config = read_config(merge(small, changes), "test")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_ACCESS_KEY_ID", s3.access_key)
        patch.setenv("AWS_SECRET_ACCESS_KEY", s3.secret_key)
        share_run(config, RunFolder(folder))
        yield config, RunFolder(folder)


@pytest.fixture(params=["local", pytest.param("ray", marks=pytest.mark.ray)])
def open_engine(request, shared, s3):
    """Make an engine for the run, or for one that nobody knows; what it started is stopped at the end."""
    config, folder = shared
    opened = []

    def local(run):
        place = {"run": run, "folder": str(folder.path)}
        values = to_mapping(config) if run == RUN else {**to_mapping(config), "tracks": ["nowhere"]}
        folder.write_parameters({**place, **values})
        return LocalEngine(folder)

    def ray(run):
        request.getfixturevalue("cluster")
        place = ["--run", run, "--redis", config.experience.url, "--s3", config.models.endpoint]
        keys = {"AWS_ACCESS_KEY_ID": s3.access_key, "AWS_SECRET_ACCESS_KEY": s3.secret_key}
        return ray_engine(lambda task: ["work", task.part, *place], keys)

    def make(run=RUN):
        client = Connection(config.experience.url).client  # no trainer takes what the test before has stored
        client.delete(*client.keys(f"{{{RUN}}}:*"), "none")
        opened.append({"local": local, "ray": ray}[request.param](run))
        return opened[-1]

    yield make
    for engine in opened:
        engine.stop([JOB, TRAINER])


def until(condition, seconds=40.0):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def begin(engine, task):
    engine.start(task)
    engine.begin()


def appended(config):
    """Number of segments that Redis has got."""
    return int(Connection(config.experience.url).client.hget(Keys(RUN).state, "appended") or 0)


def test_a_worker_that_refuses_ends_with_2_and_its_line_and_starts_again(open_engine):
    engine = open_engine(UNKNOWN)
    begin(engine, JOB)
    for _ in range(2):
        until(lambda: engine.poll([JOB])[JOB].exit_code is not None)
        assert engine.poll([JOB])[JOB].exit_code == BAD_INPUT
        words = engine.last_words(JOB)
        assert re.search(r"nowhere|files.json: not found", words)
        assert "\n" not in words
        engine.start(JOB)
        assert engine.poll([JOB])[JOB].exit_code is None


def test_a_worker_works_until_it_is_stopped(open_engine, shared):
    engine, before = open_engine(), appended(shared[0])
    begin(engine, JOB)
    until(lambda: appended(shared[0]) > before)
    until(lambda: engine.poll([JOB])[JOB].is_alive)
    engine.stop([JOB])
    after = appended(shared[0])
    time.sleep(0.3)  # a time in which nothing is to happen
    assert appended(shared[0]) == after


def test_a_worker_that_was_killed_is_told_by_its_signal_and_replaced(open_engine, shared):
    engine, before = open_engine(), appended(shared[0])
    begin(engine, JOB)
    until(lambda: appended(shared[0]) > before)
    for pid in map(int, filter(str.isdigit, os.listdir("/proc"))):
        try:
            command = Path(f"/proc/{pid}/cmdline").read_text()
        except OSError:
            continue
        ours = str(shared[1].parameters) in command or shared[0].experience.url in command
        if ours and pid != os.getpid():
            os.kill(pid, signal.SIGKILL)
    until(lambda: engine.poll([JOB])[JOB].exit_code is not None)
    assert engine.poll([JOB])[JOB].exit_code == -signal.SIGKILL
    engine.start(JOB)
    before = appended(shared[0])
    until(lambda: appended(shared[0]) > before)


@pytest.mark.ray
def test_actors_that_are_lost_are_told_with_a_reason(cluster, shared, s3):
    config, _ = shared
    place = ["--run", RUN, "--redis", config.experience.url, "--s3", config.models.endpoint]
    engine = ray_engine(lambda task: ["work", task.part, *place], {})
    begin(engine, JOB)
    until(lambda: engine.poll([JOB])[JOB].is_placed)
    cluster.kill(engine._actors[JOB])
    until(lambda: engine.poll([JOB])[JOB].exit_code is not None)
    assert engine.poll([JOB])[JOB].exit_code < 0
    assert "\n" not in engine.last_words(JOB)
    engine.stop([JOB])


@pytest.mark.ray
def test_another_version_on_a_node_is_one_line(cluster, monkeypatch, shared):
    from deepracer_ros.engine import ray_engine as module

    monkeypatch.setattr(module, "version", lambda: "0.0.1")
    engine = ray_engine(lambda task: ["work", task.part], {})
    begin(engine, JOB)
    until(lambda: engine.poll([JOB])[JOB].exit_code is not None)
    assert engine.poll([JOB])[JOB].exit_code == BAD_INPUT
    expected = r"node \S+: found deepracer_ros \S+, expected 0.0.1 as on the driver's node"
    assert re.search(expected, engine.last_words(JOB))
    engine.stop([JOB])


@pytest.mark.ray
def test_a_cluster_that_is_not_there_is_one_line():
    pytest.importorskip("ray", reason="Ray is not installed: pip install 'deepracer_ros[ray]'")
    from deepracer_ros.engine.submission import submit_training

    config = read_config({}, "test")
    for address, expected in (
        ("ray://head:10001", r"--cluster: found 'ray://head:10001', expected http://head:8265"),
        ("head:6379", r"--cluster: found 'head:6379', expected http://HEAD:8265, or auto"),
        ("http://127.0.0.1:1", r"--cluster http://127.0.0.1:1: .*expected a Ray cluster that answers"),
    ):
        with pytest.raises(InputError, match=expected) as caught:
            submit_training(address, config, None, Path("runs"))
        assert "\n" not in str(caught.value)


def test_a_cluster_without_ray_is_one_line(monkeypatch, capsys, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setitem(sys.modules, "ray", None)
    for address in ("auto", "http://head:8265"):
        assert main(["train", "--cluster", address]) == 2
        said = capsys.readouterr().err
        assert said == "deepracer: ray: found no such package, expected it: pip install 'deepracer_ros[ray]'\n"
    assert not list(tmp_path.iterdir())


@pytest.mark.ray
def test_a_clone_is_not_dropped_in_silence(capsys, tmp_path, monkeypatch):
    pytest.importorskip("ray", reason="Ray is not installed: pip install 'deepracer_ros[ray]'")
    monkeypatch.chdir(tmp_path)
    assert main(["train", "--clone", "generalist", "--cluster", "http://head:8265"]) == 2
    assert "--clone: found it with --cluster http://head:8265, expected it with" in capsys.readouterr().err
