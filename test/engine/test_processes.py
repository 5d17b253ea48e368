# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""A process that is held loads its code, and begins when it is let go; a restarted one is not held."""

import time

import pytest

from deepracer_ros.engine.processes import BAD_INPUT, Process


def wait_for(condition, seconds=30.0):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.005)


@pytest.fixture
def held(tmp_path):
    """A trainer whose parameters are not there yet; it shows that it is loaded by what it has imported."""
    arguments = ["--ros-args", "--params-file", str(tmp_path / "parameters.yaml")]
    process = Process("trainer", "deepracer_ros.nodes.trainer_node", arguments, tmp_path / "log", held=True)
    yield process
    process.release()
    process.wait(0.0)


def is_loaded(process):
    with open(f"/proc/{process.pid}/maps") as maps:
        return any("libtorch_cpu" in line for line in maps)


def test_a_held_process_begins_when_it_is_released(held, tmp_path):
    wait_for(lambda: is_loaded(held))
    (tmp_path / "parameters.yaml").write_text("/**:\n  ros__parameters:\n    learning:\n      epochs: 0\n")
    assert held.exit_code is None
    held.release()
    wait_for(lambda: held.exit_code is not None)
    assert held.exit_code == BAD_INPUT  # it has read the parameters that came meanwhile
    assert "learning.epochs" in held.last_words()
    held.start_again()
    wait_for(lambda: held.exit_code is not None)
    assert held.exit_code == BAD_INPUT


def test_a_held_process_ends_when_it_is_asked_to(held):
    wait_for(lambda: is_loaded(held))
    held.ask_to_stop()
    wait_for(lambda: held.exit_code is not None)
