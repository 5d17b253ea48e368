# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""A converter of the URDF that hangs is replaced; one that always hangs is one line."""

import subprocess
import sys
from pathlib import Path

import pytest

from deepracer_ros.errors import InputError
from deepracer_ros.simulation.gazebo import car


@pytest.fixture
def converters(monkeypatch):
    """Let the first converters hang; return how many were started."""
    started = []

    def patch(hanging):
        def start(root, command, **options):
            started.append(command)
            code = "import time; time.sleep(100)" if len(started) <= hanging else "print('<sdf></sdf>')"
            return subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE)

        monkeypatch.setattr(car.sandbox, "start", start)
        monkeypatch.setattr(car, "CONVERSION_TIMEOUT", 1.0 if hanging < car.ATTEMPTS else 0.1)
        return started

    return patch


def test_one_that_hangs_is_replaced(converters):
    started = converters(1)
    assert b"</sdf>" in car._run_converter("<robot/>", Path("/"))
    assert len(started) == 2


def test_one_that_always_hangs_is_one_line(converters):
    started = converters(car.ATTEMPTS)
    with pytest.raises(InputError, match="URDF: `gz sdf -p` took more than 0 s, 3 times, expected about 1 s"):
        car._run_converter("<robot/>", Path("/"))
    assert len(started) == 3
