# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""`deepracer train` and `deepracer evaluate` in Gazebo, when what they stand on is killed, and when they are."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from benchmarks.common import default_config, untrained_model

pytestmark = pytest.mark.gazebo

COMMAND = [sys.executable, "-m", "deepracer_ros.cli.main"]
PATIENCE = 60.0
"""s; a busy machine is slow."""


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    return untrained_model(default_config(tracks=["oval"]), tmp_path_factory.mktemp("model"))


def processes():
    """Return parent, name and state of every process by its id."""
    found = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            before, _, after = stat.read_text().rpartition(")")
        except OSError:
            continue
        found[int(stat.parent.name)] = (int(after.split()[1]), before.partition("(")[2], after.split()[0])
    return found


def descendants(pid):
    everyone = processes()
    found = [pid]
    for parent in found:
        found += [child for child, (of, _, _) in everyone.items() if of == parent]
    return {child: everyone[child][1] for child in found[1:] if child in everyone and everyone[child][2] != "Z"}


def wait_for(what, process):
    deadline = time.monotonic() + PATIENCE
    while not (found := what()):
        assert time.monotonic() < deadline
        assert process.poll() is None, process.communicate()
        time.sleep(0.05)
    return found


def servers(process):
    return [pid for pid, name in descendants(process.pid).items() if name == "gzserver"]


def session_of(pid):
    try:
        return os.getsid(pid)
    except ProcessLookupError:
        return 0


def of_session(session):
    return [pid for pid, (_, _, state) in processes().items() if state != "Z" and session_of(pid) == session]


def wait_until_gone(pids):
    deadline = time.monotonic() + 10.0
    while alive := [pid for pid in pids if processes().get(pid, (0, "", "Z"))[2] != "Z"]:
        assert time.monotonic() < deadline, [processes()[pid] for pid in alive]
        time.sleep(0.05)


def start(*arguments):
    return subprocess.Popen([*COMMAND, *map(str, arguments)], text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def start_evaluation(model, folder):
    process = start("evaluate", "--simulator", "gazebo", "--model", model, "--laps", 100, "--output", folder)
    wait_for(lambda: servers(process), process)
    return process


def start_training(folder):
    options = ["--simulator", "gazebo", "--track", "oval", "--runs", folder, "--name", "run"]
    small = [
        "simulation.cars=2",
        "experience.segment_steps=8",
        "trainer.batch_segments=2",
        "learning.minibatch_size=16",
    ]
    small += ["trainer.evaluation_starts=1", "trainer.evaluate_every=100"]
    return start("train", *options, *(word for key in small for word in ("--set", key)))


def test_a_gzserver_killed_in_an_evaluation_is_one_line_and_exit_code_2(model, tmp_path):
    process = start_evaluation(model, tmp_path)
    os.kill(servers(process)[0], signal.SIGKILL)
    _, errors = process.communicate(timeout=PATIENCE)
    assert process.returncode == 2
    assert len(errors.strip().splitlines()) == 1, errors
    assert "gzserver" in errors or "Gazebo: the server has ended" in errors


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_nothing_outlives_an_evaluation(model, tmp_path, how):
    process = start_evaluation(model, tmp_path)
    started = descendants(process.pid)
    process.send_signal(how)
    _, errors = process.communicate(timeout=PATIENCE)
    assert "Traceback" not in errors
    wait_until_gone(started)


@pytest.mark.parametrize("milliseconds", [0, 10])
def test_nothing_outlives_an_evaluation_that_is_killed_while_its_server_starts(model, tmp_path, milliseconds):
    """Also not what its sandbox was about to start when it died: all of that is of one session."""
    process = start("evaluate", "--simulator", "gazebo", "--model", model, "--laps", 1, "--output", tmp_path)
    names = ("sh", "bwrap")
    found = wait_for(lambda: [pid for pid, name in descendants(process.pid).items() if name in names], process)
    session = session_of(found[0])
    assert session
    time.sleep(milliseconds / 1000)
    process.kill()
    process.communicate(timeout=PATIENCE)
    deadline = time.monotonic() + 10.0
    while alive := of_session(session):
        assert time.monotonic() < deadline, [processes().get(pid) for pid in alive]
        time.sleep(0.05)


def test_nothing_outlives_a_training_after_ctrl_c(tmp_path):
    process = start_training(tmp_path)
    wait_for(lambda: servers(process), process)
    started = descendants(process.pid)
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=PATIENCE)
    assert process.returncode == 130
    assert "Traceback" not in errors
    wait_until_gone(started)


def updates(folder):
    progress = folder / "run" / "progress.jsonl"
    return len(progress.read_text().splitlines()) if progress.exists() else 0


def test_training_goes_on_with_a_new_gzserver(tmp_path):
    process = start_training(tmp_path)
    try:
        first = wait_for(
            lambda: servers(process), process
        )  # the simulation's, the trainer's for its evaluations, or both
        for server in first:
            os.kill(server, signal.SIGKILL)
        wait_for(lambda: set(servers(process)) - set(first), process)
        wait_for(lambda: updates(tmp_path), process)
        started = descendants(process.pid)
    finally:
        process.kill()
    process.communicate(timeout=PATIENCE)
    wait_until_gone(started)
