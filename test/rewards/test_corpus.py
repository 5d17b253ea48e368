# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""Reward functions in the styles that people write work as they are; hostile and broken ones get their line."""

import os
import socket
import sys
import time
from pathlib import Path

import pytest

from deepracer_ros.errors import InputError
from deepracer_ros.race.catalogue import find_tracks
from deepracer_ros.race.config import ObstaclesConfig, RaceConfig
from deepracer_ros.rewards.sandbox.confinement import find_confinement
from deepracer_ros.rewards.trial import try_file

sys.path.insert(0, str(Path(__file__).parent))
from hostile import HOSTILE  # noqa: E402

CORPUS = sorted((Path(__file__).parent / "corpus").glob("*.py"))
OVAL = find_tracks(["oval"])


@pytest.mark.parametrize("path", CORPUS, ids=lambda path: path.stem)
def test_a_reward_of_the_corpus_works_as_it_is(path):
    race = RaceConfig()
    if path.stem.startswith("objects_"):
        race = RaceConfig("object_avoidance", obstacles=ObstaclesConfig(4))
    drive, _ = try_file(path, OVAL, race=race)
    assert drive.calls > 200
    assert drive.greatest > drive.least


def children():
    """Return the process ids of this process's children."""
    return set(Path(f"/proc/self/task/{os.getpid()}/children").read_text().split())


@pytest.mark.skipif(not find_confinement().holds, reason="no libseccomp and no bubblewrap that may be used")
@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_or_broken_file_gets_its_line_and_leaves_nothing(tmp_path, monkeypatch, name):
    monkeypatch.setattr("deepracer_ros.rewards.sandbox.process.CALL_SECONDS", 0.5)
    monkeypatch.setattr("deepracer_ros.rewards.sandbox.process.LOAD_SECONDS", 2.0)
    text, message = HOSTILE[name]
    path, before, began = tmp_path / "reward.py", children(), time.monotonic()
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.0)
        constants = f"\nPLACE, PORT = {str(tmp_path / 'made')!r}, {server.getsockname()[1]}\n"
        path.write_text(text + constants)
        with pytest.raises(InputError, match=rf"^{path}{message}") as caught:
            try_file(path, OVAL)
        with pytest.raises(BlockingIOError):
            server.accept()
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 600
    assert children() <= before
    assert [entry.name for entry in tmp_path.iterdir()] == ["reward.py"]
    assert path.read_text() == text + constants
    assert time.monotonic() - began < 10.0
