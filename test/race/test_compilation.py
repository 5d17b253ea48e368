# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""What the compiled core leaves alone in the program that imports it, and that its machine code is kept."""

import os
import subprocess
import sys

import pytest

MODULES = [
    "race.referee",
    "race.track",
    "simulation.embedded",
    "simulation.environment",
    "simulation.factory",
    "simulation.gymnasium_env",
    "rewards.reward",
]

IMPORT_ALL = f"""
import importlib, os
import cv2, gymnasium, numba  # the first two set variables of their own
before = numba.config.CACHE_DIR, dict(os.environ), numba.config.NUMBA_NUM_THREADS
for name in {MODULES}:
    importlib.import_module("deepracer_ros." + name)
def unchanged():
    assert numba.config.CACHE_DIR == before[0], numba.config.CACHE_DIR
    assert dict(os.environ) == before[1], set(os.environ.items()) ^ set(before[1].items())
    assert numba.get_num_threads() == before[2], numba.get_num_threads()
unchanged()
"""

OWN_FUNCTION = """
from deepracer_ros.race.geometry import wrap_angle
from deepracer_ros.race.compilation import cache_folder, is_compiled
import sys
print(is_compiled(), cache_folder())
assert abs(wrap_angle(7.0) - 0.7168146928204138) < 1e-12
print(sum(wrap_angle.stats.cache_hits.values()), sum(wrap_angle.stats.cache_misses.values()))
"""


def run(code, **environment):
    """Run a program and return the words that it printed."""
    return subprocess.run(
        [sys.executable, "-c", code],
        check=True,
        timeout=50,
        capture_output=True,
        text=True,
        env=os.environ | environment,
    ).stdout.split()


@pytest.mark.parametrize("chosen", [False, True])
def test_importing_the_package_changes_neither_numbas_settings_nor_the_environment(tmp_path, chosen):
    run(IMPORT_ALL, **({"NUMBA_CACHE_DIR": str(tmp_path / "mine")} if chosen else {}))


def test_driving_a_simulator_changes_neither_numbas_settings_nor_the_environment():
    run(
        IMPORT_ALL
        + """
import numpy as np
from deepracer_ros.race.catalogue import find_track
from deepracer_ros.simulation.config import CameraConfig
from deepracer_ros.simulation.embedded import EmbeddedSimulator
simulator = EmbeddedSimulator([find_track("oval")], [0, 0], CameraConfig(64, 48), threads=1)
simulator.reset(np.ones(2, bool), np.zeros((2, 3)))
simulator.step(np.zeros(2), np.ones(2))
unchanged()
"""
    )


def test_a_second_process_uses_the_machine_code_of_the_first(tmp_path):
    first, second = (run(OWN_FUNCTION, NUMBA_CACHE_DIR="", XDG_CACHE_HOME=str(tmp_path)) for _ in range(2))
    folder = tmp_path / "deepracer_ros" / "numba"
    assert first[0] == "False"
    assert first[1].startswith(str(folder))
    assert first[2:] == ["0", "1"]
    assert second == ["True", first[1], "1", "0"]


def test_a_chosen_cache_folder_is_used(tmp_path):
    chosen, home = tmp_path / "mine", tmp_path / "home"
    found = run(OWN_FUNCTION, NUMBA_CACHE_DIR=str(chosen), XDG_CACHE_HOME=str(home))
    assert found[1].startswith(str(chosen))
    assert list(chosen.glob("**/*.nbi"))
    assert not home.exists()
