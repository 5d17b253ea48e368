# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""What a run is doing, as others see it."""

import json
import os
import subprocess
import sys

import pytest

from deepracer_ros.errors import InputError
from deepracer_ros.run.state import ProcessId, RunState, StateFile, process_start, read_state, this_process


def test_it_is_written_when_it_changes_and_read_by_others(tmp_path):
    path = tmp_path / "state.json"
    assert read_state(path) is None
    file = StateFile(path, ros_domain=7)
    file.write("starting")
    first = path.stat().st_ino
    file.write("starting")
    assert path.stat().st_ino == first
    file.write("waiting", "redis: away\nfor 3 s")
    state = read_state(path)
    assert (state.phase, state.warning, state.ros_domain) == ("waiting", "redis: away for 3 s", 7)
    assert state.process.pid == os.getpid()
    assert state.started == file.started
    assert not state.stale


WRITER = """
import sys
from pathlib import Path
from deepracer_ros.run.state import StateFile
StateFile(Path(sys.argv[1])).write(sys.argv[2])
"""


@pytest.mark.parametrize(("phase", "stale"), [("training", True), ("done", False), ("stopped", False)])
def test_it_is_stale_when_its_process_is_gone_without_an_end(tmp_path, phase, stale):
    path = tmp_path / "state.json"
    subprocess.run([sys.executable, "-c", WRITER, str(path), phase], check=True, timeout=20)
    assert read_state(path).stale is stale


def test_another_process_of_the_same_number_is_another_process():
    mine = this_process()
    assert mine.started == process_start(os.getpid()) > 0
    assert not mine.is_gone
    assert ProcessId(mine.pid, mine.started - 1, mine.host).is_gone
    assert not ProcessId(mine.pid, mine.started - 1, "another machine").is_gone
    assert RunState("training", ProcessId(mine.pid, mine.started - 1, mine.host), 0.0).stale


def test_a_bad_one_is_one_line(tmp_path):
    path = tmp_path / "state.json"
    for text, words in (
        ("{", "is not JSON"),
        ("[]", "expected keys and values"),
        ('{"phase": "flying"}', "phase"),
    ):
        path.write_text(text)
        with pytest.raises(InputError, match=words):
            read_state(path)
    path.write_text(json.dumps({"phase": "done", "process": vars(this_process()), "started": 1.0, "newer": 1}))
    assert read_state(path).phase == "done"
