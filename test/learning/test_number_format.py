# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""The faster number format is measured once, and again for another network or after damage."""

import numpy as np
import pytest

from deepracer_ros.learning import number_format
from deepracer_ros.race.actions import ActionSpaceConfig
from deepracer_ros.simulation.sensors import CAMERA
from test.learning.toy import make_learner


@pytest.fixture
def asked(monkeypatch):
    """What was measured: the number of observations of each measurement."""
    counts = []

    def measure(network, prepared):
        counts.append(len(prepared[CAMERA]))
        return True

    monkeypatch.setattr(number_format, "_measure", measure)
    return counts


@pytest.fixture(scope="module")
def network():
    return make_learner(ActionSpaceConfig()).network


def prepare(network, count):
    return network.prepare({CAMERA: np.zeros((count, 40, 48), np.uint8)})


def test_it_is_measured_once_for_each_size_and_again_when_its_file_is_damaged(network, asked, tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert all(number_format.bfloat16_is_faster(network, prepare(network, count)) for count in (2, 2, 3, 2))
    assert asked == [2, 3]
    for file in (tmp_path / "deepracer_ros" / "number_format").iterdir():
        file.write_text(file.read_text()[:5])
    assert number_format.bfloat16_is_faster(network, prepare(network, 3))
    assert number_format.bfloat16_is_faster(network, prepare(network, 3))
    assert asked == [2, 3, 3]


def test_without_a_cache_it_is_measured_each_time(network, asked, tmp_path, monkeypatch):
    (tmp_path / "file").touch()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    assert number_format.bfloat16_is_faster(network, prepare(network, 2))
    assert number_format.bfloat16_is_faster(network, prepare(network, 2))
    assert asked == [2, 2]
